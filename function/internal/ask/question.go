package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Ask answers one question: as the policies stand, with the values that the caller chooses; then with tags that the caller may
// set itself; then with tags that only others can set, which the answer names; and else it says what an unknown depends on.
func (s *Session) Ask(q Question) Answer {
	if !q.Target.hasPolicy() && (!s.Grants(q.Action) || !q.reached && !s.reaches(q)) {
		return Answer{}
	}
	service := actions.ServiceOf(q.Action)
	q.Region = s.requestedRegion(service, q.Region)
	var best Answer
	for _, prober := range s.probersAt(&q, service) {
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

// work works out the answer for one set of policies; ofTags says that it rests on tags that somebody sets.
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
