package danger

import (
	"slices"
	"strings"
	"sync"

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
	// isPartial is set where actions were left out for lack of budget.
	isPartial bool
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
	return check.Memo(j.subject, openingKey{}, func() (o *opening) {
		j.Budget.Aside(func() { o = j.open() })
		return o
	})
}

// anywhereAt asks for an action by its place on resources that no policy names, where there is hope.
func (j *judge) anywhereAt(at int) ask.Answer {
	if j.IsHopeless(actions.Names()[at]) {
		return ask.Answer{}
	}
	return j.Anywhere(actions.At(at), nil)
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
	before := budget.Unanswered()
	candidates := j.candidates()
	o.isPartial = budget.Unanswered() > before
	for _, s := range byService(candidates) {
		j.openService(o, s, plain)
	}
	return o
}

// serviceActions are actions of one service, by their places in actions.Names.
type serviceActions struct {
	prefix string
	places []int
}

// isWhole reports whether all actions of the service are among them, but for those that take no resource: a statement that names resources
// in a pattern has none to say for these.
func (s serviceActions) isWhole() bool {
	left := actions.Count(s.prefix) - len(s.places)
	if left == 0 {
		return true
	}
	for _, at := range s.places {
		if actions.At(at).OnlyStar() {
			left++
		}
	}
	return left == onlyStar(s.prefix)
}

// onlyStars has how many actions of a service take no resource.
var onlyStars sync.Map

func onlyStar(service string) int {
	if n, ok := onlyStars.Load(service); ok {
		return n.(int)
	}
	n := 0
	for at := range eachPlace(service + ":*") {
		if actions.At(at).OnlyStar() {
			n++
		}
	}
	onlyStars.Store(service, n)
	return n
}

// byService cuts a list of actions in order, in which those of a service stand together, and orders the services.
func byService(places []int) []serviceActions {
	var out []serviceActions
	names := actions.Names()
	for len(places) > 0 {
		prefix, n := actions.ServiceOf(names[places[0]]), 1
		for n < len(places) && actions.ServiceOf(names[places[n]]) == prefix {
			n++
		}
		out, places = append(out, serviceActions{prefix, places[:n]}), places[n:]
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
func (j *judge) plainAnswers() map[int]ask.Answer {
	lists := make([][]int, 0, 16)
	for s := range j.eachOpen {
		if len(s.Conditions) > 0 || s.NotAction {
			continue
		}
		for k, v := range s.Actions {
			if service, _, _ := strings.Cut(v.Text, ":"); strings.ContainsAny(service, "*?") {
				continue
			}
			if list := j.covered(s, k); len(list) <= maxPlain {
				lists = append(lists, list)
			}
		}
	}
	slices.SortStableFunc(lists, func(a, b []int) int { return len(a) - len(b) })
	out := map[int]ask.Answer{}
	for _, list := range lists {
		for _, at := range list {
			if groupAt(at) == noGroup {
				continue
			}
			if _, known := out[at]; known {
				continue
			}
			if got := j.anywhereAt(at); got.Decision != policy.Unknown {
				out[at] = got
			}
		}
	}
	return out
}

// openService asks for what matters of a service, and for all of it where a policy could allow all.
func (j *judge) openService(o *opening, s serviceActions, plain map[int]ask.Answer) {
	whole := wholeService{}
	// What is everything covers what AWS adds tomorrow.
	if j.Grants(s.prefix+":RolewatchProbe") && s.isWhole() && slices.ContainsFunc(s.places, changes) {
		whole.decision = policy.Allowed
	}
	first := len(o.answers)
	for _, at := range s.places {
		group := groupAt(at)
		if !whole.possible() && group == noGroup {
			continue
		}
		a := actions.At(at)
		got, known := plain[at]
		if !known {
			got = j.anywhereAt(at)
		}
		// What takes no resource is left out where the policy says resources and has none to say for it.
		if whole.possible() && (!a.OnlyStar() || got.Possible()) {
			whole.add(got)
		}
		if group != noGroup && got.Possible() {
			o.answers = append(o.answers, actionAnswer{Answer: got, name: a.String(), group: group})
		}
	}
	switch {
	case whole.decision == policy.Allowed && len(whole.statements.List()) > 0:
		o.services = append(o.services, service{s.prefix, whole.statements.List()})
		for i := first; i < len(o.answers); i++ {
			o.answers[i].ofService = true
		}
	case whole.decision == policy.Unknown:
		o.hanging[s.prefix] = whole.dependsOn
	}
}

// wholeService is the answer to all actions of a service together, which are hundreds.
type wholeService struct {
	decision   policy.Decision
	statements ask.Statements
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
		w.statements.Add(a.Steps[i].Statements...)
	}
}

func changes(at int) bool {
	level := actions.At(at).Level
	return level == actions.Write || level == actions.PermissionsManagement
}
