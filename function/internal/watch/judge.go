package watch

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// judge checks what was read and works out the role's next state and what is to be told.
func (w *Watch) judge(s *sight, now time.Time) error {
	b := s.before
	s.after = b
	a := &s.after
	a.Parts, a.Unread = s.parts, s.read.unknown
	a.Schema, a.Catalogue, a.LookedAt, a.ARN = finding.Schema, w.Catalogue, now, s.shot.ARN()
	if s.shot.Exists() == role.Absent && b.ARN != "" {
		a.ARN = b.ARN
	}
	a.Refusals = w.refusals(s, now)
	for _, c := range s.changes {
		if c.Time.After(a.Newest) && c.Time.Before(now.Add(time.Minute)) {
			a.Newest = c.Time
		}
	}
	if id, ok := s.shot.Identity.Get(); ok {
		if b.RoleID != "" && id.ID != "" && id.ID != b.RoleID {
			a.RecreatedAt = id.Created.Or(now)
		}
		a.RoleID = id.ID
	}
	a.Exists = s.shot.Exists() == role.Known || s.shot.Exists() == role.Unknown && b.Exists
	may := lambdaMayAssume(&s.shot, now)
	idle := s.shot.Users.Complete && len(s.shot.Users.List) == 0
	a.LambdaCouldAssume = may == policy.True || b.LambdaCouldAssume && !(idle && may == policy.False)
	scope := scopeOf(s, may)
	if scope == scopeOut && b.Revision == 0 {
		s.decision = "outOfScope"
		return nil
	}
	if scope == scopeUnknown {
		s.decision = "waitsForSweep"
		return nil
	}
	var result check.Result
	if scope == scopeIn {
		s.judgement = w.Rules.Judge(&check.Subject{
			Role: &s.shot, Now: now, Refusals: a.Refusals, Changes: editors(a.Parts), Parameters: w.Parameters,
			Before: check.Before{
				Looked: b.Revision > 0, LambdaCouldAssume: b.LambdaCouldAssume, RoleID: b.RoleID, RecreatedAt: a.RecreatedAt,
				Parts: s.former,
			},
		})
		result = s.judgement.Result
	}
	a.Findings, s.told = finding.Compare(w.comparison(s, result, idle, now))
	s.thread, a.Thread = thread(b.Thread, s)
	s.decision = decision(s)
	a.Changes = w.kept(s, now)
	return nil
}

func (w *Watch) comparison(s *sight, result check.Result, idle bool, now time.Time) finding.Look {
	origin := finding.Existing
	if s.before.Revision > 0 && s.before.Catalogue == w.Catalogue {
		origin = finding.FromChange
	}
	return finding.Look{
		Now: now, Key: s.before.Key, ARN: s.after.ARN, Prior: s.before.Findings, Result: result,
		Settle: w.Settle, Newest: s.after.Newest, Checks: w.checks, NewOrigin: origin,
		Blame: s.blame,
		Ended: func(f finding.Stored) finding.Resolution { return w.ended(s, f, idle) },
	}
}

// ended says why a finding of a check in force that no longer fires is over, where nobody mended it.
func (w *Watch) ended(s *sight, f finding.Stored, idle bool) finding.Resolution {
	ck := w.checks[f.Check]
	switch {
	case ck.JudgesRefusals && len(s.after.Refusals) == 0 && len(s.before.Refusals) > 0 && expired(s):
		return finding.Expired
	case s.judgement.Spares(f.Check, f.Key):
		return finding.Excepted
	case ck.JudgesEdit && lapsed(s, f):
		return finding.Expired
	case !ck.JudgesRefusals && f.Total > 0 && !stillUsed(s, f):
		return finding.Unused
	case s.shot.Exists() == role.Absent:
		return finding.RoleDeleted
	case idle && !s.after.LambdaCouldAssume:
		return finding.Unused
	}
	return ""
}

// stillUsed tells whether one of the functions that a finding hit uses the role now.
func stillUsed(s *sight, f finding.Stored) bool {
	return slices.ContainsFunc(s.shot.Users.List, func(u role.Function) bool {
		return slices.ContainsFunc(f.Functions, func(r finding.FunctionRef) bool { return r.ARN == u.ARN && r.Version == u.Version })
	})
}

