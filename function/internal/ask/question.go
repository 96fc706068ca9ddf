package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// owner is who decides what a key of a request holds.
type owner int

const (
	// fixed keys have a value that is known, or may have any and nobody here chooses it.
	fixed owner = iota
	// ofCaller keys are parameters of the request.
	ofCaller
	// ofResource keys are tags of the resource, which may be any that could exist.
	ofResource
	// ofRole keys are tags of the role itself, which it may be able to change.
	ofRole
)

// keyFact is what is known of one key for one question.
type keyFact struct {
	owner owner
	value policy.ContextValue
}

// Ask answers one question: as the policies stand, with the values that the caller chooses; then with tags that the caller may
// set itself; then with tags that only others can set, which the answer names; and else it says what an unknown depends on.
func (s *Session) Ask(q Question) Answer {
	if !q.Target.hasPolicy() && (!s.Grants(q.Action) || !q.reached && !s.reaches(q)) {
		return Answer{}
	}
	service := actions.ServiceOf(q.Action)
	q.Region = s.requestedRegion(service, q.Region)
	var best Answer
	for _, prober := range s.probersAt(q.Target, service) {
		if best = Better(best, s.askOne(prober, q)); best.Decision != policy.Unknown {
			return best
		}
	}
	return best
}

// reaches reports whether a policy could allow an action on one resource. What a resource's own policy leaves to the account has to be
// allowed by the identity policies too.
func (s *Session) reaches(q Question) bool {
	return s.unread || len(s.plain) == 0 || s.plain[0].Reaches(q.Action, q.Resource)
}

// askOne asks for one set of policies.
func (s *Session) askOne(prober *policy.Prober, q Question) Answer {
	if !prober.Granting(q.Action) && !s.unread {
		return Answer{}
	}
	s.Budget.evaluations.Spend(questionWeight)
	facts := s.factsOf(prober, q)
	text, ok := s.likenessOf(prober, &q, facts)
	if !ok {
		a, _ := s.work(prober, q, facts)
		return a
	}
	if known, ok := s.alike[likeness{prober, string(text)}]; ok {
		return known.about(&q)
	}
	like, unanswered := likeness{prober, string(text)}, s.Budget.Unanswered()
	a, ofTags := s.work(prober, q, facts)
	if !ofTags && s.Budget.Unanswered() == unanswered {
		s.alike[like] = a.about(&q)
	}
	return a
}

// work works out the answer for one set of policies; ofTags says that it rests on tags that somebody sets on the resource.
func (s *Session) work(prober *policy.Prober, q Question, facts map[string]keyFact) (a Answer, ofTags bool) {
	found := s.probe(prober, q, facts, func(o owner) bool { return o == ofCaller })
	if found.Decision == policy.Allowed {
		return s.answer(q, found, nil), false
	}
	var tagged Answer
	if has := ownersOf(facts); has[ofResource] || has[ofRole] {
		if tagged = s.withTags(prober, q, facts, has); tagged.Allowed() {
			return tagged, true
		}
	}
	switch {
	case found.Decision == policy.Unknown:
		return s.answer(q, found, nil), false
	case tagged.Decision == policy.Unknown:
		return tagged, false
	}
	return Answer{Decision: found.Decision, Denies: found.Verdict.Statements}, false
}

// ownersOf says who decides some key.
func ownersOf(facts map[string]keyFact) (has [4]bool) {
	for _, f := range facts {
		has[f.owner] = true
	}
	return has
}

// questionWeight is about how many steps a question takes besides its evaluation.
const questionWeight = 60

// factWeight is about how many steps it takes to find out who decides a key, and to carry it in a request.
const factWeight = 40

// factsOf says of every key that bears on the action who decides what it holds.
func (s *Session) factsOf(prober *policy.Prober, q Question) map[string]keyFact {
	keys := prober.Keys(q.Action)
	if len(keys) == 0 || !s.Budget.evaluations.Spend(factWeight*len(keys)) {
		return nil
	}
	facts := make(map[string]keyFact, len(keys))
	for _, key := range keys {
		facts[key] = s.fact(key, q)
	}
	return facts
}

func (s *Session) fact(key string, q Question) keyFact {
	if text, ok := q.Keys[key]; ok {
		return keyFact{value: Value(text)}
	}
	if slices.Contains(q.Without, key) {
		return keyFact{value: absent}
	}
	if isRegionKey(key) {
		return keyFact{value: Value(q.Region)}
	}
	if strings.HasPrefix(key, principalTag) {
		if s.canTagItself() {
			return keyFact{ofRole, s.base(key)}
		}
		return keyFact{value: s.base(key)}
	}
	if q.Via && IsVia(key) {
		return keyFact{owner: ofCaller}
	}
	if f, ok := s.elsewhereFact(key, q); ok {
		return f
	}
	known, _ := s.knownKeys()
	if v, ok := known[key]; ok {
		return keyFact{value: v}
	}
	if strings.HasSuffix(key, createAction) {
		return keyFact{value: absent}
	}
	carriage := actions.Carries(q.Action, key)
	if carriage == actions.NotCarried {
		return keyFact{value: absent}
	}
	if tag := tagOf(key); tag != "" {
		return s.tagFact(key, tag, q)
	}
	if v := s.base(key); v.Presence != policy.KeyUnknown {
		return keyFact{value: v}
	}
	switch {
	case q.Unnamed && namesResource(key):
		return keyFact{value: Value(s.name)}
	case carriage != actions.CarriageUnknown && IsChosen(key, q.Action):
		return keyFact{owner: ofCaller}
	}
	return keyFact{value: unknown}
}

