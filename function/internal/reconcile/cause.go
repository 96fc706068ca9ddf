package reconcile

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// blame gives a diagnostic's cause: the newest record that touched a part that is to blame, where that part changed. It
// is certain when the part is known to have changed, likely where there is no earlier observation to compare with.
func (r *reconciling) blame(d check.Diagnostic) *finding.Cause {
	var likely *finding.Cause
	for _, c := range slices.Backward(r.Changes) {
		for _, part := range finding.Parts(d) {
			switch r.touched(c, part) {
			case finding.Certain:
				return &finding.Cause{EventID: c.EventID, Certainty: finding.Certain}
			case finding.Likely:
				if likely == nil {
					likely = &finding.Cause{EventID: c.EventID, Certainty: finding.Likely}
				}
			}
		}
	}
	return likely
}

// touched says how sure it is that this change brought a part to what it is; empty when it did not.
func (r *reconciling) touched(c Change, part role.Part) finding.Certainty {
	if part == role.PartRefusal {
		if c.Refused {
			return finding.Certain
		}
		return ""
	}
	if c.Moved && part == role.FunctionPart(c.Function) {
		return finding.Certain
	}
	if !c.touches(part) {
		return ""
	}
	seen, there := r.seen.parts[part]
	if c.Part == part && !c.shows(seen, there) {
		return ""
	}
	last, had := r.Before.Parts[part]
	switch {
	case c.Part == role.PartItself && c.Effect == PartSet && r.Before.Revision == 0:
		return finding.Certain
	case r.Before.Revision == 0:
		return finding.Likely
	case had && (last.Moved || last.Gone != !there || there && !same(last, seen)), !had && there:
		return finding.Certain
	}
	return ""
}
