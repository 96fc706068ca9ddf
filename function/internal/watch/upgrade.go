package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// save writes states and what is to be sent in one transaction, and in the same one slices of changes, and the tally of what an upgrade came
// to: a role that is reconciled again after a crash is counted once.
func (w *Watch) save(ctx context.Context, roles []decided, slices map[string]fanin.Slice, states []finding.State, out []message.Outgoing, now time.Time) error {
	tally, err := w.tallyOf(ctx, roles, now)
	switch {
	case err != nil:
		return err
	case len(slices) > 0:
		return w.Store.CommitSlices(ctx, w.AccountID, slices, tally, states, out, w.leased())
	case tally != nil:
		return w.Store.CommitTally(ctx, *tally, states, out, w.leased())
	}
	return w.Store.Commit(ctx, states, out, w.leased())
}

// tallyOf is the tally with what an upgrade came to for roles; nil where that is nothing.
func (w *Watch) tallyOf(ctx context.Context, roles []decided, now time.Time) (*finding.Tally, error) {
	var tally *finding.Tally
	for _, d := range roles {
		upgrade := slices.DeleteFunc(slices.Clone(d.Transitions), func(t finding.Transition) bool { return !t.Upgrade })
		if len(upgrade) == 0 {
			continue
		}
		if tally == nil {
			stored, err := w.Store.Tally(ctx, w.AccountID)
			if err != nil {
				return nil, err
			}
			tally = &stored
		}
		*tally = tally.With(upgrade, now)
	}
	return tally, nil
}

// reportUpgrade sends one message about what a new catalogue came to, once all roles are judged by it, and empties the tally in
// the same transaction. Where something is counted just then, a later tick sends it.
func (w *Watch) reportUpgrade(ctx context.Context) error {
	tally, err := w.Store.Tally(ctx, w.AccountID)
	if err != nil || tally.Empty() {
		return err
	}
	now := w.Now()
	if judged, err := w.allJudged(ctx, tally, now); err != nil || !judged {
		return err
	}
	m := message.BuildUpgrade("upgrade-"+w.AccountID+"-"+strconv.FormatInt(tally.Revision, 10), now, w.AccountID, w.accountName(ctx), tally)
	m.OU = w.OU
	rendered := message.Render(m, message.Options{Channels: w.Configured, Mask: w.Mask})
	out := message.Outgoing{ID: m.ID, Kind: message.KindFindings, Rendered: &rendered, Created: now}.ByTopic(w.Configured)
	w.insure(ctx, out)
	err = w.Store.CommitTally(ctx, tally.Reported(), nil, out, w.leased())
	if errors.Is(err, finding.ErrConflict) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("report the upgrade: %w", err)
	}
	w.Log.Info("upgrade reported", "opened", tally.Opened, "changed", tally.Changed, "resolved", tally.Resolved)
	w.deliverAll(ctx, out)
	return nil
}

// allJudged reports whether the last sweep has judged all roles by the present catalogue: it is complete, and the roles that it
// sent through the queue have come back. That is waited for no longer than a sweep may take.
func (w *Watch) allJudged(ctx context.Context, tally finding.Tally, now time.Time) (bool, error) {
	if now.Sub(tally.Since) >= sweepLease {
		return true, nil
	}
	sweep, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return false, fmt.Errorf("read the sweep's state: %w", err)
	}
	if sweep.Complete < sweep.Generation {
		return false, nil
	}
	open, err := w.Store.OpenRoles(ctx)
	if err != nil {
		return false, fmt.Errorf("list roles with findings: %w", err)
	}
	for chunk := range slices.Chunk(open, 100) {
		states, _, err := w.loadReadable(ctx, chunk)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(states, func(s finding.State) bool {
			return s.Revision != finding.NotRead && s.Catalogue != w.Catalogue && s.LookedAt.Before(sweep.CompletedAt)
		}) {
			return false, nil
		}
	}
	return true, nil
}
