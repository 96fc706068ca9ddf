package check

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Same reports whether two subjects, of the same parameters, differ in the time at most, their documents being one in memory.
func (s *Subject) Same(o *Subject) bool {
	return s.Reach == o.Reach && s.Before.same(&o.Before) && slices.Equal(s.Refusals, o.Refusals) && slices.Equal(s.Changes, o.Changes) && s.Role.Same(o.Role)
}

func (b *Before) same(o *Before) bool {
	return b.Looked == o.Looked && b.LambdaCouldAssume == o.LambdaCouldAssume && b.Operator == o.Operator && b.RoleID == o.RoleID && b.RecreatedAt == o.RecreatedAt &&
		maps.EqualFunc(b.Parts, o.Parts, func(x, y role.Maybe[role.Policy]) bool { return x.SameAs(y, role.Policy.Same) })
}

// AsksForTime reports whether what checks say of the subject may depend on Now: a policy may ask for the time, or it is not known
// when the role was made anew.
func (s *Subject) AsksForTime() bool {
	if id, ok := s.Role.Identity.Get(); ok && id.Created.State() == role.Unknown && s.Before.RoleID != id.ID {
		return true
	}
	for text := range s.policyTexts() {
		if mentionsTime(text) {
			return true
		}
	}
	return false
}

// policyTexts goes through the texts of all policies that bear on the subject.
func (s *Subject) policyTexts() iter.Seq[string] {
	r := s.Role
	return func(yield func(string) bool) {
		lists := [][]role.Policy{{r.Trust.Or(role.Policy{}), r.Boundary.Or(role.Policy{})}, r.Inline.Or(nil), r.Attached.Or(nil), r.Seen}
		for _, p := range s.Before.Parts {
			lists = append(lists, []role.Policy{p.Or(role.Policy{})})
		}
		for _, p := range slices.Concat(lists...) {
			if !yield(p.Text.Or("")) {
				return
			}
		}
		var documents []*policy.Document
		for _, parts := range slices.Concat(r.SCPs.Or(nil), r.RCPs.Or(nil)) {
			for _, p := range parts {
				documents = append(documents, p.Document)
			}
		}
		for _, never := range s.Parameters.Never {
			documents = append(documents, never.Document)
		}
		for _, d := range documents {
			for i := 0; d != nil && i < len(d.Statements); i++ {
				if !yield(d.Text(d.Statements[i].Span)) {
					return
				}
			}
		}
		for _, f := range r.Users.List {
			for _, p := range slices.Concat(f.Config.Policies.Or(nil), f.Config.SeenPolicies) {
				if !yield(p.Text) {
					return
				}
			}
		}
	}
}

// mentionsTime reports whether a policy's text may name a condition key of the time: all have the word in their names. A text
// with an escape may name anything.
func mentionsTime(text string) bool {
	const word = "time"
	if strings.Contains(text, `\u`) {
		return true
	}
	for i := range len(text) - len(word) + 1 {
		if text[i]|0x20 == word[0] && strings.EqualFold(text[i:i+len(word)], word) {
			return true
		}
	}
	return false
}
