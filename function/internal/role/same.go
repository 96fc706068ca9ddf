package role

import (
	"reflect"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Same reports whether two snapshots hold the same, their documents being one in memory: whatever is asked of the one, the other
// answers likewise. Documents of one text that were parsed one by one are not looked into.
func (s *Snapshot) Same(o *Snapshot) bool {
	return s.Ref == o.Ref && s.Identity == o.Identity && s.Trust.SameAs(o.Trust, Policy.Same) && s.Boundary.SameAs(o.Boundary, Policy.Same) &&
		s.Inline.SameAs(o.Inline, samePolicies) && s.Attached.SameAs(o.Attached, samePolicies) && samePolicies(s.Seen, o.Seen) &&
		s.SCPs.SameAs(o.SCPs, sameLevels) && s.RCPs.SameAs(o.RCPs, sameLevels) &&
		reflect.DeepEqual(s.Tags, o.Tags) && slices.Equal(s.Similar, o.Similar) && reflect.DeepEqual(s.Users, o.Users)
}

// Same reports whether two policies are the same, with one document in memory.
func (p Policy) Same(o Policy) bool {
	// Content is made with each document that is parsed, and so tells those apart that could not be.
	return p.Part == o.Part && p.ARN == o.ARN && p.Version == o.Version && p.Text == o.Text && p.Document == o.Document && p.content == o.content
}

func samePolicies(a, b []Policy) bool { return slices.EqualFunc(a, b, Policy.Same) }

func sameLevels(a, b [][]policy.Part) bool {
	return slices.EqualFunc(a, b, slices.Equal[[]policy.Part])
}

// SameAs reports whether two are alike: both absent, both unknown for one reason, or both known and the same.
func (m Maybe[T]) SameAs(o Maybe[T], same func(T, T) bool) bool {
	return m.state == o.state && m.Reason() == o.Reason() && (m.state != Known || same(m.value, o.value))
}
