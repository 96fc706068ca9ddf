package danger

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// opening is what the role may do to resources that nobody named.
type opening struct {
	// everything is set for an administrator: what it may do is not listed then, and statements are the reason.
	everything bool
	statements []policy.StatementRef
	// admin is the answer to whether it is one.
	admin answer
	// services are those of which it may do everything, in order.
	services []service
	// hanging are services of which that is not known, and what it hangs on.
	hanging map[string][]string
	// answers are those that are not no, for each action that matters, in the order of their names.
	answers []actionAnswer
}

type service struct {
	prefix     string
	statements []policy.StatementRef
}

type actionAnswer struct {
	name       string
	group      group
	decision   policy.Decision
	statements []policy.StatementRef
	hangs      []string
	// ofService is set where the role may do everything of the service.
	ofService bool
}

type openingKey struct{}

func (j *judge) opening() *opening {
	return check.Memo(j.subject, openingKey{}, j.open)
}

func (j *judge) open() *opening {
	o := &opening{hanging: map[string][]string{}}
	if o.admin = j.administers(); o.admin.decision == policy.Allowed {
		o.everything, o.statements = true, o.admin.statements
		return o
	}
	byService := map[string][]string{}
	for _, name := range j.candidates() {
		byService[actions.ServiceOf(name)] = append(byService[actions.ServiceOf(name)], name)
	}
	for _, prefix := range slices.Sorted(maps.Keys(byService)) {
		j.openService(o, prefix, byService[prefix])
	}
	return o
}

// openService asks for what matters of a service, and for all of it where a policy could allow all.
func (j *judge) openService(o *opening, prefix string, names []string) {
	var whole answer
	// What is everything covers what AWS adds tomorrow.
	if len(names) == actions.Count(prefix) && len(j.allowing(prefix+":"+improbable)) > 0 && slices.ContainsFunc(names, changes) {
		whole.decision = policy.Allowed
	}
	first := len(o.answers)
	for _, name := range names {
		a, ok := actions.Lookup(name)
		group := groupOf(a)
		if !ok || !possible(whole) && group == noGroup {
			continue
		}
		got := j.anywhere(a, nil)
		// What takes no resource is left out where the policy says resources and has none to say for it.
		if possible(whole) && (!a.OnlyStar() || possible(got)) {
			whole = join(whole, got)
		}
		if group != noGroup && possible(got) {
			o.answers = append(o.answers, actionAnswer{name: name, group: group, decision: got.decision, statements: got.statements, hangs: got.hangs})
		}
	}
	switch {
	case whole.decision == policy.Allowed && len(whole.statements) > 0:
		o.services = append(o.services, service{prefix, whole.statements})
		for i := first; i < len(o.answers); i++ {
			o.answers[i].ofService = true
		}
	case whole.decision == policy.Unknown:
		o.hanging[prefix] = whole.hangs
	}
}

// join is both, with every statement once: a service has hundreds of actions.
func join(a, b answer) answer {
	if a.decision == policy.Allowed && b.decision == policy.Allowed && len(a.statements) > 0 && isWithin(b.statements, a.statements) {
		return a
	}
	out := both(a, b)
	out.asked = nil
	out.statements = effective.Distinct(slices.Concat(a.statements, b.statements))
	return out
}

func isWithin(some, all []policy.StatementRef) bool {
	for i := range some {
		if !slices.ContainsFunc(all, func(s policy.StatementRef) bool { return s.Statement == some[i].Statement }) {
			return false
		}
	}
	return true
}

func changes(action string) bool {
	a, ok := actions.Lookup(action)
	return ok && (a.Level == actions.Write || a.Level == actions.PermissionsManagement)
}

// candidates are the actions that some statement may allow on resources that nobody named, in order.
func (j *judge) candidates() []string {
	names := map[string]bool{}
	for ref := range j.allows() {
		s := ref.Statement
		if !s.NotResource && !slices.ContainsFunc(s.Resources, func(v policy.Value) bool { return isOpen(v.Text) }) {
			continue
		}
		if s.NotAction {
			for _, name := range actions.Names() {
				if covers(s, strings.ToLower(name)) {
					names[name] = true
				}
			}
			continue
		}
		for _, v := range s.Actions {
			for name := range each(v.Text) {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func each(pattern string) func(yield func(string) bool) {
	return func(yield func(string) bool) { actions.Each(pattern, yield) }
}

// isOpen says whether a value of Resource could cover what nobody named: there is a wildcard, and no name before it that a
// made-up name does not begin with.
func isOpen(resource string) bool {
	arn, ok := aws.CompleteARNPattern(resource)
	if !ok {
		return strings.ContainsAny(resource, "*?")
	}
	return strings.ContainsAny(arn.Resource, "*?$")
}

// maxList bounds how many names a sentence lists.
const maxList = 10

// list joins names to words, the first ones by name.
func list(names []string) string {
	switch n := len(names); {
	case n == 0:
		return "nothing"
	case n > maxList+1:
		return strings.Join(names[:maxList], ", ") + " and " + strconv.Itoa(n-maxList) + " others"
	}
	return words.List(names)
}
