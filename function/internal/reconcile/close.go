package reconcile

import (
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Close decides on a role whose account is not watched any more: all its findings are over. What else is known of the role stays, for the
// account may return.
func (s *Settings) Close(before finding.State, now time.Time) Decision {
	compared := finding.Compare(finding.Look{
		Now: now, Key: before.Key, ARN: before.ARN, Prior: before.Findings, Checks: s.checks,
		Ended: func(finding.Stored) finding.Resolution { return finding.AccountGone },
	})
	next := before
	next.Findings, next.Flaps, next.Changes, next.Awaited = compared.Findings, nil, nil, nil
	next.Thread, next.ThreadID, next.ConfirmAt = time.Time{}, "", time.Time{}
	next.LookedAt, next.Schema = now, finding.Schema
	d := Decision{Outcome: Unchanged, Next: next, Transitions: compared.Transitions, Thread: before.Thread}
	if len(d.Transitions) > 0 {
		d.Outcome = Reported
	}
	return d
}
