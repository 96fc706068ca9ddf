package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// What a sweep finds for people is one or two messages, however many roles it is about: the first commit that has something is reported as any
// other, and what all further commits of the sweep come to is counted as slices of a change that ends with the sweep.

// sweepChange is the ID of what a sweep comes to.
func sweepChange(account string, generation int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "sweep %s %d", account, generation))
	return hex.EncodeToString(sum[:12])
}

// sweepSlice is what a group came to as a slice of what its sweep comes to; nil where it has nothing for people, or the sweep is over. The
// first slice counts nothing: its group is reported by itself.
func (w *Watch) sweepSlice(ctx context.Context, g group, roles []decided) (*fanin.Slice, *fanin.Change, error) {
	news := w.newsOf(roles)
	if news.empty() {
		return nil, nil, nil
	}
	change, err := w.Store.Change(ctx, w.AccountID, sweepChange(w.AccountID, g.swept.Generation))
	if err != nil || change.Final {
		return nil, nil, err
	}
	if change.Revision == 0 {
		change.Sweep, change.Open, change.Started = true, true, w.Now()
		if err := w.Store.CommitChange(ctx, change, nil, w.leased()); err != nil {
			return nil, nil, fmt.Errorf("note a sweep: %w", err)
		}
	}
	slice := fanin.Slice{Number: change.Next()}
	if slice.Number > 1 {
		slice = w.slice(slice.Number, 0, news)
		slice.Changes = changesOf(group{}, roles)
	}
	return &slice, &change, nil
}

// closeSweep reports what a sweep came to beyond its first message, for the last time.
func (w *Watch) closeSweep(ctx context.Context, generation int64) error {
	id := sweepChange(w.AccountID, generation)
	for range attempts {
		change, err := w.Store.Change(ctx, w.AccountID, id)
		if err != nil || change.Revision == 0 {
			return err
		}
		if change.Open {
			change.Open, change.Slices = false, len(change.Done)
			err = w.Store.CommitChange(ctx, change, nil, w.leased())
			if errors.Is(err, finding.ErrConflict) {
				continue
			}
			if err != nil {
				return fmt.Errorf("end what a sweep comes to: %w", err)
			}
		}
		return w.countChange(ctx, id)
	}
	return fmt.Errorf("end what a sweep comes to: %w", finding.ErrConflict)
}
