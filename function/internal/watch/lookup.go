package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// lookupEvery is how long a sweep waits between two calls to CloudTrail. CloudTrail answers two a second for an account and a Region, to
// whoever asks.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
const lookupEvery = 2 * time.Second

// callLookup is the call to CloudTrail.
const callLookup = "cloudtrail:LookupEvents"

// deployName is looked up to learn whether a lookup is allowed.
const deployName = deploy.StackName

// globalRegion is where the records of IAM are.
func (w *Watch) globalRegion() string { return aws.PartitionNamed(w.Partition).GlobalRegion }

// pace waits until a sweep may call CloudTrail again.
func (w *Watch) pace(ctx context.Context, m *missed) error {
	if d := m.CalledAt.Add(lookupEvery).Sub(w.Now()); d > 0 {
		if err := w.wait(ctx, min(d, lookupEvery)); err != nil {
			return err
		}
	}
	m.CalledAt = w.Now()
	return nil
}

func (w *Watch) wait(ctx context.Context, d time.Duration) error {
	if w.Wait != nil {
		return w.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// foundIn are the changes that records of the event history tell of. Those of other events, and what cannot be read, are left out.
func (w *Watch) foundIn(records [][]byte) []reconcile.Change {
	var out []reconcile.Change
	for _, record := range records {
		c, err := events.Parse(record)
		if err != nil || c.Failed() || c.Account != w.AccountID {
			continue
		}
		ch := reconcile.NewChange(c)
		ch.Found = true
		out = append(out, ch)
	}
	return out
}

// functionNamed gives the Region and the name of a function by its ARN.
func functionNamed(arn string) (region, name string) {
	f, err := aws.ParseFunctionARN(arn)
	if err != nil {
		return "", ""
	}
	return f.Region, aws.FunctionNameOf(f.Unqualified())
}

// whoChanged are the records that may have brought about what a role has become without a record.
func (w *Watch) whoChanged(ctx context.Context, s *sweepStep, observed *reconcile.Observed) ([]reconcile.Change, error) {
	parts := observed.Unrecorded(s.Previous, s.Started)
	from, to := observed.Window(parts)
	var out []reconcile.Change
	open := slices.Clone(parts)
	for _, q := range w.questions(observed, parts) {
		if len(open) == 0 && q.function == "" || q.function != "" && slices.ContainsFunc(out, func(c reconcile.Change) bool { return c.Function == q.function }) {
			continue
		}
		found, err := w.lookUp(ctx, s, q, from, to)
		if err != nil {
			return nil, err
		}
		if q.function != "" {
			out = append(out, reconcile.OfFunction(found, q.function, from)...)
			continue
		}
		candidates := observed.Candidates(open, found)
		out = append(out, candidates...)
		open = slices.DeleteFunc(open, func(p role.Part) bool { return len(observed.Candidates([]role.Part{p}, candidates)) > 0 })
	}
	if len(out) > 0 {
		s.Missed.Found++
		s.Missed.note(observed.Before.Key)
	}
	return reconcile.Distinct(out), nil
}

// question is a name to look up in a Region. Function is set where it is that of a function.
type question struct{ region, name, function string }

// questions are the names that records of these changes may have: those of the policies whose texts changed, that of the role, and those
// of the functions of new findings that nothing else explains.
func (w *Watch) questions(observed *reconcile.Observed, parts []role.Part) []question {
	global := w.globalRegion()
	var out []question
	rest := false
	for _, part := range parts {
		if part.Kind() == role.Managed && observed.Edited(part) {
			out = append(out, question{region: global, name: part.String()})
		} else {
			rest = true
		}
	}
	if rest {
		out = append(out, question{region: global, name: observed.Snapshot.Ref.Name})
	}
	if len(parts) > 0 {
		return out
	}
	for _, arn := range reconcile.Unexplained(observed.Decide(w.settings)) {
		region, name := functionNamed(arn)
		out = append(out, question{region, name, arn}, question{region, arn, arn})
	}
	return out
}

// lookUp asks CloudTrail once, within the sweep's bounds. What it answers that is no record of this account is left out.
func (w *Watch) lookUp(ctx context.Context, s *sweepStep, q question, from, to time.Time) ([]reconcile.Change, error) {
	var out []reconcile.Change
	page := ""
	for m := &s.Missed; !m.Refused && m.Calls < maxLookups; {
		if err := w.pace(ctx, m); err != nil {
			return nil, err
		}
		records, next, err := w.Trail.LookUp(ctx, q.region, q.name, from, to, page)
		if m.Calls++; errors.Is(err, role.ErrUnread) {
			m.Refused = true
			return out, w.triedRead(ctx, scopeLookup+q.region, q.region, err, callLookup)
		}
		if err != nil {
			m.Failed++
			w.Log.Warn("CloudTrail did not say who changed it", "resource", q.name, "error", err.Error())
			return out, nil
		}
		if err := w.tried(ctx, scopeLookup+q.region); err != nil {
			return nil, err
		}
		out = append(out, w.foundIn(records)...)
		if page = next; page == "" || len(out) > 0 {
			break
		}
	}
	return out, nil
}

// retryLookup tries whether CloudTrail may be asked in a Region.
func (w *Watch) retryLookup(ctx context.Context, region string) error {
	if w.Trail == nil {
		return w.tried(ctx, scopeLookup+region)
	}
	now := w.Now()
	_, _, err := w.Trail.LookUp(ctx, region, deployName, now.Add(-time.Minute), now, "")
	return w.triedRead(ctx, scopeLookup+region, region, err, callLookup)
}