// scope says whether a role is rolewatch's to watch.
type scope int

const (
	scopeUnknown scope = iota
	scopeIn
	scopeOut
)

// scopeOf is in for roles that some function version uses, that Lambda may assume now or could at the last look, or
// that a refused call named.
func scopeOf(s *sight, may policy.Truth) scope {
	switch {
	case len(s.shot.Users.List) > 0, may == policy.True, len(s.after.Refusals) > 0, s.after.LambdaCouldAssume:
		return scopeIn
	case s.shot.Users.Complete && may == policy.False, s.before.Revision > 0 && s.shot.Exists() == role.Absent:
		return scopeOut
	}
	return scopeUnknown
}

// lambdaMayAssume tells whether the trust policy lets Lambda in for some function.
func lambdaMayAssume(shot *role.Snapshot, now time.Time) policy.Truth {
	trust, ok := shot.Trust.Get()
	switch {
	case !ok && shot.Trust.State() == role.Absent:
		return policy.False
	case !ok:
		return policy.Undecided
	case trust.Document == nil && trust.Text.State() == role.Unknown:
		return policy.Undecided
	case trust.Document == nil:
		return policy.False
	}
	switch policy.LambdaCanAssume(trust.AsPart(), nil, shot.ARN(), "", now).Decision {
	case policy.Allowed, policy.Unknown:
		return policy.True
	}
	return policy.False
}

// kept are the changes to remember: those that a finding names, and those younger than the settle time.
func (w *Watch) kept(s *sight, now time.Time) []finding.Change {
	named := map[string]bool{}
	for _, f := range s.after.Findings {
		if f.Cause != nil {
			named[f.Cause.EventID] = true
		}
	}
	var out []finding.Change
	seen := map[string]bool{}
	all := slices.Clone(s.before.Changes)
	for _, c := range s.changes {
		all = append(all, c.Change)
	}
	for _, c := range all {
		if seen[c.EventID] || !named[c.EventID] && now.Sub(c.Time) > 2*w.Settle {
			continue
		}
		seen[c.EventID] = true
		out = append(out, c)
	}
	return out[max(0, len(out)-100):]
}

// thread gives when what is told now began, and what is to be remembered of it: nothing once no finding is open.
func thread(began time.Time, s *sight) (now, next time.Time) {
	for _, t := range s.told {
		if began.IsZero() || s.before.Thread.IsZero() && t.Finding.FirstSeen.Before(began) {
			began = t.Finding.FirstSeen
		}
	}
	for _, f := range s.after.Findings {
		if f.Status != finding.Pending {
			return began, began
		}
	}
	return began, time.Time{}
}

func decision(s *sight) string {
	if len(s.told) > 0 {
		return "told"
	}
	for _, f := range s.after.Findings {
		if f.Status == finding.Pending {
			return "pending"
		}
	}
	return "unchanged"
}

// blame gives a diagnostic's cause: the newest record that touched a part that is to blame, where that part changed. It
// is certain when the part is known to have changed, likely where there was no earlier look to compare with.
func (s *sight) blame(d check.Diagnostic) *finding.Cause {
	var likely *finding.Cause
	for _, c := range slices.Backward(s.changes) {
		for _, part := range finding.Parts(d) {
			switch s.touched(c, part) {
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
func (s *sight) touched(c change, part string) finding.Certainty {
	if part == partRefusal {
		if c.Refused {
			return finding.Certain
		}
		return ""
	}
	if c.Moved && part == "function:"+c.Function {
		return finding.Certain
	}
	if !c.touches(part) {
		return ""
	}
	seen, there := s.read.parts[part]
	if c.Part == part && !c.shows(seen, there) {
		return ""
	}
	last, had := s.before.Parts[part]
	switch {
	case c.Part == "role" && c.Effect == partSet && s.before.Revision == 0:
		return finding.Certain
	case s.before.Revision == 0:
		return finding.Likely
	case had && (last.Moved || last.Gone != !there || there && !same(last, seen)), !had && there:
		return finding.Certain
	}
	return ""
}
