package policy

import (
	"maps"

	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

// The work, in steps, of what every question, every situation and every search takes however small it is.
const (
	askWork       = 20
	situationWork = 60
	searchWork    = 200
)

// ask looks for a witness, of a certain effect. Of any effect, what can neither be found nor be excluded is noted as unknown.
func (c *comparer) ask(a *asker, class *actionClass, g *comparedStatement, values []int, r int, principals []int, e effect) (Witness, Truth) {
	assigned := c.assigned(class)
	if c.isSpent() {
		return Witness{}, Undecided
	}
	doubt := doubt{soft: c.mentions.soft, variables: assigned[0] != nil}
	situations := c.situations(a, class, g)
	g.spend(c.budget, askWork+situationWork*len(situations))
	for _, s := range situations {
		if c.isSpent() {
			// What was found is worth nothing more: all that is left is unknown.
			return Witness{}, Undecided
		}
		if e != anyEffect && !class.actsIn(s.mode) {
			continue
		}
		if s.effect = e; e != anyEffect {
			c.spendOnForms(class, e)
		}
		allowed, denied := c.formulas(&s, class)
		if allowed.IsFalse() || denied.IsFalse() {
			continue
		}
		goal := solve.And(solve.Holds(g), allowed, denied)
		doubt.undecided = doubt.undecided || goal.HasUndecided()
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

func (c *comparer) isPossible(a *asker, class *actionClass, g *comparedStatement, values []int, r int, s *situation, goal *formula) bool {
	q := c.question(a, class, s, nil)
	q.possible = true
	search, ok := c.search(q, g, values, r, goal)
	return ok || search.exceeded
}

// question puts together what is looked for.
func (c *comparer) question(a *asker, class *actionClass, s *situation, assignment map[string]ContextValue) *question {
	return &question{
		target: s.target, class: class, plain: c.plain, given: s.given(a, class, assignment), bases: a.bases,
		cache: &c.cache, partitions: c.partitionsOf(a), budget: c.budget.Part(searchSteps),
	}
}

// given are the keys that follow from the actions, the caller and the owner, next to the values that an assignment gives to variables.
func (s *situation) given(a *asker, class *actionClass, assignment map[string]ContextValue) map[string]ContextValue {
	given := make(map[string]ContextValue, len(a.given)+len(assignment)+1)
	maps.Copy(given, assignment)
	for _, key := range class.lacks {
		given[key] = ContextValue{Presence: KeyAbsent}
	}
	maps.Copy(given, a.given)
	if s.ownerAbsent {
		given["aws:resourceaccount"] = ContextValue{Presence: KeyAbsent}
	}
	if s.owner != "" {
		given["aws:resourceaccount"] = present(s.owner)
	}
	return given
}

// search runs one search and takes its work out of the budget.
func (c *comparer) search(q *question, g *comparedStatement, values []int, r int, goal *formula) (*search, bool) {
	q.budget.Spend(searchWork + 3*len(q.given))
	s := newSearch(q)
	s.restrict(g, values, r)
	ok := s.find(goal)
	s.exceeded = s.exceeded || !ok && q.budget.Spent()
	return s, ok
}

// restrict bounds the search to one value of Action and of Resource. It is called before find.
func (s *search) restrict(g *comparedStatement, values []int, r int) {
	s.asked = g
	if s.class.open && values[0] != whole {
		s.actMust = append(s.actMust, g.compiled.actions[values[0]:values[0]+1])
	}
	if r != whole {
		s.must = append(s.must, []*resourcePattern{&g.compiled.resources[r]})
	}
}

func (c *comparer) isSpent() bool { return c.budget.Steps <= 0 || c.ctx.Err() != nil }

func (c *comparer) isFull() bool { return len(c.order) >= maxGrants }
