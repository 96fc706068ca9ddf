package policy

import "bytes"

// Equivalent says whether two sets of policies allow the same, as far as Compare can tell.
func Equivalent(a, b Set) Truth {
	return and(Compare(a, b).NothingNew(), Compare(b, a).NothingNew())
}

// Covers says whether the statement wide applies to every request that the statement narrow applies to. Both are of
// documents of the same kind. Their effects do not count: an Allow can cover a Deny.
func Covers(wide, narrow StatementRef) Truth {
	if wide.Statement == nil || narrow.Statement == nil || wide.Document == nil || narrow.Document == nil {
		return Undecided
	}
	return Compare(denyingOnly(narrow), denyingOnly(wide)).NothingNew()
}

// denyingOnly allows everything but what the statement applies to, so that one with NotPrincipal, which only denies, can be
// asked for too.
func denyingOnly(ref StatementRef) Set {
	s := *ref.Statement
	s.Effect = Deny
	d := &Document{Kind: ref.Document.Kind, Version: ref.Document.Version, src: ref.Document.src, Statements: []Statement{s}}
	allow := Part{Name: "everything", Document: allowEverything}
	part := Part{Name: ref.Policy, Document: d}
	if !d.Kind.attachedToCaller() {
		d.Statements = append([]Statement{everyonesEverything}, s)
		return Set{Resource: &part}
	}
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
	for k := range kinds {
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
