package history

import (
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// existing are the ARNs of roles that are known to be there: some of the base, and those that records tell of.
func (a *Account) existing(ofBase []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, arn := range ofBase {
			if ref, err := role.ParseRef(arn); err == nil && a.roles[ref.Key()] == nil && !yield(arn) {
				return
			}
		}
		for _, r := range a.roles {
			if id, ok := r.identity.Get(); ok && !yield(id.ARN) {
				return
			}
		}
	}
}

// snapshot puts together what is known of a role.
func (a *Account) snapshot(ref role.Ref, r *roleRecord) role.Snapshot {
	r = a.blurred(r)
	s := role.Snapshot{Ref: ref, Identity: r.identity, SCPs: r.scps, RCPs: r.rcps}
	if why := a.organization.why; why.Given() {
		s.SCPs, s.RCPs = role.NotRead[[][]policy.Part](why), role.NotRead[[][]policy.Part](why)
	}
	if r.identity.State() == role.Absent {
		s.Trust, s.Boundary = role.None[role.Policy](), role.None[role.Policy]()
		s.Inline, s.Attached = role.None[[]role.Policy](), role.None[[]role.Policy]()
		s.Tags = role.None[map[string]string]()
		s.Similar = role.SimilarTo(ref, role.Refs(a.existing(r.similar)))
		return s
	}
	s.Trust = r.trust.Maybe
	s.Boundary = mapMaybe(r.boundary.Maybe, func(arn string) role.Policy { return a.managed(arn, role.PartBoundary, policy.Boundary) })
	var inline, attached []role.Policy
	for _, name := range slices.Sorted(maps.Keys(r.inline.of)) {
		if p, ok := r.inline.of[name].Get(); ok {
			inline = append(inline, p)
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(r.attached.of)) {
		if r.attached.has(arn) {
			attached = append(attached, a.managed(arn, role.ManagedPart(arn), policy.Identity))
		}
	}
	s.Inline, s.Seen = list(&r.inline, inline, s.Seen)
	s.Attached, s.Seen = list(&r.attached, attached, s.Seen)
	s.Tags = r.tags.whole()
	return s
}

// list is a list of policies as a snapshot has it: whole, or unknown with what was seen of it.
func list[T any](m *members[T], found, seen []role.Policy) (role.Maybe[[]role.Policy], []role.Policy) {
	if m.complete {
		return role.Have(found), seen
	}
	return role.NotRead[[]role.Policy](m.why), append(seen, found...)
}
