package policy

import (
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

// formula says of which requests something holds, by the statements that apply to them.
type formula = solve.Formula[*comparedStatement]

var (
	always    = solve.Constant[*comparedStatement](true)
	never     = solve.Constant[*comparedStatement](false)
	undecided = solve.Undecided[*comparedStatement]()
)

func formulaOf(t Truth) *formula {
	switch t {
	case True:
		return always
	case False:
		return never
	}
	return undecided
}

// inFormulas are the rules of combination for all requests at once.
var inFormulas = combine.Rules[*formula]{
	True: always, False: never, Undecided: undecided, Not: (*formula).Not,
	And: func(a, b *formula) *formula { return solve.And(a, b) }, Or: func(a, b *formula) *formula { return solve.Or(a, b) },
}

// setting is what a formula takes for given.
type setting struct {
	caller caller
	// service and action are in lower case, and empty where they are open.
	service, action string
	// sameAccount, explicit and underRCPs are as Evaluate works them out of the request.
	sameAccount, explicit, underRCPs bool
	// identityAllows, resourceDelegates and resourceOpen are assumptions about what the sets leave open.
	identityAllows, resourceDelegates, resourceOpen bool
	// needsSession is set for a federated user whose session policy is not assumed: without one it has no permissions of its
	// own (rule 58).
	needsSession bool
	// delegated takes a grant to the caller's account for one to the caller, as if its own policies allowed everything.
	delegated bool
}

// facts are the setting's facts for the rules of combination.
func (in *setting) facts() combine.Request[*formula] {
	return combine.Request[*formula]{
		Caller: in.caller.kind.inCombination(), SameAccount: in.sameAccount, Explicit: in.explicit, NeedsSession: in.needsSession,
		UnderRCPs: in.underRCPs, ServiceLinked: formulaOf(in.caller.serviceLinked),
	}
}

// assume puts what is assumed in the place of what the sets leave open.
func (in *setting) assume(all *combine.Answers[*formula]) {
	identity, grant := &all.Of[combine.Identity].Allow, &all.Grant
	if in.identityAllows {
		*identity = always
	}
	if in.resourceDelegates {
		*grant = combine.Grant[*formula]{Direct: never, Role: never, Account: always}
	}
	if in.resourceOpen {
		grant.Direct = always
	}
	if in.delegated {
		*identity = solve.Or(*identity, grant.Account)
	}
}

// comparedSet is one of the two sets, its statements numbered.
type comparedSet struct {
	set        Set
	statements [combine.Kinds][]*comparedStatement
}

// formula says when Evaluate allows a request of this setting.
func (cs *comparedSet) formula(in *setting, class *actionClass) *formula {
	e := evaluation{set: cs.set, q: query{caller: in.caller, service: in.service, action: in.action}}
	e.q.bounded = e.hasBoundary()
	facts := in.facts()
	var all combine.Answers[*formula]
	for k := range combine.Kinds {
		one, grant := cs.kindFormula(&e, class, k, &facts)
		if all.Of[k] = one; k == combine.Resource {
			all.Grant = grant
		}
	}
	in.assume(&all)
	return inFormulas.Decide(&facts, &all)
}

// kindFormula says when a kind of policy allows and when it denies.
func (cs *comparedSet) kindFormula(e *evaluation, class *actionClass, k combine.Kind, facts *combine.Request[*formula]) (combine.Answer[*formula], combine.Grant[*formula]) {
	applies := inFormulas.Applies(k, facts)
	if applies.IsFalse() {
		return inFormulas.Nothing()
	}
	e.q.atEndpoint = k == combine.Endpoint
	return inFormulas.Kind(k, facts, applies, &combine.Policies[*formula]{
		Levels: e.levels(k), Count: func(level int) int { return len(e.parts(k, level)) }, Unread: e.isUnread(k),
		Ask: func(level, i int) (combine.Answer[*formula], combine.Grant[*formula]) {
			if e.parts(k, level)[i].Document == nil {
				return inFormulas.Unread()
			}
			return cs.partFormula(e, class, place{k, int32(level), int32(i)})
		},
	})
}

// partFormula says when one policy allows and when it denies.
func (cs *comparedSet) partFormula(e *evaluation, class *actionClass, at place) (combine.Answer[*formula], combine.Grant[*formula]) {
	var allows, denies, direct, role, account []*formula
	for _, cst := range cs.statements[at.kind] {
		if cst.level != int(at.level) || cst.part != int(at.part) || !class.open && !class.matched.has(cst.number) {
			continue
		}
		r := e.q.matchPrincipals(cst.document, cst.statement, cst.compiled)
		if r.any() == False {
			continue
		}
		applies := solve.Holds(cst)
		if cst.statement.Effect == Deny {
			denies = append(denies, solve.And(formulaOf(r.any()), applies))
			continue
		}
		allows = append(allows, solve.And(formulaOf(r.any()), applies))
		if at.kind == combine.Resource {
			direct = append(direct, solve.And(formulaOf(r.Direct), applies))
			role = append(role, solve.And(formulaOf(r.Role), applies))
			account = append(account, solve.And(formulaOf(r.Account), applies))
		}
	}
	return combine.Answer[*formula]{Allow: solve.Or(allows...), Deny: solve.Or(denies...)},
		combine.Grant[*formula]{Direct: solve.Or(direct...), Role: solve.Or(role...), Account: solve.Or(account...)}
}
