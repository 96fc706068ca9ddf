package solve

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

const atoms = 6

// bits is a model whose atoms are bits: a candidate has some set, and those that were asserted stay as they are.
type bits struct{ value, asserted [atoms]bool }

func (b *bits) put(atom int, value bool) bool {
	if b.asserted[atom] {
		return b.value[atom] == value
	}
	b.value[atom], b.asserted[atom] = value, true
	return true
}

func (b *bits) Assert(atom int) bool { return b.put(atom, true) }
func (b *bits) Ways(int) int         { return 1 }

func (b *bits) Refutations(atom int) []func() bool {
	return []func() bool{func() bool { return b.put(atom, false) }}
}

func (b *bits) Judge() func(int, bool) bool {
	return func(atom int, not bool) bool { return b.value[atom] != not }
}

func (b *bits) Save() func() {
	before := *b
	return func() { *b = before }
}

// draw draws a formula.
func draw(r *rand.Rand, depth int) *Formula[int] {
	switch r.IntN(7 + depth) {
	case 0, 1:
		return Holds(r.IntN(atoms))
	case 2:
		return Holds(r.IntN(atoms)).Not()
	case 3:
		return Undecided[int]()
	case 4:
		return Constant[int](r.IntN(2) == 0)
	}
	if depth == 0 {
		return Holds(r.IntN(atoms))
	}
	var kids []*Formula[int]
	for range 1 + r.IntN(3) {
		kids = append(kids, draw(r, depth-1))
	}
	switch r.IntN(3) {
	case 0:
		return And(kids...)
	case 1:
		return Or(kids...)
	}
	return And(kids...).Not()
}

// holds works a formula out by its definition.
func (f *Formula[A]) holds(judge func(A) bool, possible bool) bool {
	one := func(k *Formula[A]) bool { return k.holds(judge, possible) }
	switch f.op {
	case opAtom:
		return judge(f.atom) != f.not
	case opAnd:
		return !slices.ContainsFunc(f.kids, func(k *Formula[A]) bool { return !one(k) })
	case opOr:
		return slices.ContainsFunc(f.kids, one)
	case opUndecided:
		return possible
	}
	return f.op == opTrue
}

// TestSearchAgreesWithTrial holds searches of drawn formulas against all values that the atoms can have.
func TestSearchAgreesWithTrial(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	found, none := 0, 0
	for n := range 4000 {
		f := draw(r, 4)
		for _, possible := range []bool{false, true} {
			want := false
			for values := range 1 << atoms {
				want = want || f.holds(func(atom int) bool { return values&(1<<atom) != 0 }, possible)
			}
			model := &bits{}
			s := Search[int]{Model: model, Possible: possible, Budget: &language.Budget{Steps: 1 << 30}}
			got := s.Find(f)
			if got != want || s.Exceeded {
				t.Fatalf("formula %d, possible %v: found %v (exceeded %v), want %v", n, possible, got, s.Exceeded, want)
			}
			if !got {
				none++
				continue
			}
			found++
			if !f.holds(func(atom int) bool { return model.value[atom] }, possible) {
				t.Fatalf("formula %d, possible %v: it does not hold of %v", n, possible, model.value)
			}
		}
	}
	if found < 500 || none < 500 {
		t.Fatalf("%d formulas can hold, %d cannot: the draw is lopsided", found, none)
	}
}

// TestNotNegates compares a formula with its negation under all values.
func TestNotNegates(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	decided := 0
	for range 2000 {
		f := draw(r, 4)
		if f.HasUndecided() {
			continue
		}
		decided++
		for values := range 1 << atoms {
			judge := func(atom int) bool { return values&(1<<atom) != 0 }
			if f.holds(judge, false) == f.Not().holds(judge, false) {
				t.Fatal("a formula and its negation both hold, or neither does")
			}
		}
	}
	if decided < 500 {
		t.Fatalf("only %d formulas have nothing undecided", decided)
	}
}

func TestSearchStopsAtBudget(t *testing.T) {
	var hard []*Formula[int]
	for i := range atoms {
		hard = append(hard, Or(Holds(i), Holds((i+1)%atoms)), Or(Holds(i).Not(), Holds((i+1)%atoms).Not()))
	}
	s := Search[int]{Model: &bits{}, Budget: &language.Budget{Steps: 5}}
	if s.Find(hard...) || !s.Exceeded {
		t.Error("a search found something, or did not say that it gave up, with a budget of 5 steps")
	}
}
