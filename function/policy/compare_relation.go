package policy

import (
	"bytes"
	"context"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// Equivalent reports whether two sets of policies allow the same, as far as Compare can tell. Its errors are Compare's.
func Equivalent(ctx context.Context, a, b Set) (Truth, error) {
	there, err := Compare(ctx, a, b)
	if err != nil {
		return Undecided, err
	}
	back, err := Compare(ctx, b, a)
	if err != nil {
		return Undecided, err
	}
	return and(there.NothingNew(), back.NothingNew()), nil
}

// Covers reports whether the statement wide applies to every request that the statement narrow applies to. Both are of
// documents of the same kind. Their effects do not count: an Allow can cover a Deny. Its errors are Compare's.
func Covers(ctx context.Context, wide, narrow StatementRef) (Truth, error) {
	return CoversWithin(ctx, wide, narrow, NewBudget(defaultSteps))
}

// CoversWithin is Covers with a budget that several may share.
func CoversWithin(ctx context.Context, wide, narrow StatementRef, budget *Budget) (Truth, error) {
	if wide.Statement == nil || narrow.Statement == nil || wide.Document == nil || narrow.Document == nil {
		return Undecided, nil
	}
	before, after := denyingOnly(narrow), denyingOnly(wide)
	if narrow.Document.Kind.attachedToCaller() && wide.Document.Kind.attachedToCaller() {
		// What one statement allows and the other does not is the same question with far fewer actions.
		before, after = allowingOnly(wide), allowingOnly(narrow)
	}
	c, err := CompareWithin(ctx, before, after, budget)
	if err != nil {
		return Undecided, err
	}
	return c.NothingNew(), nil
}

// allowingOnly allows what the statement applies to. A statement of the caller's policies has no Principal.
func allowingOnly(ref StatementRef) Set {
	s := *ref.Statement
	s.Effect = Allow
	d := &Document{Kind: Identity, Version: ref.Document.Version, src: ref.Document.src, Statements: []Statement{s}, byText: true}
	return Set{Identity: []Part{{Name: ref.Policy, Document: d}}}
}

// denyingOnly allows everything but what the statement applies to, so that one with NotPrincipal, which only denies, can be
// asked for too.
func denyingOnly(ref StatementRef) Set {
	s := *ref.Statement
	s.Effect = Deny
	d := &Document{Kind: ref.Document.Kind, Version: ref.Document.Version, src: ref.Document.src, Statements: []Statement{s}, byText: true}
	allow := Part{Name: "everything", Document: allowEverything}
	part := Part{Name: ref.Policy, Document: d}
	if !d.Kind.attachedToCaller() {
		if d.Kind != Trust {
			d.Kind = Resource
		}
		d.Statements = append([]Statement{everyonesEverything}, s)
		return Set{Resource: &part}
	}
	d.Kind = Identity
	return Set{Identity: []Part{allow, part}}
}

// everyonesEverything is what a resource policy that allows everybody everything says.
var everyonesEverything = Statement{
	Effect: Allow, HasPrincipal: true, Principals: []Principal{{Type: "*", Value: Value{Text: "*"}}},
	HasAction: true, Actions: []Value{{Text: "*"}}, HasResource: true, Resources: []Value{{Text: "*"}},
}

// sameSets sees that both sets are the same policies in the same places.
func sameSets(a, b Set) bool {
	if len(a.Unread) > 0 || len(b.Unread) > 0 {
		return false
	}
	x, y := evaluation{set: a}, evaluation{set: b}
	for k := range combine.Kinds {
		if x.levels(k) != y.levels(k) {
			return false
		}
		for level := range x.levels(k) {
			before, after := x.parts(k, level), y.parts(k, level)
			if len(before) != len(after) {
				return false
			}
			for i := range before {
				if !samePolicy(before[i].Document, after[i].Document) {
					return false
				}
			}
		}
	}
	return true
}

func samePolicy(a, b *Document) bool {
	return a != nil && b != nil && (a == b || a.Kind == b.Kind && bytes.Equal(a.Canonical(), b.Canonical()))
}
