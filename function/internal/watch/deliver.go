package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// deliver sends one thing that was committed to the outbox, and takes it out.
func (w *Watch) deliver(ctx context.Context, o message.Outgoing) error {
	if err := w.send(ctx, o); err != nil {
		return err
	}
	if err := w.Store.Delivered(ctx, o.ID); err != nil {
		return fmt.Errorf("take %s out of the outbox: %w", o.ID, err)
	}
	return nil
}

func (w *Watch) send(ctx context.Context, o message.Outgoing) error {
	if o.Kind == message.KindWork {
		delay := max(0, o.Due.Sub(w.Now()))
		if err := w.Queue.Send(ctx, o.Work, delay); err != nil {
			return fmt.Errorf("send work item %s: %w", o.ID, err)
		}
		return nil
	}
	if err := w.Publisher.Publish(ctx, o); err != nil {
		return fmt.Errorf("publish %s: %w", o.ID, err)
	}
	w.Log.Info("published", "id", o.ID, "kind", string(o.Kind), "subject", o.Rendered.Subject)
	return nil
}

// drain sends what was left in the outbox by an invocation that did not live to send it.
func (w *Watch) drain(ctx context.Context) error {
	left, err := w.Store.Outbox(ctx, w.Now())
	if err != nil {
		return fmt.Errorf("list the outbox: %w", err)
	}
	var failed error
	for _, o := range left {
		mine, err := w.Store.Lease(ctx, o.ID, w.Now(), w.Now().Add(outboxLease))
		if err != nil {
			return fmt.Errorf("lease %s: %w", o.ID, err)
		}
		if !mine {
			continue
		}
		if err := w.deliver(ctx, o); err != nil {
			failed = err
		}
	}
	return failed
}

// sweepEvery is how old the last sweep may be before a tick starts another.
const sweepEvery = 24 * time.Hour

// tick sends what the outbox still holds, and starts a sweep when the last one is over a day old. The sweep goes through
// the queue from its first step on, which brings a step that failed again.
func (w *Watch) tick(ctx context.Context) error {
	if err := w.drain(ctx); err != nil {
		return err
	}
	// A sweep starts also where something of this cannot be reported.
	failed := errors.Join(w.reportUpgrade(ctx), w.noticeAge(ctx), w.retryEpisodes(ctx))
	return errors.Join(failed, w.startSweep(ctx))
}

// startSweep starts a sweep when the last one is over a day old.
func (w *Watch) startSweep(ctx context.Context) error {
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read the sweep's state: %w", err)
	}
	if state.Complete > 0 && w.Now().Sub(state.CompletedAt) < sweepEvery {
		return nil
	}
	return w.sweepNow(ctx, sweepStep{Step: stepFunctions})
}

// sweepNow starts a sweep, unless one is under way.
func (w *Watch) sweepNow(ctx context.Context, s sweepStep) error {
	now := w.Now()
	generation, mine, err := w.Store.StartSweep(ctx, w.AccountID, now, now.Add(sweepLease))
	if err != nil || !mine {
		return err
	}
	w.Log.Info("sweep starts", "generation", generation)
	s.Generation, s.Started = generation, now
	return w.handOver(ctx, s)
}
