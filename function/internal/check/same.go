package check

import (
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
	return s.mayAskForTime()
}

// mayAskForTime reports whether a policy that bears on the subject may name a condition key of the time.
func (s *Subject) mayAskForTime() bool {
	r := s.Role
	inPolicy := func(p role.Policy) bool {
		if p.Document != nil {
			return documentMentionsTime(p.Document)
		}
		return mentionsTime(p.Text.Or(""))
	}
	inLevels := func(levels [][]policy.Part) bool {
		return slices.ContainsFunc(levels, func(level []policy.Part) bool {
			return slices.ContainsFunc(level, func(p policy.Part) bool { return p.Document != nil && documentMentionsTime(p.Document) })
		})
	}
	for _, p := range s.Before.Parts {
		if inPolicy(p.Or(role.Policy{})) {
			return true
		}
	}
	return inPolicy(r.Trust.Or(role.Policy{})) || inPolicy(r.Boundary.Or(role.Policy{})) ||
		slices.ContainsFunc(r.Inline.Or(nil), inPolicy) || slices.ContainsFunc(r.Attached.Or(nil), inPolicy) || slices.ContainsFunc(r.Seen, inPolicy) ||
		inLevels(r.SCPs.Or(nil)) || inLevels(r.RCPs.Or(nil)) ||
		slices.ContainsFunc(s.Parameters.Never, func(n Never) bool { return n.Document != nil && documentMentionsTime(n.Document) }) ||
		slices.ContainsFunc(r.Users.List, func(f role.Function) bool {
			in := func(p role.ResourcePolicy) bool { return mentionsTime(p.Text) }
			return slices.ContainsFunc(f.Config.Policies.Or(nil), in) || slices.ContainsFunc(f.Config.SeenPolicies, in)
		})
}

type timeKey struct{}

// documentMentionsTime is mentionsTime of a document, which many subjects may share.
func documentMentionsTime(d *policy.Document) bool {
	return d.Memo(timeKey{}, func() any { return mentionsTime(string(d.Source())) }).(bool)
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
	return mentionsDay(text)
}

// mentionsDay reports whether a policy's text may have a part of a day in the name of a resource, as Lambda puts it there: YYYY/MM/DD. That is
// digits before a slash, escaped or not, or a wildcard, which begin a part of the name. Names that end with a digit, as bucket1, are none.
func mentionsDay(text string) bool {
	begins := true
	for i := range len(text) {
		switch isDigit := '0' <= text[i] && text[i] <= '9'; {
		case !isDigit:
			begins = strings.IndexByte(`:/*?}"`, text[i]) >= 0
		case begins && i+1 < len(text) && strings.IndexByte(`/*?\`, text[i+1]) >= 0:
			return true
		}
	}
	return false
}
