package policy

import "github.com/rolewatch/rolewatch/function/policy/internal/language"

// ask looks for a witness, of a certain effect. Of any effect, what can neither be found nor be excluded is noted as unknown.
func (c *comparer) ask(a *asker, class *actionClass, g *comparedStatement, values []int, r int, principals []int, e effect) (Witness, Truth) {
	assigned := c.assigned(class)
	doubt := doubt{soft: c.mentions.soft, variables: assigned[0] != nil}
	for _, s := range c.situations(a, class, g) {
		if e != anyEffect && !class.actsIn(s.mode) {
			continue
		}
		s.effect = e
		allowed, denied := c.formulas(&s, class)
		if allowed.op == opFalse || denied.op == opFalse {
			continue
		}
		goal := both(&node{op: opStatement, statement: g}, allowed, denied)
		doubt.notice(goal)
		for _, assignment := range c.assignedBy(a, class, &s, assigned) {
			q := c.question(a, class, &s, assignment)
			search, ok := c.search(q, g, values, r, goal)
			doubt.exceeded = doubt.exceeded || search.exceeded
			if !ok {
				continue
			}
			if w, ok := c.witness(a, &s, search); ok {
				return w, True
			}
			doubt.unverified = true
		}
		if doubt.any() && c.isPossible(a, class, g, values, r, &s, goal) {
			doubt.possible = true
		}
	}
	if doubt.possible && e == anyEffect {
		c.doubt(g, values, r, principals, class, &doubt)
	}
	return Witness{}, undecidedIf(doubt.possible)
}

func (c *comparer) isPossible(a *asker, class *actionClass, g *comparedStatement, values []int, r int, s *situation, goal *node) bool {
	q := c.question(a, class, s, nil)
	q.possible = true
	search, ok := c.search(q, g, values, r, goal)
	return ok || search.exceeded
}

// question puts together what is looked for.
func (c *comparer) question(a *asker, class *actionClass, s *situation, assignment map[string]ContextValue) *question {
	given := make(map[string]ContextValue, len(a.given)+len(assignment)+1)
	for k, v := range assignment {
		given[k] = v
	}
	for k, v := range a.given {
		given[k] = v
	}
	if s.ownerAbsent {
		given["aws:resourceaccount"] = ContextValue{Presence: KeyAbsent}
	}
	if s.owner != "" {
		given["aws:resourceaccount"] = present(s.owner)
	}
	q := &question{
		class: class, mode: s.mode, role: s.role, account: s.account, elsewhere: s.elsewhere,
		within: s.within, without: s.without, effect: s.effect, plain: c.plain, given: given, bases: a.bases,
		cache: &c.cache, partitions: c.partitionsOf(a), budget: &language.Budget{Steps: min(searchSteps, max(0, c.budget.Steps))},
	}
	return q
}

// search runs one search and takes its work out of the budget.
func (c *comparer) search(q *question, g *comparedStatement, values []int, r int, goal *node) (*search, bool) {
	before := q.budget.Steps
	s := newSearch(q)
	ok := s.restrict(g, values, r) && s.find(goal)
	c.budget.Steps -= before - q.budget.Steps + 300
	return s, ok
}

// restrict bounds the search to one value of Action and of Resource. It is called before find.
func (s *search) restrict(g *comparedStatement, values []int, r int) bool {
	if s.class.open && values[0] != whole {
		s.actMust = append(s.actMust, g.compiled.actions[values[0]:values[0]+1])
	}
	if r != whole {
		s.must = append(s.must, []*resourcePattern{&g.compiled.resources[r]})
	}
	return true
}

func (c *comparer) isSpent() bool { return c.budget.Steps <= 0 || c.ctx.Err() != nil }

func (c *comparer) isFull() bool { return len(c.order) >= maxGrants }
