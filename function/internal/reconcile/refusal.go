package reconcile

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
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
		if c.Refused && !slices.ContainsFunc(all, func(old check.Refusal) bool { return isOf(old, c) }) {
			all = append(all, c.Refusal())
		}
	}
	all = slices.DeleteFunc(all, func(old check.Refusal) bool {
		return r.Now.Sub(old.Time) >= refusalLife || r.madeGood(old)
	})
	return newestRefusals(all, r.settings.settle)
}

// isOf reports whether a refused call that is remembered is that of a change, or counts it already.
func isOf(old check.Refusal, c Change) bool {
	_, first := old.Refused()
	same := c.EventID != "" && old.EventID == c.EventID
	if c.EventID == "" {
		same = old.Time.Equal(c.Time) && old.Subject() == c.Refusal().Subject() && old.Event == c.EventName && old.Error == c.ErrorMessage
	}
	return same || old.Count > 1 && old.Subject() == c.Refusal().Subject() && !c.Time.Before(first) && !c.Time.After(old.Time)
}

// newestRefusals keeps the newest of each subject, with how many there were, and no more than a state has room for: whoever
// may call CreateFunction can make as many as they like.
func newestRefusals(all []check.Refusal, settle time.Duration) []check.Refusal {
	slices.SortStableFunc(all, func(a, b check.Refusal) int { return a.Time.Compare(b.Time) })
	newest := map[string]check.Refusal{}
	last := map[string]int{}
	for i, r := range all {
		subject := r.Subject()
		if before, ok := newest[subject]; ok {
			r = again(before, r, settle)
		}
		newest[subject], last[subject] = r, i
	}
	var out []check.Refusal
	for i, r := range all {
		if subject := r.Subject(); last[subject] == i {
			out = append(out, newest[subject])
		}
	}
	return out[max(0, len(out)-maxRefusals):]
}

// again is a refused call with those before it counted. Calls that follow each other within the settle time are one try:
// deployment tools repeat a refused call every few seconds, for minutes.
func again(before, r check.Refusal, settle time.Duration) check.Refusal {
	n, first := before.Refused()
	m, _ := r.Refused()
	r.Count, r.First, r.Tries = n+m, first, before.Tries
	if r.Time.Sub(before.Time) >= settle {
		r.Tries++
	}
	return r
}

// madeGood reports whether a later call succeeded: a record says so, or what the refused call was to configure is there and
// could not be if the refused call had been the last.
func (r *reconciling) madeGood(refused check.Refusal) bool {
	if r.succeededSince(refused) {
		return true
	}
	return slices.ContainsFunc(slices.Concat(r.Snapshot.Users.List, r.Others), func(f role.Function) bool {
		return refused.Function != "" && f.ARN == refused.Function && isConfigured(f, refused)
	})
}

// succeededSince reports whether a record shows that a refused call was made good.
func (r *reconciling) succeededSince(refused check.Refusal) bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Success && c.Time.After(refused.Time) && c.makesGood(refused) })
}

// makesGood reports whether a call that succeeded is the one that was refused, tried again: for the same function, whatever
// role it now names. New code, and a version made of it, are made good by the same call, or by a new configuration.
func (c Change) makesGood(refused check.Refusal) bool {
	switch {
	case refused.Function == "":
		return c.Configures == "" && configuresVersion(c.EventName)
	case c.Function != refused.Function || c.Configures != refused.Configures:
		return false
	case c.Configures != "":
		return slices.Contains(c.Of, refused.Of) || hasNoARN(refused)
	}
	return configuresVersion(c.EventName) || aws.LambdaCall(c.EventName) == aws.LambdaCall(refused.Event)
}

// hasNoARN reports whether a refused call is about a mapping whose event source has no ARN, as self-managed Kafka: any mapping of the function
// may be it. Where the record does not show the event source, another mapping says nothing of it.
func hasNoARN(refused check.Refusal) bool {
	isMapping := events.Configures(refused.Configures) == events.ConfiguresMapping
	return isMapping && refused.Of == "" && refused.Asked != nil && refused.Asked.Source.State() == role.Known
}

// configuresVersion reports whether a call gives a function its configuration, its role among it.
func configuresVersion(event string) bool {
	name := aws.LambdaCall(event)
	return name == "CreateFunction" || name == "UpdateFunctionConfiguration"
}

// isConfigured reports whether a version shows that what a call was refused was configured since.
func isConfigured(f role.Function, refused check.Refusal) bool {
	switch events.Configures(refused.Configures) {
	case events.ConfiguresMapping:
		// A mapping that was to be changed is there in any case.
		return aws.LambdaCall(refused.Event) == "CreateEventSourceMapping" && slices.ContainsFunc(f.Config.Sources.Or(nil), func(s role.Source) bool {
			return refused.Of != "" && s.ARN == refused.Of
		})
	case events.ConfiguresInvocation:
		if refused.Asked == nil {
			return false
		}
		asked, ok := refused.Asked.Destinations.Get()
		return ok && slices.Contains(f.Config.Destinations.Or(nil), asked)
	}
	modified, ok := f.LastModified.Get()
	return ok && modified.After(refused.Time)
}

// refusalsExpired reports whether none of the refused calls before is remembered any more.
func (r *reconciling) refusalsExpired() bool {
	return !slices.ContainsFunc(r.Before.Refusals, func(old check.Refusal) bool { return r.Now.Sub(old.Time) < refusalLife })
}
