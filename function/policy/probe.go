package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// Prober searches for requests that a set of policies allows. It keeps what it worked out, so one Prober serves all questions
// about a set. It is not safe for concurrent use.
type Prober struct {
	set Set
	// budget is what searches are taken out of, evaluations what plain evaluations are.
	budget, evaluations *Budget
	// actions keeps, by action, which statements cover it.
	actions map[string]*probedAction
	// last is the action that was looked up last.
	last struct {
		name   string
		action *probedAction
	}
	// covered keeps, by which statements cover an action, what the set says of all such actions.
	covered map[string]*covered
	// uncovered is what the set says of actions that no statement covers, and unasked what is known of actions for which the budget
	// did not suffice; nothing and anything are what they are covered by.
	uncovered, unasked probedAction
	nothing, anything  covered
	// policies are those of the set, which have so many statements, and lookup is about how many steps it takes to find the
	// statements that cover an action.
	policies           []probedDocument
	statements, lookup int
	// granting has the bits of the services whose actions a policy may allow that does not only limit.
	granting uint64
	glances  glances
	// denies is set where a statement of the set denies something.
	denies bool
	// comparer is made when something is first searched for.
	comparer *comparer
	// worst is the statement that had taken the most work when the budget first did not suffice.
	worst []StatementRef
	// kept has room for the statements of verdicts to come.
	kept []StatementRef
	// matched, bits and room are used again and again.
	matched bitset
	bits    []byte
	room    room
}

// Probe is a question: is there a request like this that the policies allow?
type Probe struct {
	// Principal and Action are as in Request.
	Principal, Action string
	// Resource is "*", an ARN, or a pattern of ARNs as a value of Resource spells it. Of a pattern the request is for an ARN of
	// a form that AWS documents for the action, and that none of Avoid covers.
	Resource string
	Avoid    []string
	// Runes are the characters that the wildcards of a pattern stand for, and empty for any.
	Runes string
	// ResourceAccount is as in Request. For a pattern it is also the account that the ARN has where it has one.
	ResourceAccount string
	// Context is what is known of the request's condition keys.
	Context Context
	// Open reports whether the request may carry whatever value of a key, or leave it out. The key is in lower case. Of open
	// keys the Context says nothing.
	Open func(key string) bool
	// Like bounds, by the key in lower case, the values of open keys, which are then present: a pattern with * and ?, which match
	// within the segments of an ARN.
	Like map[string]string
	// Unlike are values that keys of Like do not have: those of principals that policies name, and that are asked for themselves.
	Unlike map[string][]string
	// Holds are, by the key in lower case, values that an open key has, which may then have others besides.
	Holds map[string][]string
}

// Found is the answer to a Probe.
type Found struct {
	// Decision is Allowed where Request is allowed, and Unknown where it may be. Otherwise there is no such request.
	Decision Decision
	Request  Request
	// Verdict is Evaluate's answer to Request.
	Verdict Verdict
	// Exceeded is set where the search was ended by its budget, so that the answer is Unknown; Costliest is then the statement
	// that took the most work of all questions so far.
	Exceeded  bool
	Costliest []StatementRef
}

// NewProber makes a Prober. The work of its searches is taken out of one budget, and that of its plain evaluations, which decide
// most questions, out of another, so that what is plain is decided although a search took everything. It is an error when
// Set.Validate refuses the set.
func NewProber(set Set, searches, evaluations *Budget) (*Prober, error) {
	if err := set.Validate(); err != nil {
		return nil, err
	}
	p := &Prober{
		set: set, budget: searches, evaluations: evaluations, actions: map[string]*probedAction{},
		covered: map[string]*covered{}, anything: covered{granting: true},
	}
	p.uncovered.covered, p.unasked.covered = &p.nothing, &p.anything
	p.takeDocuments()
	p.matched = newBitset(p.statements)
	return p, nil
}

// Set is the set that the questions are about.
func (p *Prober) Set() Set { return p.set }

// Keys are the condition keys, in lower case and in order, that decide whether the statements that cover an action apply. Who asks
// must not change the list.
func (p *Prober) Keys(action string) []string { return p.action(action).keys }

// Granting reports whether an Allow statement of the identity policies, or of the resource's policy, covers an action, or may: what
// the budget did not suffice to find out is asked for, and Ask says that it is not known. Most questions are about services that no
// such statement names, which is seen at once.
func (p *Prober) Granting(action string) bool {
	if p.granting&serviceBit(action) == 0 || !p.glances.has(GlanceOf(action)) {
		return false
	}
	if a, ok := p.known(action); ok {
		return a.granting
	}
	return p.mayGrant(action) && p.action(action).granting
}

// Denies reports whether a statement of the set denies anything.
func (p *Prober) Denies() bool { return p.denies }

// mayGrant reports whether a policy that does not only limit has a value of Action that covers an action, as far as is seen at once.
func (p *Prober) mayGrant(action string) bool {
	service, name, _ := strings.Cut(action, ":")
	service = ascii.Lower(service)
	for i := range p.policies {
		if d := &p.policies[i]; !d.kind.Limits() && d.compiled.granted.mayCover(service, name) {
			return true
		}
	}
	return false
}

