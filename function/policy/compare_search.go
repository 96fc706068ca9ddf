package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

// mode says what kind of resource a request is about.
type mode int

const (
	// modeARN is any ARN, modeAny a request about no resource in particular, modeRole the role of a trust policy, and modeGiven
	// one ARN.
	modeARN mode = iota
	modeAny
	modeRole
	modeGiven
)

// target is what resource a search looks for, and what it may do.
type target struct {
	mode mode
	// role is the resource where the mode is modeRole or modeGiven.
	role string
	// account owns the resource, where that is given; elsewhere is set where it must be another one.
	account, elsewhere string
	// within and without bound the resources further.
	within  [][]language.Pattern
	without []language.Pattern
	// effect says how far the resource has to be one that the actions act on.
	effect effect
}

// question is what one search looks for: a request that makes a formula true.
type question struct {
	target
	class *actionClass
	// plain leaves out the ARNs that are covered only where an asterisk reaches over a colon.
	plain bool
	// given are the keys that follow from the caller and the owner, and the variables to which a value was given.
	given map[string]ContextValue
	// bases are what a key's value must look like besides.
	bases map[string]keyBase
	// possible takes what cannot be decided for true.
	possible bool
	budget   *language.Budget
	cache    *patternCache
	// partitions are those that resources are of, and empty for any.
	partitions []string
}

// search is the model of a search for a request: a request that meets all that was asserted of statements.
type search struct {
	*question
	must    [][]*resourcePattern
	not     []*resourcePattern
	actMust [][]actionPattern
	actNot  []actionPattern
	tests   map[string][]keyTest

	// asked is the statement to one of whose values the search is restricted.
	asked *comparedStatement

	// resource, action and values are the request so far.
	resource string
	action   string
	values   map[string]ContextValue
	// held is what was asserted in a search for what is possible.
	held map[held]bool
	// exceeded is set once something was given up because it took too much work.
	exceeded bool
}

func newSearch(q *question) *search {
	s := &search{question: q, tests: map[string][]keyTest{}, values: map[string]ContextValue{}, held: map[held]bool{}}
	if !q.class.open {
		s.action = q.class.names[0]
	}
	return s
}

// find looks for a request that makes the formula true.
func (s *search) find(goal *formula) bool {
	if !s.solveTarget() {
		return false
	}
	f := solve.Search[*comparedStatement]{Model: s, Possible: s.possible, Budget: s.budget}
	found := f.Find(goal)
	s.exceeded = s.exceeded || f.Exceeded
	return found
}

// solveTarget looks for a resource, and an action where that is open, that meet what was asserted before the search.
func (s *search) solveTarget() bool {
	if s.asked != nil {
		// The work of other statements is charged to them as they are asserted.
		defer s.asked.charge(s.budget, s.budget.Steps)
	}
	return s.solveResource() && (!s.class.open || s.solveAction())
}

// context is what the request carries so far.
func (s *search) context() *Context { return &Context{Keys: s.values, base: s.given, folded: true} }

// Assert adds that a statement applies.
func (s *search) Assert(cst *comparedStatement) bool {
	defer cst.charge(s.budget, s.budget.Steps)
	if !s.assertAction(cst, true) {
		return false
	}
	if cst.hasResources() {
		if !s.assertResource(cst, true) {
			return false
		}
	} else if cst.document.Kind != Trust && cst.document.Kind != Resource {
		return false
	}
	for i := range cst.compiled.conditions {
		if !s.assertCondition(&cst.compiled.conditions[i], true) {
			return false
		}
	}
	s.hold(cst, wholly)
	return true
}

// Refutations are the ways for a statement not to apply: each leaves out what one of its elements covers.
func (s *search) Refutations(cst *comparedStatement) []func() bool {
	var list []func() bool
	if !s.class.open {
		if !s.class.matched.has(cst.number) {
			return []func() bool{func() bool { return true }}
		}
	} else {
		list = append(list, s.charged(cst, func() bool { return s.assertAction(cst, false) }))
	}
	if cst.hasResources() {
		list = append(list, s.charged(cst, func() bool {
			s.hold(cst, resource)
			return s.assertResource(cst, false)
		}))
	}
	for i := range cst.compiled.conditions {
		list = append(list, s.charged(cst, func() bool {
			s.hold(cst, i)
			return s.assertCondition(&cst.compiled.conditions[i], false)
		}))
	}
	return list
}

