package policy

import (
	"maps"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

func isPattern(resource string) bool { return resource != "*" && strings.ContainsAny(resource, "*?") }

// probing is the search for one Probe.
type probing struct {
	*Prober
	*Probe
	action   *probedAction
	exceeded bool
	// asked is the pattern of Resource, once a search needed it.
	asked *resourcePattern
	// doubtful is set where a request was found that Evaluate does not allow for certain, or that rests on an empty value: whether
	// AWS takes that for no value is not documented for every operator.
	doubtful bool
}

// searched is what searches work with.
func (p *Prober) searched() *comparer {
	if p.comparer != nil {
		return p.comparer
	}
	c := &comparer{
		budget: &p.budget.steps,
		values: map[string][]ContextValue{},
		cache:  patternCache{actions: map[actionPattern]language.Pattern{}, resources: map[*resourcePattern][]language.Pattern{}},
	}
	c.new, c.statements = numberStatements(p.set, true, nil)
	for _, cst := range c.statements {
		if cst.hasVariable() {
			c.variable = append(c.variable, cst)
		}
	}
	if len(c.variable) > 0 {
		c.mentions = mentionsOf(c.statements, &p.budget.steps)
	}
	p.comparer = c
	return c
}

// run looks for a request that is allowed for certain, and else for one that may be.
func (r *probing) run() Found {
	goal := r.formula(r.Probe, r.action)
	if goal.IsFalse() {
		return Found{Decision: ImplicitDeny}
	}
	given := r.given()
	if r.isRuledOut(goal, given) {
		return Found{Decision: ImplicitDeny}
	}
	return r.runSearches(goal, given)
}

func (r *probing) runSearches(goal *formula, given map[string]ContextValue) Found {
	for _, assignment := range r.assignments(r.Probe, r.action, given) {
		s, ok := r.find(goal, given, assignment, false)
		if !ok {
			continue
		}
		if f, ok := r.verified(s); ok {
			return f
		}
		r.doubtful = true
	}
	s, ok := r.find(goal, given, nil, true)
	if !ok && !r.exceeded && !r.doubtful {
		return Found{Decision: ImplicitDeny}
	}
	// An answer that is not known costs more, for it says what it depends on.
	r.budget.Spend(3 * r.action.weight)
	req := r.witness(s, r.openValues(s))
	v := r.evaluate(req)
	if v.Decision != Unknown || r.exceeded || r.doubtful {
		// What the search takes for possible depends on more than this one request.
		req = r.request(r.Probe, r.action, req.Resource, nil)
		v = r.evaluate(req)
		v.Decision = Unknown
	}
	return Found{Decision: Unknown, Request: req, Verdict: v, Exceeded: r.exceeded}
}

// given are the values of the keys that bear on the action and are not open.
func (r *probing) given() map[string]ContextValue {
	given := make(map[string]ContextValue, len(r.action.keys))
	for _, key := range r.action.keys {
		if !r.isOpen(key) {
			given[key] = r.Context.lookup(key)
		}
	}
	return given
}

// searchShare is the part of a Prober's budget that one search may take.
const searchShare = 8

// searchWeight and keyWeight are about how many steps it takes to begin a search, and to carry a key in it.
const searchWeight, keyWeight = 100, 20

func (r *probing) find(goal *formula, given, assignment map[string]ContextValue, possible bool) (*search, bool) {
	if len(assignment) > 0 {
		given = maps.Clone(given)
		maps.Copy(given, assignment)
	}
	s := r.newSearch(given, possible)
	ok := r.begin(s) && s.find(goal)
	r.budget.Spend(searchWeight + keyWeight*len(r.action.keys))
	r.exceeded = r.exceeded || s.exceeded
	return s, ok
}

// isRuledOut reports that no search can find anything, which most questions with bounded keys show at once: nothing is possible even
// where the keys that must be there need no value until a statement compares them. The search for a value takes the most work.
func (r *probing) isRuledOut(goal *formula, given map[string]ContextValue) bool {
	if len(r.Like) == 0 || len(r.action.variables) > 0 {
		return false // A test with a variable of which nothing is known is only decided for a value.
	}
	s := r.newSearch(given, true)
	found := s.find(goal)
	r.budget.Spend(searchWeight)
	return !found && !s.exceeded
}

func (r *probing) newSearch(given map[string]ContextValue, possible bool) *search {
	s := newSearch(&question{
		target: r.target(), class: r.classOf(r.action), given: given, possible: possible, cache: &r.searched().cache,
		budget: r.budget.steps.Part(min(searchSteps, r.budget.left()/searchShare)),
		bases:  r.bases(), partitions: r.partitions(),
	})
	if isPattern(r.Resource) {
		s.must = append(s.must, []*resourcePattern{r.within()})
		s.not = append(s.not, r.avoided()...)
	}
	return s
}

// begin gives the keys that must be there a value, so that no statement is judged without one.
func (r *probing) begin(s *search) bool {
	for _, key := range r.action.keys {
		base, bounded := s.bases[key]
		if !bounded || !r.isOpen(key) {
			continue
		}
		if v, isGiven := s.given[key]; isGiven { // A variable has it already.
			if !base.has(v) {
				return false
			}
		} else if !s.solveKey(key) {
			return false
		}
	}
	return true
}

// partitions are those that a resource may be of: the pattern's own, or else the caller's.
func (r *probing) partitions() []string {
	for _, text := range []string{r.Resource, r.Principal} {
		if a, ok := splitARN(text); ok && !isPattern(a[arnPartition]) {
			return []string{a[arnPartition]}
		}
	}
	return nil
}

// target is the resource that is looked for.
func (r *probing) target() target {
	switch {
	case r.Resource == anyResource:
		return target{mode: modeAny}
	case isPattern(r.Resource):
		return target{mode: modeARN, account: r.ResourceAccount, effect: fullEffect}
	}
	return target{mode: modeGiven, role: r.Resource}
}

// within is the pattern that the resource has to match.
func (r *probing) within() *resourcePattern {
	if r.asked == nil {
		p := compileResource(r.Resource, Identity, false)
		r.asked, r.searched().cache.resources[&p] = &p, r.patterns(&p)
	}
	return r.asked
}

// patterns are the resources that the question's pattern stands for.
func (q *Probe) patterns(p *resourcePattern) []language.Pattern {
	patterns := p.patterns(p.tail, spelling{})
	if q.Runes == "" {
		return patterns
	}
	for _, one := range patterns {
		for i := range one {
			if one[i].Class.Negated { // Only wildcards are.
				one[i].Class = language.Class{Runes: q.Runes}
			}
		}
	}
	return patterns
}

func (r *probing) avoided() []*resourcePattern {
	list := make([]*resourcePattern, 0, len(r.Avoid))
	for _, text := range r.Avoid {
		p := compileResource(text, Identity, false)
		list = append(list, &p)
	}
	return list
}

// bases are what the values of keys look like that must be there.
func (r *probing) bases() map[string]keyBase {
	if len(r.Like) == 0 && len(r.Holds) == 0 {
		return nil
	}
	bases := make(map[string]keyBase, len(r.Like)+len(r.Holds))
	for key, values := range r.Holds {
		bases[key] = keyBase{holds: values}
	}
	for key, glob := range r.Like {
		base := keyBase{must: spelling{}.pattern(markWildcards(glob)), not: r.Unlike[key]}
		if segments, ok := splitARN(markWildcards(glob)); ok && segments[0] == "arn" {
			base.must = spelling{}.arnPattern(&segments)
			if key == "aws:principalarn" {
				base.must = principalARNs(&segments)
			}
		}
		bases[key] = base
	}
	return bases
}

// nameRunes are the characters of the names of roles and users:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const nameRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-"

// principalARNs gives the ARNs of principals that globs match. They hold no colon but between segments, and end with a name.
func principalARNs(segments *arn) language.Pattern {
	p := spelling{inSegment: true}.arnPattern(segments)
	if n := len(p); n > 1 && p[n-1].Run && !p[n-2].Run {
		p[n-2], p[n-1] = p[n-1], language.Atom{Class: language.Class{Runes: nameRunes}}
	}
	return p
}

// openValues are what the search found for the open keys; a key that nothing asked for is left out of the request.
func (r *probing) openValues(s *search) map[string]ContextValue {
	values := make(map[string]ContextValue, len(r.action.keys))
	for _, key := range r.action.keys {
		if !r.isOpen(key) {
			continue
		}
		v, ok := s.values[key]
		if !ok {
			if v, ok = s.given[key]; !ok {
				v = ContextValue{Presence: KeyAbsent}
			}
		}
		values[key] = v
	}
	return values
}

// witness is the request that was found.
func (r *probing) witness(s *search, values map[string]ContextValue) Request {
	resource := r.Resource
	if isPattern(resource) {
		resource = s.resource
	}
	req := r.request(r.Probe, r.action, resource, values)
	// The key holds the ARN of a session's role, which says less than the session's own.
	v, ok := values["aws:principalarn"]
	if ok && len(v.Values) == 1 && strings.HasPrefix(v.Values[0], "arn:") && parseCaller(r.Principal).kind != callerSession {
		req.Principal = v.Values[0]
		if a, isARN := splitARN(req.Principal); isARN && aws.IsAccountID(a[arnAccount]) {
			req.Context.Keys["aws:principalaccount"] = present(a[arnAccount])
		}
	}
	return req
}

// verified holds what was found against Evaluate.
func (r *probing) verified(s *search) (Found, bool) {
	values := r.openValues(s)
	for _, v := range values {
		if v.Presence == KeyPresent && isBlank(v.Values) {
			return Found{}, false
		}
	}
	req := r.witness(s, values)
	r.budget.Spend(r.action.weight)
	v := r.evaluate(req)
	return Found{Decision: Allowed, Request: req, Verdict: v}, v.Decision == Allowed
}
