package danger

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// opening is what the role may do to resources that nobody named.
type opening struct {
	// everything is set for an administrator: what it may do is not listed then.
	everything bool
	// admin is the answer to whether it is one.
	admin power
	// services are those of which it may do everything, in order.
	services []service
	// hanging are services of which that is unknown, and what it depends on.
	hanging map[string][]role.Gap
	// answers are those that are not no, for each action that matters, in the order of their names.
	answers []actionAnswer
}

type service struct {
	prefix     string
	statements []policy.StatementRef
}

type actionAnswer struct {
	ask.Answer
	name  string
	group group
	// ofService is set where the role may do everything of the service.
	ofService bool
}

type openingKey struct{}

func (j *judge) opening() *opening {
	return check.Memo(j.subject, openingKey{}, j.open)
}

func (j *judge) open() *opening {
	o := &opening{hanging: map[string][]role.Gap{}}
	if o.admin = j.administers(); o.admin.Allowed() {
		o.everything = true
		return o
	}
	plain := j.plainAnswers()
	budget := effective.BudgetOf(j.subject)
	defer budget.Reserve(forOthers).Release()
	// So many actions may each need a search that ways to more power, which are asked for later, would get none.
	defer budget.Searches().Reserve(budget.Searches().Left() / 2).Release()
	for _, s := range byService(j.candidates()) {
		j.openService(o, s.prefix, s.names, plain)
	}
	return o
}

// serviceActions are actions of one service.
type serviceActions struct {
	prefix string
	names  []string
}

// byService cuts a list of actions in order, in which those of a service stand together, and orders the services.
func byService(names []string) []serviceActions {
	var out []serviceActions
	for len(names) > 0 {
		prefix, n := actions.ServiceOf(names[0]), 1
		for n < len(names) && actions.ServiceOf(names[n]) == prefix {
			n++
		}
		out, names = append(out, serviceActions{prefix, names[:n]}), names[n:]
	}
	slices.SortFunc(out, func(a, b serviceActions) int { return strings.Compare(a.prefix, b.prefix) })
	return out
}

// forOthers is how much of what is left of the budget opening leaves for other questions, in hundredths.
const forOthers = 25

// maxPlain is how many actions a value of Action covers at most of which plainAnswers asks for each.
const maxPlain = 1000

// plainAnswers asks for the actions of statements without conditions that list actions on what nobody named, those of the values of
// Action that cover the fewest first: what is plain is answered before other statements take the budget.
func (j *judge) plainAnswers() map[string]ask.Answer {
	var lists [][]string
	var names []string
	for ref := range j.allows() {
		if len(ref.Statement.Conditions) > 0 || ref.Statement.NotAction || !isOpenStatement(ref.Statement) {
			continue
		}
		open := j.OpenOf(ref.Statement)
		for _, v := range ref.Statement.Actions {
			if service, _, _ := strings.Cut(v.Text, ":"); strings.ContainsAny(service, "*?") {
				continue
			}
			first := len(names)
			for name := range j.each(v.Text) {
				if open.Covers(name) {
					names = append(names, name)
				}
			}
			if list := names[first:]; len(list) <= maxPlain {
				lists = append(lists, list)
			}
		}
	}
	slices.SortStableFunc(lists, func(a, b []string) int { return len(a) - len(b) })
	out := map[string]ask.Answer{}
	for _, list := range lists {
		for _, name := range list {
			a, ok := actions.Lookup(name)
			if _, known := out[name]; !ok || known || groupOf(a) == noGroup {
				continue
			}
			if got := j.Anywhere(a, nil); got.Decision != policy.Unknown {
				out[name] = got
			}
		}
	}
	return out
}