// charged has a statement charged with what a refutation of it takes.
func (s *search) charged(cst *comparedStatement, refute func() bool) func() bool {
	return func() bool {
		defer cst.charge(s.budget, s.budget.Steps)
		return refute()
	}
}

// Ways counts the elements of a statement.
func (s *search) Ways(cst *comparedStatement) int { return 2 + len(cst.compiled.conditions) }

func (s *search) assertAction(cst *comparedStatement, covered bool) bool {
	if !s.class.open {
		return s.class.matched.has(cst.number) == covered
	}
	if !cst.statement.HasAction || len(cst.compiled.actions) == 0 {
		return !covered
	}
	if covered != cst.statement.NotAction {
		s.actMust = append(s.actMust, cst.compiled.actions)
	} else {
		s.actNot = append(s.actNot, cst.compiled.actions...)
	}
	return s.solveAction()
}

func (s *search) assertResource(cst *comparedStatement, covered bool) bool {
	list := cst.compiled.resources
	if len(list) == 0 {
		return !covered
	}
	if !s.budget.Spend(len(list) + len(s.not)/4) {
		return false
	}
	mustCover := covered != cst.statement.NotResource
	if mustCover && s.coversOneOf(list) {
		return true
	}
	patterns := make([]*resourcePattern, len(list))
	for i := range list {
		patterns[i] = &list[i]
	}
	return s.assertPatterns(patterns, mustCover)
}

// coversOneOf reports whether the resource was found for a single one of the patterns, so that the others add nothing.
func (s *search) coversOneOf(list []resourcePattern) bool {
	for _, one := range s.must {
		if len(one) != 1 || !s.budget.Spend(1+len(list)/16) {
			continue
		}
		for i := range list {
			if one[0] == &list[i] {
				return true
			}
		}
	}
	return false
}

func (s *search) assertPatterns(patterns []*resourcePattern, covered bool) bool {
	if covered {
		s.must = append(s.must, patterns)
	} else {
		s.not = append(s.not, patterns...)
	}
	return s.solveResource()
}

func (s *search) assertCondition(c *condition, met bool) bool {
	switch c.understood {
	case False:
		return !met
	case Undecided:
		return s.possible
	}
	if !s.budget.Spend(4 + len(s.tests[c.key])/4) {
		return false
	}
	test := keyTest{c, met}
	if v, isGiven := s.given[c.key]; isGiven {
		given := &Context{base: s.given}
		s.budget.Spend(2 * c.work(given))
		return s.possible && v.Presence != KeyAbsent && c.hangs(given) || test.passes(given, s.possible)
	}
	// The list is copied so that what an alternative adds can be taken back.
	s.tests[c.key] = append(slices.Clone(s.tests[c.key]), test)
	return s.solveKey(c.key)
}

func (s *search) note(outcome language.Outcome) bool {
	if outcome == language.Exceeded {
		s.exceeded = true
	}
	return outcome == language.Found
}

func (s *search) solveKey(key string) bool {
	p := keyProblem{
		key: key, tests: s.tests[key], context: &Context{base: s.given}, possible: s.possible, budget: s.budget,
		base: s.bases[key], partition: s.partition(),
	}
	v, outcome := p.solve()
	if !s.note(outcome) {
		return false
	}
	s.values[key] = v
	return true
}

func (s *search) solveResource() bool {
	p := resourceProblem{question: s.question, must: s.must, not: s.not, context: &Context{base: s.given}, protected: s.class.mayTouchProtected()}
	switch s.mode {
	case modeRole:
		s.resource = s.role
		return true
	case modeAny:
		s.resource = anyResource
		return p.coversAny()
	case modeGiven:
		s.resource = s.role
		return p.suits(s.resource)
	}
	if !s.possible && s.resource != "" && p.suits(s.resource) {
		return true
	}
	text, outcome := p.solve()
	s.resource = text
	return s.note(outcome)
}

// mayTouchProtected reports whether Evaluate denies the class's actions, or some of an open class's, on what AWS owns.
func (class *actionClass) mayTouchProtected() bool {
	return class.open || mayBeProtected(class.service, class.action)
}
