package reconcile

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// compare works out what becomes of the findings.
func (r *reconciling) compare() {
	origin := finding.Existing
	if r.Before.Revision > 0 && r.Before.Catalogue == r.settings.catalogue {
		origin = finding.FromChange
	}
	compared := finding.Compare(finding.Look{
		Now: r.Now, Key: r.Before.Key, ARN: r.next.ARN, Prior: r.Before.Findings, Result: r.judgement.Result,
		Settle: r.settings.settle, Newest: r.next.Newest, Checks: r.settings.checks, NewOrigin: origin,
		Blame: r.blame, Further: r.further, Ended: r.ended, Resolved: r.resolvedBy, Touched: r.newestOf, Flaps: r.Before.Flaps, Delivered: r.delivered,
		Acted: finding.Acted{Acts: r.Acts, Taken: r.Before.Acts, Actors: r.actors, AckCritical: r.settings.AckCritical},
	})
	r.next.Acts, r.acts = compared.Taken, compared.News
	r.next.Findings, r.next.Flaps, r.transitions, r.due = compared.Findings, compared.Flaps, compared.Transitions, compared.Due
	r.rememberTags()
	r.markUpgrade()
	if r.thread, r.next.Thread = r.threads(); r.next.Thread.IsZero() {
		r.next.ThreadID = ""
	}
	r.next.Changes = r.keptChanges()
	r.addOwners()
}

// ended says why a finding of a check in force that no longer fires is over, where nobody fixed it.
func (r *reconciling) ended(f finding.Stored) finding.Resolution {
	c := r.settings.checks[f.Check]
	switch {
	case c.JudgesRefusals && len(r.next.Refusals) == 0 && len(r.Before.Refusals) > 0 && r.refusalsExpired():
		return finding.Expired
	case r.judgement.Spares(f.Check, f.Key):
		return finding.Excepted
	case c.JudgesEdit && r.editExpired(f):
		return finding.Expired
	case !c.JudgesRefusals && f.Total > 0 && !r.stillUsed(f):
		return finding.Unused
	case r.Snapshot.Exists() == role.Absent:
		return finding.RoleDeleted
	case r.unused && !r.next.LambdaCouldAssume:
		return finding.Unused
	}
	return ""
}

// stillUsed reports whether one of the functions that a finding names uses the role now.
func (r *reconciling) stillUsed(f finding.Stored) bool {
	return slices.ContainsFunc(r.Snapshot.Users.List, func(u role.Function) bool {
		return slices.ContainsFunc(f.Functions, func(ref finding.FunctionRef) bool { return ref.ARN == u.ARN && ref.Version == u.Version })
	})
}

// decision puts together what is to be done.
func (r *reconciling) decision() Decision {
	d := Decision{
		Outcome: r.outcome(), Scope: r.scope, Transitions: r.transitions, Thread: r.thread, Causes: r.causes(), Judgement: r.judgement, Texts: r.newTexts(), Acts: r.acts,
	}
	if at := r.confirmAt(); at.After(r.Now) && !at.Equal(r.Before.ConfirmAt) {
		r.next.ConfirmAt, d.ConfirmAt = at, at
	}
	d.Next = r.next
	return d
}

// confirmAt is when the role is to be reconciled again although nothing changes: when a finding is due, else the settle time after the
// newest change. A work item is delayed no longer than SQS allows: what is due later is scheduled again then.
func (r *reconciling) confirmAt() time.Time {
	var at time.Time
	if !r.next.Newest.IsZero() {
		at = r.next.Newest.Add(r.settings.settle)
	}
	if !r.due.IsZero() && (!at.After(r.Now) || r.due.Before(at)) {
		at = r.due
	}
	if last := r.Now.Add(deploy.MaxDelay); at.After(last) {
		return last
	}
	return at
}

// newestOf is the time of the newest change that touched what is to blame for a diagnostic: its parts, where it blames any, else
// anything.
func (r *reconciling) newestOf(d check.Diagnostic) time.Time {
	var newest time.Time
	for _, part := range finding.Parts(d) {
		touched, known := r.next.Parts[part]
		if !known || part == role.PartItself || part.Kind() == role.OfFunction {
			return r.next.Newest
		}
		if touched.Touched.After(newest) {
			newest = touched.Touched
		}
	}
	if newest.IsZero() || newest.After(r.next.Newest) {
		return r.next.Newest
	}
	return newest
}

func (r *reconciling) outcome() Outcome {
	if len(r.transitions) > 0 {
		return Reported
	}
	if slices.ContainsFunc(r.next.Findings, func(f finding.Stored) bool { return f.Status == finding.Pending && f.Under == "" }) {
		return Pending
	}
	return Unchanged
}
