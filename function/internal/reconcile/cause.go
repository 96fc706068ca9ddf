package reconcile

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// blame gives a diagnostic's cause: the newest record that touched a part that is to blame, where that part changed. It
// is certain when the part is known to have changed, likely where there is no earlier observation to compare with, or where the record
// was looked up and not delivered. It is new where its finding was not there before, or has changed. Where no record touched a part that
// is to blame, it is one that changed another part which the check reads, or one that was taken in before.
func (r *reconciling) blame(d check.Diagnostic, isNew bool) *finding.Cause {
	ofFunction := func(part role.Part) bool { return part.Kind() == role.OfFunction }
	parts := finding.Parts(d)
	cause := r.newest(func(c *Change) (how finding.Certainty, of role.Part) {
		for _, part := range parts {
			if how = r.touched(c, part); !isNew && r.onlyRewritten(part) {
				how = ""
			}
			if how == "" && ofFunction(part) {
				how = r.opened(c, part, d, isNew)
			}
			if how != "" {
				return how, part
			}
		}
		if slices.ContainsFunc(parts, ofFunction) {
			return r.took(c, d, isNew)
		}
		return "", ""
	})
	if cause == nil {
		cause = r.newest(func(c *Change) (finding.Certainty, role.Part) { return r.took(c, d, isNew) })
	}
	if cause == nil || cause.Certainty != finding.Certain {
		if elsewhere := r.blameElsewhere(d, isNew); elsewhere != nil {
			cause = elsewhere
		}
	}
	if cause == nil && isNew {
		cause = r.recalled(d)
	}
	return cause
}

// newest is the cause by the newest record of which it is certain, else by the newest of which it is likely.
func (r *reconciling) newest(explains func(*Change) (finding.Certainty, role.Part)) (likely *finding.Cause) {
	for i := range slices.Backward(r.Changes) {
		c := &r.Changes[i]
		how, part := explains(c)
		cause := &finding.Cause{EventID: c.EventID, Certainty: how, Part: part.String(), At: c.Time}
		if c.Found {
			cause.Certainty, cause.Found = finding.Likely, how
		}
		switch {
		case how == "":
		case cause.Certainty == finding.Certain:
			return cause
		case likely == nil:
			likely = cause
		}
	}
	return likely
}

// onlyRewritten reports whether a part was there at the last look, as the records that are known explain it: a finding that was there then,
// and says the same now, was not brought about by what edited the part since.
func (r *reconciling) onlyRewritten(part role.Part) bool {
	last, had := r.Before.Parts[part]
	_, there := r.seen.parts[part]
	return had && there && !last.Moved && !last.Gone
}

// delivered reports whether the record is one that led to this reconcile, and not one that was looked up.
func (r *reconciling) delivered(eventID string) bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.EventID == eventID && !c.Found })
}

// touched says how sure it is that this change brought a part to what it is; empty when it did not.
func (r *reconciling) touched(c *Change, part role.Part) finding.Certainty {
	if part == role.PartRefusal {
		if c.Refused {
			return finding.Certain
		}
		return ""
	}
	if c.Moved && part == role.FunctionPart(c.Function) {
		return finding.Certain
	}
	if c.Provider != "" && part == role.FunctionPart(c.Provider) {
		return finding.Certain
	}
	seen, there := r.seen.parts[part]
	if c.mayTouch(part) && r.Before.Revision > 0 && !r.seen.blind(part) && changed(r.Before.Parts, part, seen, there) {
		return finding.Likely
	}
	if !c.touches(part) {
		return ""
	}
	if c.is(part) && !c.shows(seen, there) {
		return ""
	}
	switch {
	case c.Part == role.PartItself && c.Effect == PartSet && r.Before.Revision == 0:
		return finding.Certain
	case r.Before.Revision == 0:
		return finding.Likely
	case changed(r.Before.Parts, part, seen, there):
		return finding.Certain
	}
	return ""
}

// changed reports whether a part is another one than was remembered.
func changed(before map[role.Part]finding.PartState, part role.Part, seen finding.PartState, there bool) bool {
	last, had := before[part]
	return had && (last.Moved || last.Gone != !there || there && !same(last, seen)) || !had && there
}

// mayTouch reports whether the record touched a part of this kind, of a role that it does not name.
func (c *Change) mayTouch(part role.Part) bool {
	return slices.ContainsFunc(c.Within, part.In)
}

// deleted is the newest record that deleted the role. It is remembered while the role is gone, and a day longer, for the
// record of a creation that follows may come late.
func (r *reconciling) deleted() *finding.Change {
	last := r.Before.Deleted
	for _, c := range r.Changes {
		if c.Part == role.PartItself && c.Effect == PartGone && (last == nil || !c.Time.Before(last.Time)) {
			last = &c.Change
		}
	}
	if last != nil && r.next.Exists && r.Now.Sub(last.Time) >= goneFor && !r.named(last.EventID) {
		return nil
	}
	return last
}

// further adds to the creation of a role the record that deleted the former one, or that no such record was seen.
func (r *reconciling) further(d check.Diagnostic, cause *finding.Cause) *finding.Cause {
	if !d.Recreated || len(cause.Further) > 0 {
		return cause
	}
	all := r.allChanges()
	created := slices.IndexFunc(all, func(c finding.Change) bool { return c.EventID == cause.EventID && c.CreatesRole() })
	if created < 0 {
		return cause
	}
	with := *cause
	if gone := r.next.Deleted; gone != nil && !all[created].Time.Before(gone.Time) {
		with.Further, with.Unseen = []string{gone.EventID}, nil
	} else {
		with.Unseen = []string{"DeleteRole"}
	}
	return &with
}

// allChanges are the changes that the state before remembers, the deletion of the role among them, and those of now.
func (r *reconciling) allChanges() []finding.Change {
	all := slices.Clone(r.Before.Changes)
	if r.Before.Deleted != nil {
		all = append(all, *r.Before.Deleted)
	}
	for i := range r.Changes {
		all = append(all, r.Changes[i].Change)
	}
	return all
}
