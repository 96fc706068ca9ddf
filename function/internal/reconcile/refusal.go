package reconcile

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	// refusalLife is how long a refused call is remembered when nobody tries again.
	refusalLife = 7 * 24 * time.Hour
	// maxRefusals is how many functions a role's refused calls are remembered for.
	maxRefusals = 50
)

// refusals are the refused calls that are remembered: those before and those of these changes, less what a later call made
// good and what nobody tried again for long.
func (r *reconciling) refusals() []check.Refusal {
	all := slices.Clone(r.Before.Refusals)
	for _, c := range r.Changes {
		known := slices.ContainsFunc(all, func(old check.Refusal) bool { return old.EventID == c.EventID })
		if c.Refused && !known {
			all = append(all, c.refusal())
		}
	}
	all = slices.DeleteFunc(all, func(old check.Refusal) bool {
		return r.Now.Sub(old.Time) >= refusalLife || r.madeGood(old)
	})
	return newestRefusals(all)
}

// newestRefusals keeps the newest of each function, and no more than a state has room for: whoever may call
// CreateFunction can make as many as they like.
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

// madeGood reports whether a later call succeeded: a record says so, or the function uses the role now and could not if the
// refused call had been the last.
func (r *reconciling) madeGood(refused check.Refusal) bool {
	for _, c := range r.Changes {
		if c.Success && c.Time.After(refused.Time) && (refused.Function == "" || c.Function == refused.Function) {
			return true
		}
	}
	return slices.ContainsFunc(r.Snapshot.Users.List, func(f role.Function) bool {
		if refused.Function == "" || f.ARN != refused.Function {
			return false
		}
		modified, ok := f.LastModified.Get()
		return ok && modified.After(refused.Time)
	})
}

// refusalsExpired reports whether none of the refused calls before is remembered any more.
func (r *reconciling) refusalsExpired() bool {
	return !slices.ContainsFunc(r.Before.Refusals, func(old check.Refusal) bool { return r.Now.Sub(old.Time) < refusalLife })
}