// Ask evaluates the request, and where the answer depends on keys or parts of the resource that are open looks for one that
// is allowed.
func (p *Prober) Ask(q Probe) Found {
	a := p.action(q.Action)
	if a == &p.uncovered {
		a = p.newAction(q.Action)
	}
	if !p.mayEvaluate(a) {
		return Found{Decision: Unknown, Exceeded: true, Costliest: p.costliest()}
	}
	if !isPattern(q.Resource) {
		if f, ok := p.askLike(&q, a); ok {
			return f
		}
		req := p.request(&q, a, q.Resource, nil)
		// Where no key that bears on the answer is open there is nothing to look for.
		if v := p.evaluate(req); v.Decision != Unknown || !q.isOpenIn(a) {
			return Found{Decision: v.Decision, Request: req, Verdict: v}
		}
		p.evaluations.Spend(a.weight) // What is not known costs more, for it says what it depends on.
		if f, ok := p.askWithout(&q, a); ok {
			return f
		}
	}
	return p.search(q, a)
}

// search looks for a request that is allowed. Its question is a copy, for what is only evaluated takes no memory.
func (p *Prober) search(q Probe, a *probedAction) Found {
	r := &probing{Prober: p, Probe: &q, action: a}
	found := r.run()
	if found.Exceeded {
		found.Costliest = p.costliest()
	}
	return found
}

// askWithout asks for the request that carries none of the open keys. What is plain is allowed without, and needs no search.
func (p *Prober) askWithout(q *Probe, a *probedAction) (Found, bool) {
	left := make(map[string]ContextValue, len(a.keys))
	for _, key := range a.keys {
		if !q.isOpen(key) {
			continue
		}
		if _, bounded := q.Like[key]; bounded || len(q.Holds[key]) > 0 {
			return Found{}, false
		}
		if info, known := actions.Key(key); known && info.Always {
			return Found{}, false
		}
		left[key] = ContextValue{Presence: KeyAbsent}
	}
	if !p.mayEvaluate(a) {
		return Found{}, false
	}
	req := p.request(q, a, q.Resource, left)
	v := p.evaluate(req)
	return Found{Decision: Allowed, Request: req, Verdict: v}, v.Decision == Allowed
}

// request is the question as a request in which nothing is known of the open keys but what was found.
func (p *Prober) request(q *Probe, a *probedAction, resource string, found map[string]ContextValue) Request {
	r := Request{Principal: q.Principal, Action: q.Action, Resource: resource, ResourceAccount: q.ResourceAccount}
	if len(a.keys) == 0 {
		return r
	}
	keys := make(map[string]ContextValue, len(a.keys))
	for _, key := range a.keys {
		v, ok := found[key]
		switch {
		case ok:
		case q.isOpen(key):
			v = ContextValue{Presence: KeyUnknown}
		default:
			v = q.Context.lookup(key)
		}
		keys[key] = v
	}
	r.Context.Keys = keys
	return r
}

// settingOf is what the formula of a request takes for given. Its resource tells the account, the service's own policies and
// the service-linked roles apart; a pattern that covers both kinds is of the first.
func (p *Prober) settingOf(q *Probe, a *probedAction) setting {
	req := Request{Principal: q.Principal, Action: q.Action, Resource: q.Resource, ResourceAccount: q.ResourceAccount}
	asked := newQuery(req)
	owner := asked.owner()
	class := p.classOf(a)
	return setting{
		caller: asked.caller, service: class.service, action: class.action, sameAccount: owner == "" || owner == asked.caller.account,
		explicit: asked.needsExplicitAllow(), underRCPs: asked.isUnderRCPs(), needsSession: asked.caller.kind == callerFederatedUser,
	}
}

func (p *Prober) formula(q *Probe, a *probedAction) *formula {
	in := p.settingOf(q, a)
	if p.set.Resource == nil {
		in.service, in.action = "", "" // They bear on how principals match, and on nothing that the setting does not say itself.
	}
	f, ok := a.formulas[in]
	if !ok {
		p.budget.Spend((10 + len(p.policies)) * p.statements)
		f = p.searched().new.formula(&in, p.classOf(a))
		if a.formulas == nil {
			a.formulas = map[setting]*formula{}
		}
		a.formulas[in] = f
	}
	return f
}

// assignments are values worth trying for the open variables of an action.
func (p *Prober) assignments(q *Probe, a *probedAction, given map[string]ContextValue) []map[string]ContextValue {
	var open []string
	for _, key := range a.variables {
		if q.isOpen(key) {
			open = append(open, key)
		}
	}
	if len(open) == 0 {
		return []map[string]ContextValue{nil}
	}
	list := p.searched().combinations(open)
	fitting := map[string]ContextValue{}
	try := func(t *template, text string) {
		if key, value, ok := t.valueFor(text); ok && slices.Contains(open, key) {
			fitting[key] = present(value)
		}
	}
	resource, isARN := splitARN(q.Resource)
	for _, cst := range p.searched().variable {
		if !a.matched.has(cst.number) {
			continue
		}
		for i := range cst.compiled.resources {
			if isARN && !isPattern(q.Resource) {
				try(cst.compiled.resources[i].variable, resource[arnResource])
			}
		}
		for i := range cst.compiled.conditions {
			cond := &cst.compiled.conditions[i]
			if value, ok := given[cond.key].single(); ok {
				for j := range cond.operands {
					try(cond.operands[j].variable, value)
				}
			}
		}
	}
	if len(fitting) > 0 {
		for _, key := range open {
			if _, ok := fitting[key]; !ok {
				fitting[key] = list[0][key]
			}
		}
		list = append([]map[string]ContextValue{fitting}, list...)
	}
	return list
}