// elsewhereFact is what is known of a key that says whose a resource is which is in another account.
func (s *Session) elsewhereFact(key string, q Question) (f keyFact, ok bool) {
	ofAccount := strings.HasSuffix(key, ":resourceaccount")
	if !ofAccount && !strings.HasPrefix(key, "aws:resourceorg") {
		return keyFact{}, false
	}
	account := accountOfARN(q.Resource)
	switch t := q.Target; {
	case account == "" || account == s.Role.Ref.Account:
		return keyFact{}, false
	case ofAccount:
		return keyFact{value: Value(account)}, true
	case key == "aws:resourceorgid" && t != nil && t.Elsewhere != nil && t.Elsewhere.Organization != "":
		return keyFact{value: Value(t.Elsewhere.Organization)}, true
	}
	return keyFact{value: unknown}, true
}

// accountOfARN is the account that an ARN names; empty for one that names none, or a pattern.
func accountOfARN(resource string) string {
	if account := aws.AccountOf(resource); aws.IsAccountID(account) {
		return account
	}
	return ""
}

// base is what every call of the session says of a key.
func (s *Session) base(key string) policy.ContextValue {
	known, missing := s.knownKeys()
	if v, ok := known[key]; ok {
		return v
	}
	if slices.ContainsFunc(missing, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
		return absent
	}
	return unknown
}

// tagFact is what is known of a tag of the resource: those of the role itself stand in the snapshot, those of its functions are not
// read; that of any other resource may be any, and none to begin with.
func (s *Session) tagFact(key, tag string, q Question) keyFact {
	for _, c := range q.Tags {
		if tagOf(strings.ToLower(c.Key)) == tag {
			if c.Absent {
				return keyFact{value: absent}
			}
			return keyFact{value: Value(c.Value)}
		}
	}
	tags, isOwn, known := s.ownTags(q.Resource, q.Target)
	switch {
	case !isOwn:
		return keyFact{ofResource, absent}
	case !known:
		return keyFact{ofResource, unknown}
	}
	for name, value := range tags {
		if strings.EqualFold(name, tag) {
			return keyFact{ofResource, Value(value)}
		}
	}
	return keyFact{ofResource, absent}
}

// ownTags are the tags of the target, of the role itself, and, not known, of its functions.
func (s *Session) ownTags(resource string, target *Target) (tags map[string]string, isOwn, known bool) {
	if target != nil && resource == target.ARN {
		tags, known = target.Tags.Get()
		return tags, true, known
	}
	if resource == s.Role.ARN() || resource == s.Role.Ref.Key() {
		tags, known = s.Role.Tags.Get()
		return tags, true, known
	}
	for _, f := range s.Role.Users.List {
		if f.ARN == resource {
			return nil, true, false
		}
	}
	return nil, false, false
}

// question is a question for the prober, with the keys of some owners open.
func (s *Session) question(q Question, facts map[string]keyFact, open func(owner) bool) policy.Probe {
	p := policy.Probe{Principal: s.arn, Action: q.Action, Resource: q.Resource, ResourceAccount: s.Role.Ref.Account}
	if len(facts) > 0 {
		p.Context = policy.Context{Keys: make(map[string]policy.ContextValue, len(facts)), RestUnknown: true}
		for key, f := range facts {
			if f.owner == fixed || !open(f.owner) {
				p.Context.Keys[key] = f.value
			}
		}
		p.Open = func(key string) bool { f := facts[key]; return f.owner != fixed && open(f.owner) }
	}
	return p
}

// probe asks the prober with the keys of some owners open.
func (s *Session) probe(prober *policy.Prober, q Question, facts map[string]keyFact, open func(owner) bool) policy.Found {
	found := prober.Ask(s.question(q, facts, open))
	if found.Exceeded {
		s.Budget.Exceed(found.Costliest...)
	}
	return found
}

// answer puts what was found into words.
func (s *Session) answer(q Question, found policy.Found, needs []Condition) Answer {
	step := Step{Action: q.Action, Resource: q.Resource, Needs: needs, Request: found.Request}
	if found.Decision == policy.Allowed {
		step.Resource = found.Request.Resource
		step.Statements = Granting(found.Verdict)
		step.Named = slices.ContainsFunc(step.Statements, func(ref policy.StatementRef) bool { return namesByTag(ref.Statement, needs) })
		return Answer{Decision: policy.Allowed, Steps: []Step{step}}
	}
	out := Answer{Decision: policy.Unknown, Steps: []Step{step}}
	switch {
	case found.Exceeded:
		out.DependsOn = []role.Gap{OverBudget(found.Costliest...)}
	case s.Explain != nil:
		out.DependsOn = s.Explain(found.Verdict)
	}
	return out
}

// namesByTag reports whether a statement allows something only on resources that have a needed tag: it names them, as others do by
// their ARNs.
func namesByTag(st *policy.Statement, needs []Condition) bool {
	return slices.ContainsFunc(st.Conditions, func(c policy.Condition) bool {
		return slices.ContainsFunc(needs, func(n Condition) bool { return strings.EqualFold(n.Key, c.Key) })
	})
}

// OverBudget is TooComplex, with the statements that took the most work.
func OverBudget(costliest ...policy.StatementRef) role.Gap {
	return role.Gap{What: TooComplex, SettledBy: role.SettledByLess}.In(costliest...)
}

// TooComplex is what an answer depends on that was not reached within the budget.
const TooComplex = "the role's policies are too complex to evaluate within the limit of work"
