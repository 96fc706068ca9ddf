package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

const (
	// answerMargin is how much of an invocation is kept for putting what could not be handled back into the queue: a call that
	// hangs is given up then.
	answerMargin = deploy.FunctionTimeout / 12
	// unreadFor is how long what a denied call would have read is tried again. After that, a sweep finds it.
	unreadFor = 4 * time.Hour
)

// errNoTime says that an invocation had no time left for an item.
var errNoTime = errors.New("no time left in this invocation")

// errDead marks what can never be handled.
type errDead struct{ cause error }

func (e errDead) Error() string { return e.cause.Error() }

// untilAnswer is the context of what an invocation does, less the time that it needs for its answer.
func untilAnswer(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, deadline.Add(-answerMargin))
}

// hasTime reports whether more than margin is left of an invocation.
func hasTime(ctx context.Context, margin time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > margin
}

// failed turns an error into what becomes of the item: what is malformed is dead at once; the rest goes back into the queue, so
// that an outage does not use up its receives.
func (w *Watch) failed(ctx context.Context, item Item, err error) Outcome {
	var dead errDead
	if errors.As(err, &dead) {
		w.Log.Error("dead letter", "item", item.ID, "error", err.Error())
		return Outcome{Dead: err.Error()}
	}
	if stale := (*staleError)(nil); errors.As(err, &stale) {
		w.Metrics.Reconciled(reconcile.Stale.String())
		return w.resend(ctx, item, stale.retryAfter(w.Now()), err)
	}
	if errors.Is(err, errBusy) {
		return w.resend(ctx, item, sweepLater, err)
	}
	now := w.Now()
	if item.Attempt++; item.Since.IsZero() {
		item.Since = now
	}
	limit := deploy.RequeueFor
	if isTick(item) {
		limit = deploy.TickInterval
	}
	if now.Sub(item.Since) >= limit {
		if isTick(item) {
			w.Log.Error("tick given up: the next one is due", "error", err.Error())
			return Outcome{}
		}
		why := fmt.Sprintf("failed %d times since %s: %v", item.Attempt, item.Since.UTC().Format(time.RFC3339), err)
		w.Log.Error("dead letter", "item", item.ID, "error", why)
		return Outcome{Dead: why}
	}
	if deploy.Lasting(item.Attempt) {
		w.Metrics.Requeued()
	}
	return w.resend(ctx, item, deploy.Backoff(item.Attempt), err)
}

// resend puts an item back into the queue. Where that fails, the queue delivers it again by itself, and counts its receives.
func (w *Watch) resend(ctx context.Context, item Item, delay time.Duration, why error) Outcome {
	if err := w.Queue.Resend(ctx, item.Body, delay, item.Since, item.Attempt); err != nil {
		after := deploy.RetryAfter(item.Receives)
		w.Log.Warn("requeued", "item", item.ID, "after", after.String(), "receives", item.Receives, "error", why.Error(), "requeue", err.Error())
		return Outcome{Err: errors.Join(why, err), RetryAfter: after}
	}
	w.Log.Warn("requeued", "item", item.ID, "after", delay.String(), "attempt", item.Attempt, "error", why.Error())
	return Outcome{}
}

// unreadAgain puts a record back into the queue that was handled without what a denied call would have read.
func (w *Watch) unreadAgain(ctx context.Context, item Item, why error) Outcome {
	now := w.Now()
	if item.Attempt++; item.Since.IsZero() {
		item.Since = now
	}
	if now.Sub(item.Since) >= unreadFor {
		w.Log.Warn("not read: left to the sweep", "item", item.ID, "since", item.Since.String(), "error", why.Error())
		return Outcome{}
	}
	return w.resend(ctx, item, deploy.UnreadBackoff(item.Attempt), why)
}

func isTick(item Item) bool {
	if item.Change != nil {
		return false
	}
	job, ours, err := parseWork(item.Body)
	return ours && err == nil && job.Job == jobTick
}
