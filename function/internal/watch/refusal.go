package watch

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// refusals are the refused calls that are still to be told of: those before and those of these changes, less what a
// later call made good and what nobody tried again for long.
func (w *Watch) refusals(s *sight, now time.Time) []check.Refusal {
	all := slices.Clone(s.before.Refusals)
	for _, c := range s.changes {
		known := slices.ContainsFunc(all, func(r check.Refusal) bool { return r.EventID == c.EventID })
		if c.Refused && !known {
			all = append(all, c.refusal())
		}
	}
	all = slices.DeleteFunc(all, func(r check.Refusal) bool {
		return now.Sub(r.Time) >= refusalLife || madeGood(r, s)
	})
	return newestRefusals(all)
}

// newestRefusals keeps the newest of each function, and no more than a state has room for: whoever may call
// CreateFunction can make as many as he likes.
func newestRefusals(all []check.Refusal) []check.Refusal {
	slices.SortStableFunc(all, func(a, b check.Refusal) int { return a.Time.Compare(b.Time) })
	last := map[string]int{}
	for i, r := range all {
		last[r.Function] = i
	}
	var out []check.Refusal
	for i, r := range all {
		if last[r.Function] == i {
			out = append(out, r)
		}
	}
	return out[max(0, len(out)-maxRefusals):]
}

// madeGood tells whether a later call succeeded: a record says so, or the function uses the role now and could not if
// the refused call had been the last.
func madeGood(r check.Refusal, s *sight) bool {
	for _, c := range s.changes {
		if c.Success && c.Time.After(r.Time) && (r.Function == "" || c.Function == r.Function) {
			return true
		}
	}
	return slices.ContainsFunc(s.shot.Users.List, func(f role.Function) bool {
		if r.Function == "" || f.ARN != r.Function {
			return false
		}
		modified, ok := f.LastModified.Get()
		return ok && modified.After(r.Time)
	})
}

func expired(s *sight) bool {
	return !slices.ContainsFunc(s.before.Refusals, func(r check.Refusal) bool {
		return s.after.LookedAt.Sub(r.Time) < refusalLife
	})
}
