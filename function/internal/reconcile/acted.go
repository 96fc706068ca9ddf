package reconcile

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// actors are those who are behind a finding, and who have touched what it blames since a time: also who put back what was there.
func (r *reconciling) actors(s finding.Stored, since time.Time) []string {
	changes := slices.Clone(r.Before.Changes)
	if r.Before.Deleted != nil {
		changes = append(changes, *r.Before.Deleted)
	}
	var out []string
	for _, c := range r.Changes {
		changes = append(changes, c.Change)
		if c.Time.After(since) && slices.ContainsFunc(s.Parts, c.touches) {
			out = append(out, c.Actor.Principal())
		}
	}
	out = append(out, finding.Actors(s, r.next.Parts, changes)...)
	slices.Sort(out)
	return slices.Compact(out)
}
