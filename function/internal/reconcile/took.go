package reconcile

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// factOf is the fact that a part of each kind is.
var factOf = map[role.PartKind]check.Fact{
	role.Trust: check.Trust, role.Boundary: check.Boundary, role.Inline: check.InlinePolicies, role.Managed: check.AttachedPolicies,
	role.Itself: check.Identity, role.Tags: check.RoleTags,
}

// took gives the cause of a diagnostic that no part in it explains: what was taken away is in no policy, and a statement that allows too
// much may have been limited by another part. The newest record that changed a part which the check reads is the cause of a diagnostic
// that is new, and of one that was new when that change was first seen without its record. It is certain where nothing else changed.
func (r *reconciling) took(c *Change, d check.Diagnostic, isNew bool) (finding.Certainty, role.Part) {
	if r.Before.Revision > 0 && r.Before.Catalogue != r.settings.catalogue {
		return "", "" // What is new may be new by the catalogue.
	}
	for _, part := range r.changedParts(d.Check) {
		if r.touched(c, part) == "" || !isNew && !r.seenTogether(part, d) {
			continue
		}
		if r.Before.Revision == 0 && c.Effect != PartGone {
			continue // Nothing says whether the record changed anything.
		}
		if r.Before.Revision > 0 && len(r.Before.Unread) == 0 && isNew && r.onlyChange(c) {
			return finding.Certain, part
		}
		return finding.Likely, part
	}
	return "", ""
}

// changedParts are the parts that a check reads, which are other ones than were remembered; where nothing is remembered, all that records
// name.
func (r *reconciling) changedParts(of *check.Check) []role.Part {
	var out []role.Part
	for part, p := range r.parts {
		if changed(r.Before.Parts, part, p, !p.Gone) && slices.Contains(of.Reads, factOf[part.Kind()]) {
			out = append(out, part)
		}
	}
	if r.Before.Revision == 0 {
		for i := range r.Changes {
			if part := r.Changes[i].Part; part != "" && slices.Contains(of.Reads, factOf[part.Kind()]) && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	slices.Sort(out)
	return out
}

// seenTogether reports whether the finding of a diagnostic, which has no cause, was first seen when a part was first seen changed.
func (r *reconciling) seenTogether(part role.Part, d check.Diagnostic) bool {
	seen := r.Before.Parts[part].Unrecorded.Seen
	return !seen.IsZero() && slices.ContainsFunc(r.Before.Findings, func(f finding.Stored) bool {
		return f.Check == d.Check.ID && f.Key == d.Key && f.Cause == nil && f.FirstSeen.Equal(seen)
	})
}

// onlyChange reports whether no other record than this one has led to this reconcile, and no part but those that it touched has changed.
func (r *reconciling) onlyChange(c *Change) bool {
	for i := range r.Changes {
		if r.Changes[i].EventID != c.EventID {
			return false
		}
	}
	for part, p := range r.parts {
		if changed(r.Before.Parts, part, p, !p.Gone) && !c.touches(part) && part != role.PartTags {
			return false
		}
	}
	return true
}

// recalled is the record that made a part of a new diagnostic what it is, where it was taken in before: a role that nothing used, or
// that could not be judged, had no finding then.
func (r *reconciling) recalled(d check.Diagnostic) *finding.Cause {
	if r.Before.Revision == 0 || r.Before.Catalogue != r.settings.catalogue {
		return nil
	}
	var newest *finding.Cause
	for _, part := range finding.Parts(d) {
		by := r.parts[part].By
		i := slices.IndexFunc(r.Before.Changes, func(c finding.Change) bool { return by != "" && c.EventID == by })
		if i < 0 {
			continue
		}
		if c := r.Before.Changes[i]; newest == nil || newest.At.Before(c.Time) {
			newest = &finding.Cause{EventID: by, Certainty: finding.Likely, Part: part.String(), At: c.Time}
		}
	}
	return newest
}
