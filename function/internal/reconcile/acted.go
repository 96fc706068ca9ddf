package reconcile

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// actors are those who are behind a finding.
func (r *reconciling) actors(s finding.Stored) []string {
	changes := slices.Clone(r.Before.Changes)
	if r.Before.Deleted != nil {
		changes = append(changes, *r.Before.Deleted)
	}
	for _, c := range r.Changes {
		changes = append(changes, c.Change)
	}
	return finding.Actors(s, r.next.Parts, changes)
}
