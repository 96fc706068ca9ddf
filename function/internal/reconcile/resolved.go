package reconcile

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// resolvedBy is the record that ended a finding: the newest that changed a part which the finding blamed, else another part that its check
// reads, else what the finding rested on elsewhere, or a function that it names. It is nil where no record that led to this reconcile did:
// whoever else was busy at that time is not named.
func (r *reconciling) resolvedBy(s finding.Stored) *finding.Cause {
	of := r.settings.checks[s.Check]
	if of == nil {
		return nil
	}
	if of.JudgesRefusals {
		return r.newest(func(c *Change) (finding.Certainty, role.Part) { return r.endedRefusal(c), role.PartRefusal })
	}
	if cause := r.newest(func(c *Change) (finding.Certainty, role.Part) { return r.endedPart(c, s) }); cause != nil {
		return cause
	}
	if r.Before.Catalogue != r.settings.catalogue {
		return nil // What is over may be so by the catalogue.
	}
	for _, explains := range []func(*Change) (finding.Certainty, role.Part){
		func(c *Change) (finding.Certainty, role.Part) { return r.endedByOther(c, of) },
		func(c *Change) (finding.Certainty, role.Part) { return r.endedOfFunction(c, s, of), "" },
	} {
		if cause := r.newest(explains); cause != nil {
			return cause
		}
	}
	return r.endedElsewhere(s)
}

// endedPart says how sure it is that a record changed a part which a finding blamed.
func (r *reconciling) endedPart(c *Change, s finding.Stored) (finding.Certainty, role.Part) {
	for _, part := range s.Parts {
		if how := r.touched(c, part); how != "" {
			return how, part
		}
	}
	return "", ""
}

// endedByOther says how sure it is that a record ended a finding by another part than the one that the finding blamed: what was missing was
// added, or a boundary limits it now.
func (r *reconciling) endedByOther(c *Change, of *check.Check) (finding.Certainty, role.Part) {
	for _, part := range r.changedParts(of) {
		if r.touched(c, part) == "" {
			continue
		}
		if r.onlyChange(c) {
			return finding.Certain, part
		}
		return finding.Likely, part
	}
	return "", ""
}

// endedRefusal says that a record is of the call that was refused, which succeeded.
func (r *reconciling) endedRefusal(c *Change) finding.Certainty {
	made := func(refused check.Refusal) bool {
		return c.Success && c.Time.After(refused.Time) && c.makesGood(refused)
	}
	if slices.ContainsFunc(r.Before.Refusals, made) {
		return finding.Certain
	}
	return ""
}

// endedOfFunction says how sure it is that a record of a function ended a finding that names the function. What the function had before
// is not stored, but for the role that it uses.
func (r *reconciling) endedOfFunction(c *Change, s finding.Stored, of *check.Check) finding.Certainty {
	if c.Function == "" || c.Refused || !isAbout(s, c.Function) {
		return ""
	}
	switch {
	case c.Moved:
		return finding.Certain
	case slices.ContainsFunc(facts[c.Facet], func(f check.Fact) bool { return slices.Contains(of.Reads, f) }):
		return finding.Likely
	}
	return ""
}

// endedElsewhere is the record that changed the other role, user, group, function or policy on which a finding rested.
func (r *reconciling) endedElsewhere(s finding.Stored) *finding.Cause {
	if s.Cause == nil || s.Cause.Elsewhere == "" {
		return nil
	}
	rests := []string{s.Cause.Elsewhere}
	cause := r.newest(func(c *Change) (finding.Certainty, role.Part) {
		switch {
		case c.on(rests, r.account()) == "":
			return "", ""
		case r.roleChanged():
			return finding.Likely, ""
		}
		return finding.Certain, ""
	})
	if cause != nil {
		cause.Elsewhere = s.Cause.Elsewhere
	}
	return cause
}

// isAbout reports whether a finding names a function, or one of its versions or aliases.
func isAbout(s finding.Stored, function string) bool {
	return slices.ContainsFunc(s.Functions, func(ref finding.FunctionRef) bool { return isOfFunction(role.FunctionPart(ref.ARN), function) }) ||
		slices.ContainsFunc(s.Parts, func(part role.Part) bool { return isOfFunction(part, function) })
}
