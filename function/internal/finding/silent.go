package finding

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// silent says what becomes of a finding that did not fire: it stays while nobody can tell, or while a wider one tells
// it; else it is over.
func (c *comparison) silent(s Stored) {
	why := c.resolution(s)
	switch {
	case why == Mended && len(c.undecided(s)) > 0:
		if s.Status != Pending {
			s.Status = Unknown
			if s.UnverifiedSince.IsZero() {
				s.UnverifiedSince = c.Now
			}
			s.UnverifiedFor = missing(c.undecided(s))
		}
		c.next = append(c.next, s)
	case why == Mended && c.folded(s):
		s.LastSeen = c.Now
		c.next = append(c.next, s)
	case s.Status != Pending:
		s.Revision++
		c.resolve(s, why)
	}
}

// resolve tells that a finding is over.
func (c *comparison) resolve(s Stored, why Resolution) {
	if c.suppressed(KindResolved, s, why) {
		return
	}
	f := c.render(s, nil)
	f.Status, f.Resolution = Resolved, why
	f.Detail = resolutionText(f, c.Now)
	if c.Resolved != nil && (why == Mended || why == RoleDeleted || why == Unused) {
		f.ResolvedBy = c.Resolved(s)
	}
	c.told = append(c.told, Transition{Kind: KindResolved, Finding: f})
}

func (c *comparison) resolution(s Stored) Resolution {
	if c.Checks[s.Check] == nil {
		return CheckOff
	}
	if c.Ended != nil {
		if why := c.Ended(s); why != "" {
			return why
		}
	}
	return Mended
}

// undecided is what the check of a finding could not decide that bears on it.
func (c *comparison) undecided(s Stored) (out []check.Undecided) {
	for _, u := range c.Result.Undecided {
		if u.Check.ID == s.Check && (u.Key == "" || u.Key == s.Key) {
			out = append(out, u)
		}
	}
	return out
}

// folded tells whether a wider diagnostic tells this finding now: it is still there.
func (c *comparison) folded(s Stored) bool {
	return slices.ContainsFunc(c.Result.Diagnostics, func(d check.Diagnostic) bool {
		return slices.Contains(d.Folds, s.Check)
	})
}
