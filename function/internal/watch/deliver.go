package watch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
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

// notices tells operations, once for an account, of each call that was denied while a role was read.
func (w *Watch) notices(ctx context.Context, shot *role.Snapshot, g group) error {
	region := ""
	if n := len(g.changes); n > 0 {
		region = g.changes[n-1].Region
	}
	for _, why := range unread(shot) {
		call, denied := strings.CutSuffix(why, " was denied")
		if !denied {
			continue
		}
		if err := w.notice(ctx, call, region); err != nil {
			return err
		}
	}
	return nil
}

// unread says why parts of a role are unknown.
func unread(shot *role.Snapshot) []string {
	var out []string
	add := func(s role.State, why string) {
		if s == role.Unknown {
			out = append(out, why)
		}
	}
	add(shot.Identity.State(), shot.Identity.Why())
	add(shot.Trust.State(), shot.Trust.Why())
	add(shot.Inline.State(), shot.Inline.Why())
	add(shot.Attached.State(), shot.Attached.Why())
	add(shot.Boundary.State(), shot.Boundary.Why())
	for _, list := range [][]role.Policy{shot.Inline.Or(nil), shot.Attached.Or(nil)} {
		for _, p := range list {
			add(p.Text.State(), p.Text.Why())
		}
	}
	return out
}

// notice tells operations that rolewatch may not make a call, once for an account.
func (w *Watch) notice(ctx context.Context, call, region string) error {
	now := w.Now()
	subject := "rolewatch may not call " + call
	text := "rolewatch was denied " + call + " in account " + w.AccountID +
		". What it would have read is unknown to it: findings that rest on it are neither opened nor resolved. " +
		"Allow the action to rolewatch's execution role. This is said once."
	rendered := message.Operations(w.AccountID, region, subject, text)
	out := message.Outgoing{
		ID: "denied-" + w.AccountID + "-" + strings.ReplaceAll(call, ":", "-"), Kind: message.KindOperations,
		Rendered: &rendered, Created: now,
	}
	first, err := w.Store.NoticeOnce(ctx, w.AccountID, "denied:"+call, out, now.Add(outboxLease))
	if err != nil {
		return fmt.Errorf("note that %s was denied: %w", call, err)
	}
	if !first {
		return nil
	}
	if err := w.deliver(ctx, out); err != nil {
		w.Log.Error("left in the outbox", "id", out.ID, "error", err.Error())
	}
	return nil
}

// sweepEvery is how old the last sweep may be before a tick starts another.
const sweepEvery = 24 * time.Hour

// tick sends what the outbox still holds, and starts a sweep when the last one is over a day old. The sweep goes through
// the queue from its first step on, which brings a step that failed again.
func (w *Watch) tick(ctx context.Context) error {
	if err := w.drain(ctx); err != nil {
		return err
	}
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read the sweep's state: %w", err)
	}
	now := w.Now()
	if state.Complete > 0 && now.Sub(state.CompletedAt) < sweepEvery {
		return nil
	}
	generation, mine, err := w.Store.StartSweep(ctx, w.AccountID, now, now.Add(sweepLease))
	if err != nil || !mine {
		return err
	}
	w.Log.Info("sweep starts", "generation", generation)
	return w.handOver(ctx, sweepStep{Step: stepFunctions, Generation: generation, Started: now})
}
