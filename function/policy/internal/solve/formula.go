// Package solve searches for what makes a formula true. It knows nothing of policies: what an atom of a formula means, and how
// a candidate is changed so that the atom holds, is the business of a Model. It also finds values that are worth trying.
package solve

import "slices"

// op is what a node of a formula says.
type op int

const (
	opTrue op = iota
	opFalse
	// opUndecided may be either.
	opUndecided
	opAnd
	opOr
	// opAtom is an atom that holds, or, with not, one that does not.
	opAtom
)

// Formula is a formula over atoms. It holds no negation but that of an atom, and is never changed.
type Formula[A any] struct {
	op   op
	not  bool
	atom A
	kids []*Formula[A]
}

// Constant is what always holds, or never does.
func Constant[A any](holds bool) *Formula[A] {
	if holds {
		return &Formula[A]{op: opTrue}
	}
	return &Formula[A]{op: opFalse}
}

// Undecided is what may hold or not.
func Undecided[A any]() *Formula[A] { return &Formula[A]{op: opUndecided} }

// Holds is that an atom holds.
func Holds[A any](atom A) *Formula[A] { return &Formula[A]{op: opAtom, atom: atom} }

// And and Or leave out what does not matter, and join what is of the same sort.
func And[A any](kids ...*Formula[A]) *Formula[A] { return join(opAnd, opTrue, opFalse, kids) }

// Or is that one of the formulas holds, as And is that all do.
func Or[A any](kids ...*Formula[A]) *Formula[A] { return join(opOr, opFalse, opTrue, kids) }

func join[A any](op, neutral, dominant op, kids []*Formula[A]) *Formula[A] {
	out := &Formula[A]{op: op}
	for _, k := range kids {
		switch k.op {
		case neutral:
		case dominant:
			return k
		case op:
			out.kids = append(out.kids, k.kids...)
		default:
			out.kids = append(out.kids, k)
		}
	}
	switch len(out.kids) {
	case 0:
		return &Formula[A]{op: neutral}
	case 1:
		return out.kids[0]
	}
	return out
}

// Not gives the formula that holds where f does not.
func (f *Formula[A]) Not() *Formula[A] {
	switch f.op {
	case opTrue, opFalse:
		return Constant[A](f.op == opFalse)
	case opUndecided:
		return f
	case opAtom:
		return &Formula[A]{op: opAtom, atom: f.atom, not: !f.not}
	}
	kids := make([]*Formula[A], len(f.kids))
	for i, k := range f.kids {
		kids[i] = k.Not()
	}
	if f.op == opAnd {
		return Or(kids...)
	}
	return And(kids...)
}

// IsFalse reports whether the formula is the constant that never holds.
func (f *Formula[A]) IsFalse() bool { return f.op == opFalse }

// HasUndecided reports whether a part of the formula may hold or not.
func (f *Formula[A]) HasUndecided() bool {
	return f.op == opUndecided || slices.ContainsFunc(f.kids, (*Formula[A]).HasUndecided)
}
