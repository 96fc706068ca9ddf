package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
)

// What the hub of an organization needs of the watch of one account: work items for it, what becomes of an item that it is not handed, and
// what operations are notified of.

// DeliverItem is a work item that has the outbox delivered, and nothing else.
func DeliverItem() []byte { return mustBody(work{Job: jobTick, Deliver: deliveries}) }

// LookItem is a work item that has a role reconciled, by its ARN.
func LookItem(role string) []byte { return mustBody(work{Job: jobLook, Roles: []string{role}}) }

// SweepItem is a work item that starts a sweep, whenever the last one was. Where the policies of the organization
// changed, the argument is when, so that none is used that was read before; it is zero where they did not.
func SweepItem(changed time.Time) []byte {
	return mustBody(work{Job: jobSweep, Sweep: &sweepStep{Step: stepFunctions, Organization: !changed.IsZero(), Changed: changed}})
}

// mustBody writes a work item that has nothing which JSON does not.
func mustBody(w work) []byte {
	body, err := w.body()
	if err != nil {
		panic(fmt.Sprintf("write a work item: %v", err))
	}
	return body
}

// The kinds of work items that a hub tells apart.
const (
	// KindRecord is what is no work item.
	KindRecord = iota
	KindTick
	// KindStart starts a sweep, and KindSweep is a step of one.
	KindStart
	KindSweep
	// KindStored reads nothing of the account: what is in the table is delivered or counted. KindWork is any other.
	KindStored
	KindWork
)

// KindOf is the kind of a body. One that begins as a work item does and cannot be read is KindWork.
func KindOf(body []byte) int {
	job, ours, err := parseWork(body)
	switch {
	case !ours:
		return KindRecord
	case err == nil && job.Job == jobTick && job.Deliver == 0:
		return KindTick
	case err == nil && job.Job == jobSweep && job.Sweep.Generation == 0:
		return KindStart
	case err == nil && job.Job == jobSweep:
		return KindSweep
	case err == nil && (job.Job == jobTick || job.Job == jobCount):
		return KindStored
	}
	return KindWork
}

// Postpone puts an item back into the queue that was not tried.
func (w *Watch) Postpone(ctx context.Context, item Item, delay time.Duration, why error) Outcome {
	return w.resend(ctx, item, delay, why)
}

// Failed is what becomes of an item that could not be handled: it goes back into the queue, as after a call that failed.
func (w *Watch) Failed(ctx context.Context, item Item, why error) Outcome {
	return w.failed(ctx, item, why)
}

// AwaitRead is what becomes of an item whose account cannot be read: it goes back into the queue for a while, as after a call that was denied,
// and then is left to the sweep.
func (w *Watch) AwaitRead(ctx context.Context, item Item, why error) Outcome {
	return w.unreadAgain(ctx, item, why)
}

// Tried notes what was seen wrong when something was tried, nothing included, and notifies operations of an episode that begins, that lasts
// for another day, or that is over. It reports whether one is over.
func (w *Watch) Tried(ctx context.Context, scope string, seen ...episode.Trouble) (over bool, err error) {
	err = w.updateEpisodes(ctx, func(e episode.Episodes, now time.Time) (episode.Episodes, []episode.Report, bool) {
		next, reports, changed := e.Tried(scope, seen, now)
		over = false
		for _, r := range reports {
			over = over || r.Phase == episode.Over
		}
		return next, reports, changed
	})
	return over && err == nil, err
}

// Noted is Tried, but for that nobody is notified: whoever calls it reports what begins and what is over. It reports whether something has begun
// and whether something is over.
func (w *Watch) Noted(ctx context.Context, scope string, seen ...episode.Trouble) (began, over bool, err error) {
	err = w.updateEpisodes(ctx, func(e episode.Episodes, now time.Time) (episode.Episodes, []episode.Report, bool) {
		next, reports, changed := e.Tried(scope, seen, now)
		began, over = false, false
		for _, r := range reports {
			began, over = began || r.Phase == episode.Began, over || r.Phase == episode.Over
		}
		return next, nil, changed
	})
	return began && err == nil, over && err == nil, err
}

// Folded notes what was seen wrong when everything of a kind was tried, and notifies operations of it together.
func (w *Watch) Folded(ctx context.Context, kind episode.Kind, seen ...episode.Named) error {
	return w.updateEpisodes(ctx, func(e episode.Episodes, now time.Time) (episode.Episodes, []episode.Report, bool) {
		return e.Folded(kind, seen, now)
	})
}

// errBusy says that a sweep that was asked for waits for another one.
var errBusy = errors.New("another sweep of the account is under way")

// sweepLater is how long a sweep that was asked for waits for another one that is under way.
const sweepLater = 2 * time.Minute

// sweepAsked starts a sweep that a work item asks for. One that is under way has read before what this one is to read.
func (w *Watch) sweepAsked(ctx context.Context, s sweepStep) error {
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read the sweep's state: %w", err)
	}
	if state.LeasedUntil.After(w.Now()) {
		return errBusy
	}
	return w.sweepNow(ctx, s)
}

// sweepEnded lets whoever has sweeps wait for each other know that this one has ended. That it cannot be noted keeps nothing back: who waits
// does not wait forever.
func (w *Watch) sweepEnded(ctx context.Context) {
	if w.SweepDone == nil {
		return
	}
	if err := w.SweepDone(ctx); err != nil {
		w.Log.Warn("the end of the sweep is not noted", "error", err.Error())
	}
}
