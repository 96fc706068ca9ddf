package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

const (
	// selfCheckEvery is a little less than an hour, so that the fourth tick after a check is not too early by seconds.
	selfCheckEvery = 55 * time.Minute
	// selfCheckTime bounds the reads of a self-check. What is not read by then is unknown, and tried again at the next tick.
	selfCheckTime = 25 * time.Second
)

// The scopes of self-checks that are not those of a result.
const (
	scopeSelfCall  = "self:call:"
	scopeSelfAlarm = "self:alarm:"
	scopeSelfWhole = "self:whole"
)

// checkSelf checks, at most once an hour, whether rolewatch sees what changes and reaches somebody, and notes what is wrong as
// episodes.
func (w *Watch) checkSelf(ctx context.Context) error {
	if w.Deployment == nil {
		return nil
	}
	marks, err := w.Store.Marks(ctx, w.AccountID)
	if err != nil {
		return err
	}
	now := w.Now()
	sent := w.sendCanary(ctx, marks, now)
	if now.Sub(marks[selfcheck.MarkChecked]) < selfCheckEvery && !overdue(marks, now) {
		return sent
	}
	facts := w.facts(ctx, marks)
	errs := []error{sent}
	for _, r := range selfcheck.Judge(facts) {
		errs = append(errs, w.checked(ctx, r))
	}
	errs = append(errs, w.refusedCalls(ctx, facts), w.standingAlarms(ctx, facts), w.noteChecked(ctx, facts, marks, now))
	return errors.Join(errs...)
}

// overdue tells whether a canary is decided now that was not when the deployment was checked last.
func overdue(marks map[string]time.Time, now time.Time) bool {
	sent := marks[selfcheck.MarkCanary]
	due := sent.Add(selfcheck.CanaryTime)
	return !sent.IsZero() && marks[selfcheck.MarkCanarySent].Before(sent) && now.After(due) && !marks[selfcheck.MarkChecked].After(due)
}

// facts are what the deployment is, with what is noted in the table. Half of the invocation's time is left for the rest.
func (w *Watch) facts(ctx context.Context, marks map[string]time.Time) *selfcheck.Facts {
	limit := selfCheckTime
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/2)
	}
	reading, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	facts := w.Deployment.Read(reading)
	facts.Marks = role.Have(marks)
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if facts.Sweep = role.Have(state); err != nil {
		facts.Sweep = role.NotRead[Sweep](role.Because(err.Error()))
	}
	return facts
}

// checked notes a result. What is unknown begins no episode and ends none.
func (w *Watch) checked(ctx context.Context, r selfcheck.Result) error {
	switch {
	case r.Alarmed:
		return nil
	case r.Status == selfcheck.Unknown:
		w.Log.Info("self-check: unknown", "scope", r.Scope, "what", r.What, "why", r.Why.String())
		return nil
	case r.Status == selfcheck.Wrong:
		w.Log.Warn("self-check: wrong", "scope", r.Scope, "what", r.What)
		return w.tried(ctx, r.Scope, r.Notice())
	}
	return w.tried(ctx, r.Scope)
}

// refusedCalls notes which reads of the self-check are denied, and which no longer are.
func (w *Watch) refusedCalls(ctx context.Context, facts *selfcheck.Facts) error {
	var names []string
	denied := map[string]string{}
	var errs []error
	for _, c := range facts.Calls {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
		if call, ok := c.Refused.DeniedCall(); ok {
			denied[call] = c.Region
		}
		if call, ok := c.Refused.UnsupportedCall(); ok {
			text := "In account " + w.AccountID + ", " + c.Refused.String() + ". rolewatch reads with it whether it sees every change; what it does not read is unknown. This is said once."
			errs = append(errs, w.once(ctx, "unsupported:"+call, "unsupported-"+w.AccountID+"-"+strings.ReplaceAll(call, ":", "-"), c.Region, call+" is not available to rolewatch", text))
		}
	}
	for _, name := range names {
		region, is := denied[name]
		if !is {
			errs = append(errs, w.tried(ctx, scopeSelfCall+name))
			continue
		}
		t := w.denied(name, region)
		t.Text = "rolewatch was denied " + name + " in account " + w.AccountID + " when it checked itself. Whether it sees every change is unknown. " + toAllow
		errs = append(errs, w.tried(ctx, scopeSelfCall+name, t))
	}
	return errors.Join(errs...)
}