// openService asks for what matters of a service, and for all of it where a policy could allow all.
func (j *judge) openService(o *opening, prefix string, names []string, plain map[string]ask.Answer) {
	whole := wholeService{}
	// What is everything covers what AWS adds tomorrow.
	if len(names) == actions.Count(prefix) && j.Grants(prefix+":RolewatchProbe") && slices.ContainsFunc(names, changes) {
		whole.decision = policy.Allowed
	}
	first := len(o.answers)
	for _, name := range names {
		a, ok := actions.Lookup(name)
		group := groupOf(a)
		if !ok || !whole.possible() && group == noGroup {
			continue
		}
		got, known := plain[name]
		if !known {
			got = j.Anywhere(a, nil)
		}
		// What takes no resource is left out where the policy says resources and has none to say for it.
		if whole.possible() && (!a.OnlyStar() || got.Possible()) {
			whole.add(got)
		}
		if group != noGroup && got.Possible() {
			o.answers = append(o.answers, actionAnswer{Answer: got, name: name, group: group})
		}
	}
	switch {
	case whole.decision == policy.Allowed && len(whole.statements) > 0:
		o.services = append(o.services, service{prefix, whole.statements})
		for i := first; i < len(o.answers); i++ {
			o.answers[i].ofService = true
		}
	case whole.decision == policy.Unknown:
		o.hanging[prefix] = whole.dependsOn
	}
}

// wholeService is the answer to all actions of a service together, which are hundreds.
type wholeService struct {
	decision   policy.Decision
	statements []policy.StatementRef
	dependsOn  []role.Gap
}

func (w *wholeService) possible() bool {
	return w.decision == policy.Allowed || w.decision == policy.Unknown
}

func (w *wholeService) add(a ask.Answer) {
	// What has to have a tag that the role cannot set is not everything.
	if !a.Possible() || len(a.Needs()) > 0 {
		w.decision = policy.ImplicitDeny
		return
	}
	if a.Decision == policy.Unknown {
		w.decision, w.dependsOn = policy.Unknown, role.DistinctGaps(append(w.dependsOn, a.DependsOn...))
	}
	for i := range a.Steps {
		for _, ref := range a.Steps[i].Statements {
			if !slices.ContainsFunc(w.statements, func(o policy.StatementRef) bool { return o.Statement == ref.Statement }) {
				w.statements = append(w.statements, ref)
			}
		}
	}
}

func changes(action string) bool {
	a, ok := actions.Lookup(action)
	return ok && (a.Level == actions.Write || a.Level == actions.PermissionsManagement)
}

// candidates are the actions that some statement may allow on resources that nobody named, in order.
func (j *judge) candidates() []string {
	var names nameSet
	for ref := range j.allows() {
		s := ref.Statement
		if !isOpenStatement(s) {
			continue
		}
		open := j.OpenOf(s)
		if s.NotAction {
			left := j.exempt(s)
			for _, name := range actions.Names() {
				if !left[name] && open.Covers(name) {
					names.add(name)
				}
			}
			continue
		}
		for _, v := range s.Actions {
			for name := range j.each(v.Text) {
				if open.Covers(name) {
					names.add(name)
				}
			}
		}
	}
	return names.sorted()
}

// nameSet is a set of names: a list while they are few, as they are of most roles, for a list is made faster.
type nameSet struct {
	few  []string
	many map[string]bool
}

const fewNames = 1000

func (s *nameSet) add(name string) {
	if s.many != nil {
		s.many[name] = true
		return
	}
	if s.few = append(s.few, name); len(s.few) > fewNames {
		s.many = map[string]bool{}
		for _, one := range s.few {
			s.many[one] = true
		}
	}
}

func (s *nameSet) sorted() []string {
	if s.many != nil {
		return slices.Sorted(maps.Keys(s.many))
	}
	slices.Sort(s.few)
	return slices.Compact(s.few)
}

// isOpenStatement says whether the resources of a statement could cover what nobody named.
func isOpenStatement(s *policy.Statement) bool {
	return s.NotResource || slices.ContainsFunc(s.Resources, func(v policy.Value) bool { return isOpen(v.Text) })
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
