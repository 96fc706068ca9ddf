package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// mode says what kind of resource a request is about.
type mode int

const (
	// modeARN is any ARN, modeAny a request about no resource in particular, modeRole the role of a trust policy.
	modeARN mode = iota
	modeAny
	modeRole
)

// question is what one search looks for: a request that makes a formula true.
type question struct {
	class *actionClass
	mode  mode
	// role is the resource where the mode is modeRole.
	role string
	// account owns the resource, where that is given; elsewhere is set where it must be another one.
	account, elsewhere string
	within             [][]language.Pattern
	without            []language.Pattern
	// effect says how far the resource has to be one that the actions act on; plain is as in a resource problem.
	effect effect
	plain  bool
	// given are the keys that follow from the caller and the owner, and the variables to which a value was given.
	given map[string]ContextValue
	// bases are what a key's value must look like besides.
	bases map[string]keyBase
	// possible takes what cannot be decided for true.
	possible bool
	budget   *language.Budget
	cache    *patternCache
	// partitions are those that resources are of.
	partitions []string
}

// search is a search for a request: it keeps one that meets all that was asserted, and mends it where it breaks a
// statement that must not apply.
type search struct {
	*question
	must    [][]*resourcePattern
	not     []*resourcePattern
	actMust [][]actionPattern
	actNot  []actionPattern
	tests   map[string][]keyTest
	// later are alternatives, and statements that must not apply.
	later []*node

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

// find asserts the formulas and looks for a request.
func (s *search) find(formulas ...*node) bool {
	if !s.solveResource() || s.class.open && !s.solveAction() {
		return false
	}
	for _, n := range formulas {
		if !s.assert(n) {
			return false
		}
	}
	return s.settle()
}

// context is what the request carries so far.
func (s *search) context() *Context { return &Context{Keys: s.values, base: s.given} }

// assert adds a formula to what the request must meet, and says false where it cannot.
func (s *search) assert(n *node) bool {
	if !s.budget.Spend(1) {
		s.exceeded = true
		return false
	}
	switch n.op {
	case opTrue:
		return true
	case opFalse:
		return false
	case opUndecided:
		return s.possible
	case opAnd:
		for _, k := range n.kids {
			if !s.assert(k) {
				return false
			}
		}
		return true
	case opOr:
		s.later = append(s.later, n)
		return true
	}
	if n.not {
		s.later = append(s.later, n)
		return true
	}
	return s.assertApplies(n.statement)
}

// assertApplies adds that a statement applies.
func (s *search) assertApplies(cst *comparedStatement) bool {
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
	patterns := make([]*resourcePattern, len(list))
	for i := range list {
		patterns[i] = &list[i]
	}
	return s.assertPatterns(patterns, covered != cst.statement.NotResource)
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
	test := keyTest{c, met}
	if v, isGiven := s.given[c.key]; isGiven {
		given := &Context{base: s.given}
		return s.possible && v.Presence == KeyPresent && c.hangs(given) || test.passes(given, s.possible)
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
		base: s.bases[key],
	}
	v, outcome := p.solve()
	if !s.note(outcome) {
		return false
	}
	s.values[key] = v
	return true
}

func (s *search) solveResource() bool {
	p := resourceProblem{
		must: s.must, not: s.not, context: &Context{base: s.given}, possible: s.possible, account: s.account,
		elsewhere: s.elsewhere, within: s.within, without: s.without, class: s.class, effect: s.effect, plain: s.plain,
		budget: s.budget, cache: s.cache, partitions: s.partitions, protected: s.class.mayTouchProtected(),
	}
	switch s.mode {
	case modeRole:
		s.resource = s.role
		return true
	case modeAny:
		s.resource = anyResource
		return p.coversAny()
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
	q := query{service: class.service, action: class.action}
	return class.open || slices.ContainsFunc(protectedExamples, func(owned arn) bool {
		q.arn = owned
		return q.isProtected()
	})
}

// settle looks for an alternative that the request does not meet yet, tries its branches, and so on until there is none.
func (s *search) settle() bool {
	at := s.unmet()
	if at < 0 {
		return true
	}
	n := s.later[at]
	for _, branch := range s.branches(n) {
		before := s.snapshot()
		s.later = slices.Delete(slices.Clone(s.later), at, at+1)
		if branch() && s.settle() {
			return true
		}
		s.restore(before)
		if s.budget.Steps < 0 {
			s.exceeded = true
			return false
		}
	}
	return false
}

// branches are the ways to meet an alternative.
func (s *search) branches(n *node) []func() bool {
	var list []func() bool
	if n.op == opOr {
		for _, k := range n.kids {
			list = append(list, func() bool { return s.assert(k) })
		}
		return list
	}
	cst := n.statement
	if !s.class.open {
		if !s.class.matched.has(cst.number) {
			return []func() bool{func() bool { return true }}
		}
	} else {
		list = append(list, func() bool { return s.assertAction(cst, false) })
	}
	if cst.hasResources() {
		list = append(list, func() bool {
			s.hold(cst, resource)
			return s.assertResource(cst, false)
		})
	}
	for i := range cst.compiled.conditions {
		list = append(list, func() bool {
			s.hold(cst, i)
			return s.assertCondition(&cst.compiled.conditions[i], false)
		})
	}
	return list
}
