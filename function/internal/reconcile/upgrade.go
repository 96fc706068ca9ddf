package reconcile

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// markUpgrade marks the transitions that only another catalogue explains. One of a finding that was pending is of the change
// that it waited for, and one that ended for another reason than the judgement is of that reason.
func (r *reconciling) markUpgrade() {
	if len(r.transitions) == 0 || !r.upgraded() {
		return
	}
	for i := range r.transitions {
		t := &r.transitions[i]
		switch t.Kind {
		case finding.KindOpened:
			t.Upgrade = t.Finding.FirstSeen.Equal(r.Now)
		case finding.KindChanged:
			// What becomes of an act is no matter of the catalogue, and is reported at once.
			t.Upgrade = t.Finding.Handled == nil
		case finding.KindResolved:
			t.Upgrade = t.Finding.Resolution == finding.Mended || t.Finding.Resolution == finding.CheckOff
		}
	}
}

// upgraded reports whether another catalogue judged the role before, and neither a record nor the snapshot shows that the
// account has changed since.
func (r *reconciling) upgraded() bool {
	before := &r.Before
	return before.Revision > 0 && before.Catalogue != r.settings.catalogue && len(r.Changes) == 0 && !r.roleChanged() && !r.functionsChanged()
}

// roleChanged reports whether a part of the role differs from the last observation.
func (r *reconciling) roleChanged() bool {
	for name, seen := range r.seen.parts {
		if last, had := r.Before.Parts[name]; !had || !same(last, seen) {
			return true
		}
	}
	for name, last := range r.Before.Parts {
		if _, there := r.seen.parts[name]; !there && !last.Gone && !r.seen.blind(name) {
			return true
		}
	}
	return false
}

// functionsChanged reports whether a function that uses the role was changed since the last observation.
func (r *reconciling) functionsChanged() bool {
	return slices.ContainsFunc(r.Snapshot.Users.List, func(f role.Function) bool {
		modified, ok := f.LastModified.Get()
		return ok && modified.After(r.Before.LookedAt)
	})
}