// noteChecked notes that the deployment was checked. Where calls failed that may succeed, the next tick checks it again.
func (w *Watch) noteChecked(ctx context.Context, facts *selfcheck.Facts, marks map[string]time.Time, now time.Time) error {
	var errs []error
	note := func(name string, at time.Time) { errs = append(errs, w.Store.Mark(ctx, w.AccountID, name, at)) }
	if marks[selfcheck.MarkFirst].IsZero() {
		note(selfcheck.MarkFirst, now)
	}
	if !w.ActionsAsOf.IsZero() && !marks[selfcheck.MarkActions].Equal(w.ActionsAsOf) {
		note(selfcheck.MarkActions, w.ActionsAsOf)
	}
	if slices.ContainsFunc(facts.Calls, func(c selfcheck.Call) bool { return c.Failed != "" }) {
		if t, lasts := facts.Incomplete(); lasts {
			errs = append(errs, w.tried(ctx, scopeSelfWhole, t))
		}
		return errors.Join(errs...)
	}
	errs = append(errs, w.tried(ctx, scopeSelfWhole))
	note(selfcheck.MarkWhole, now)
	note(selfcheck.MarkChecked, now)
	return errors.Join(errs...)
}

// standingAlarms sees again the alarms that are not over, of which no event comes, so that they are reported daily; one that the
// stack of the Region does not have any more is over.
func (w *Watch) standingAlarms(ctx context.Context, facts *selfcheck.Facts) error {
	episodes, err := w.Store.Episodes(ctx, w.AccountID)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range episodes.Open {
		for _, scope := range e.Scopes {
			name, ok := strings.CutPrefix(scope, scopeSelfAlarm)
			if !ok {
				continue
			}
			region, alarm, _ := strings.Cut(name, "/")
			if facts.HasAlarm(region, alarm) {
				errs = append(errs, w.tried(ctx, scope, e.Trouble))
			} else {
				errs = append(errs, w.tried(ctx, scope))
			}
		}
	}
	return errors.Join(errs...)
}

// sendCanary tags rolewatch's own function where that is asked for, each week, and each hour after a canary that did not arrive.
func (w *Watch) sendCanary(ctx context.Context, marks map[string]time.Time, now time.Time) error {
	if w.Canary == nil || w.CanaryEvery <= 0 {
		return nil
	}
	every := w.CanaryEvery
	last := marks[selfcheck.MarkCanary]
	if lost := marks[selfcheck.MarkCanarySent].Before(last); lost {
		every = selfCheckEvery + selfcheck.CanaryTime
	}
	if now.Sub(last) < every {
		return nil
	}
	at := now.UTC().Truncate(time.Second)
	if err := w.Canary.Send(ctx, at.Format(time.RFC3339)); err != nil {
		// A canary that was not sent says nothing of the way that records take.
		if why, refused := deniedCall(err); refused {
			return w.tried(ctx, scopeSelfCall+why, w.denied(why, ""))
		}
		w.Log.Warn("canary not sent", "error", err.Error())
		return nil
	}
	marks[selfcheck.MarkCanary] = at
	return errors.Join(w.Store.Mark(ctx, w.AccountID, selfcheck.MarkCanary, at), w.tried(ctx, scopeSelfCall+"lambda:TagResource"))
}

func deniedCall(err error) (string, bool) {
	var unread *role.UnreadError
	if !errors.As(err, &unread) {
		return "", false
	}
	return unread.Why.DeniedCall()
}

// noteCanary notes that the record of a canary arrived.
func (w *Watch) noteCanary(ctx context.Context, c *events.Change) error {
	value := c.Tags[selfcheck.CanaryTag]
	if value == "" || c.Failed() || w.FunctionARN == "" || c.Function.ARN != w.FunctionARN {
		return nil
	}
	sent, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		w.Log.Warn("canary with a value that is not a time", "value", value)
		return nil
	}
	w.Log.Info("canary arrived", "sent", value, "took", w.Now().Sub(sent).String())
	for name, at := range map[string]time.Time{selfcheck.MarkCanaryArrived: w.Now(), selfcheck.MarkCanarySent: sent} {
		if err := w.Store.Mark(ctx, w.AccountID, name, at); err != nil {
			return fmt.Errorf("note the canary: %w", err)
		}
	}
	return nil
}
