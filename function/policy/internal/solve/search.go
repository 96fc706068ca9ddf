package solve

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// Model holds a candidate that meets all that was asserted so far.
type Model[A any] interface {
	// Assert adds that an atom holds, and changes the candidate so that it does. It reports false where there is no such
	// candidate.
	Assert(atom A) bool
	// Refutations are the ways for an atom not to hold. Each adds that it does not, as Assert does.
	Refutations(atom A) []func() bool
	// Ways is about how many refutations an atom has: of alternatives, those with the fewest are tried first.
	Ways(atom A) int
	// Judge gives a function that tells whether an atom holds of the candidate as it is now, or, with not, does not hold. It takes
	// its work out of the search's budget, and may give any answer once that is spent.
	Judge() func(atom A, not bool) bool
	// Save gives a function that takes back what was asserted since.
	Save() (restore func())
}

// Search looks for a candidate of which formulas hold. It changes the candidate where that breaks an alternative, or an atom
// that must not hold.
type Search[A any] struct {
	Model Model[A]
	// Possible takes what is undecided for what holds.
	Possible bool
	Budget   *language.Budget
	// Exceeded is set once something was given up because it took too much work.
	Exceeded bool

	// later are alternatives, and atoms that must not hold.
	later []*Formula[A]
}

// Find asserts the formulas and reports whether the model's candidate meets them. Where it reports false and Exceeded is not
// set, and the model gave up nothing, there is no such candidate.
func (s *Search[A]) Find(formulas ...*Formula[A]) bool {
	for _, f := range formulas {
		if !s.assert(f) {
			s.Exceeded = s.Exceeded || s.Budget.Spent()
			return false
		}
	}
	return s.settle()
}

// assert adds a formula to what the candidate must meet, and reports false where it cannot.
func (s *Search[A]) assert(f *Formula[A]) bool {
	if !s.Budget.Spend(1) {
		s.Exceeded = true
		return false
	}
	switch {
	case f.op == opTrue:
		return true
	case f.op == opFalse:
		return false
	case f.op == opUndecided:
		return s.Possible
	case f.op == opAnd:
		return !slices.ContainsFunc(f.kids, func(k *Formula[A]) bool { return !s.assert(k) })
	case f.op == opOr, f.not:
		s.later = append(s.later, f)
		return true
	}
	return s.Model.Assert(f.atom)
}

// saveWork is the steps that it takes to go into a branch and back, whatever the model holds.
const saveWork = 10

// settle looks for an alternative that the candidate does not meet yet, tries its branches, and so on until there is none.
func (s *Search[A]) settle() bool {
	at := s.unmet()
	switch {
	case s.Budget.Spent():
		s.Exceeded = true
		return false
	case at < 0:
		return true
	}
	branches := s.branches(s.later[at])
	s.Budget.Spend(5 * len(branches))
	for _, branch := range branches {
		if !s.Budget.Spend(saveWork + len(s.later)/4) {
			s.Exceeded = true
			return false
		}
		later, restore := s.later, s.Model.Save()
		s.later = slices.Delete(slices.Clone(s.later), at, at+1)
		if branch() && s.settle() {
			return true
		}
		s.later = later
		restore()
	}
	// What the last branch was given up for counts as well.
	s.Exceeded = s.Exceeded || s.Budget.Spent()
	return false
}

// branches are the ways to meet an alternative.
func (s *Search[A]) branches(f *Formula[A]) []func() bool {
	if f.op != opOr {
		return s.Model.Refutations(f.atom)
	}
	kids := slices.Clone(f.kids)
	slices.SortStableFunc(kids, func(a, b *Formula[A]) int { return s.size(a) - s.size(b) })
	var list []func() bool
	for _, k := range kids {
		list = append(list, func() bool { return s.assert(k) })
	}
	return list
}

// size is about how much a formula asks for: what asks for little is tried first.
func (s *Search[A]) size(f *Formula[A]) int {
	if f.op == opAtom {
		return s.Model.Ways(f.atom)
	}
	n := 0
	for _, k := range f.kids {
		n += s.size(k)
	}
	return n
}

// unmet gives the place of an alternative that the candidate does not meet, the one with the fewest branches first, and -1
// where there is none.
func (s *Search[A]) unmet() int {
	best, fewest := -1, 0
	judge := s.Model.Judge()
	for i, f := range s.later {
		if s.Budget.Spent() {
			return i
		}
		if s.meets(f, judge) {
			continue
		}
		count := len(f.kids)
		if f.op == opAtom {
			count = s.Model.Ways(f.atom)
		}
		if best < 0 || count < fewest {
			best, fewest = i, count
		}
	}
	return best
}

// meets reports whether the candidate makes the formula true.
func (s *Search[A]) meets(f *Formula[A], judge func(A, bool) bool) bool {
	switch f.op {
	case opTrue:
		return true
	case opFalse:
		return false
	case opUndecided:
		return s.Possible
	case opAnd:
		return !slices.ContainsFunc(f.kids, func(k *Formula[A]) bool { return !s.meets(k, judge) })
	case opOr:
		return slices.ContainsFunc(f.kids, func(k *Formula[A]) bool { return s.meets(k, judge) })
	}
	return s.Budget.Spend(1) && judge(f.atom, f.not)
}
