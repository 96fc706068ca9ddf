package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// sweepLease is how long a sweep may take before a tick starts another.
const sweepLease = 2 * time.Hour

// sweepStep is where a sweep stands. Each step goes on until it is done or the invocation's time is nearly over; the
// rest goes through the queue.
type sweepStep struct {
	Step       string    `json:"step"`
	Generation int64     `json:"generation"`
	Started    time.Time `json:"started"`
	// Region counts in the settings' Regions, for the functions; Marker is the next page.
	Region int    `json:"region,omitempty"`
	Marker string `json:"marker,omitempty"`
	// Partial says that the functions of a Region cannot be listed, so that the index is not whole.
	Partial bool `json:"partial,omitempty"`
	// Organization says that the policies of the organization changed, so that none is used that was read before.
	Organization bool `json:"organization,omitempty"`
	// Changed is when they changed, in the hub of an organization: sweeps of many accounts follow from one change, and share what they read
	// after it. Where it is zero, they changed before the sweep started.
	Changed time.Time `json:"changed,omitzero"`
	// Previous is when the last complete sweep started; zero where there was none.
	Previous time.Time `json:"previous,omitzero"`
	// Pages is how many pages of the new inventory are written, and NoFunctions why not all functions are in it.
	Pages       int    `json:"pages,omitempty"`
	NoFunctions string `json:"noFunctions,omitempty"`
	// Missed are the changes of which no record was delivered.
	Missed missed `json:"missed,omitzero"`
	// Seen are the roles that are observed and whose states need not be written.
	Seen seen `json:"seen,omitzero"`
}

// The steps of a sweep: the index of who uses what; the inventory of the account, by which roles are judged; every role of the account; the roles that only functions or
// findings know of, because they are gone; those that changed without a record, of which CloudTrail is asked; and, after the sweep, the
// count of those of which no record has come since.
const (
	stepFunctions = "functions"
	stepInventory = "inventory"
	stepRoles     = "roles"
	stepRest      = "rest"
	stepAsk       = "ask"
	stepMissed    = "missed"
)

func (w *Watch) sweep(ctx context.Context, s sweepStep) error {
	if s.Step == stepMissed {
		return w.reportMissed(ctx, s)
	}
	if s.Generation == 0 {
		return w.sweepAsked(ctx, s)
	}
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read the sweep's state: %w", err)
	}
	if state.Generation != s.Generation || state.Complete >= s.Generation {
		w.Log.Info("sweep step left: another sweep has taken over", "generation", s.Generation)
		return nil
	}
	if s.Organization {
		w.forgetOrganization(cmp.Or(s.Changed, s.Started))
	}
	for {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < deploy.SweepMargin {
			return w.handOver(ctx, s, 0)
		}
		next, err := w.sweepPage(ctx, s)
		if errors.Is(err, role.ErrUnread) {
			w.Log.Error("sweep cannot be done", "generation", s.Generation, "step", s.Step, "error", err.Error())
			w.sweepEnded(ctx)
			return w.closeSweep(ctx, s.Generation)
		}
		if err != nil {
			return err
		}
		if next == nil {
			w.Log.Info("sweep done", "generation", s.Generation, "took", w.Now().Sub(s.Started).String())
			if err := errors.Join(w.countMissed(ctx, s), w.noteLooked(ctx, s), w.closeSweep(ctx, s.Generation)); err != nil {
				return err
			}
			if err := w.Store.FinishSweep(ctx, w.AccountID, s.Generation, s.Started); err != nil {
				return err
			}
			w.Metrics.SweepCompleted()
			w.sweepEnded(ctx)
			return errors.Join(w.tried(ctx, scopeSweep), w.reportUpgrade(ctx))
		}
		s = *next
	}
}

func (w *Watch) handOver(ctx context.Context, s sweepStep, delay time.Duration) error {
	body, err := work{Job: jobSweep, Sweep: &s}.body()
	if err != nil {
		return fmt.Errorf("write work item: %w", err)
	}
	if err := w.Queue.Send(ctx, body, delay); err != nil {
		return fmt.Errorf("continue the sweep: %w", err)
	}
	return nil
}

// sweepPage does one page and gives the next; nil at the end.
func (w *Watch) sweepPage(ctx context.Context, s sweepStep) (*sweepStep, error) {
	switch s.Step {
	case stepFunctions:
		return w.sweepFunctions(ctx, s)
	case stepInventory:
		return w.sweepInventory(ctx, s)
	case stepRoles:
		return w.sweepRoles(ctx, s)
	case stepRest:
		return w.sweepRest(ctx, s)
	case stepAsk:
		return w.sweepAsk(ctx, s)
	}
	return nil, errDead{fmt.Errorf("sweep: field step: %q is none", s.Step)}
}

// refused tells operations which call a sweep lacks, and ends it.
func (w *Watch) refused(ctx context.Context, why role.Reason, region string) error {
	if err := w.unread(ctx, scopeSweep, region, why); err != nil {
		return err
	}
	return fmt.Errorf("sweep: %w", &role.UnreadError{Why: why})
}
