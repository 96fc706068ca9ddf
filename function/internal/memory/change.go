package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

type changeName struct{ account, id string }

// Change reads a change to many roles and which of its slices are committed; one that was never stored has Revision 0.
func (s *Store) Change(ctx context.Context, account, id string) (fanin.Change, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := changeName{account, id}
	c := s.changes[name]
	c.Account, c.ID, c.Changes, c.Done = account, id, slices.Clone(c.Changes), nil
	for _, slice := range s.slices[name] {
		if slice.Part == 0 {
			c.Done = append(c.Done, slice.Number)
		}
	}
	return c, ctx.Err()
}

// CommitChange writes a change at the revision that it was loaded with, and puts out into the outbox, leased until then; all or nothing.
// It fails with finding.ErrConflict when the revision has moved on.
func (s *Store) CommitChange(ctx context.Context, change fanin.Change, out []message.Outgoing, leased time.Time) error {
	if change.Account == "" || change.ID == "" {
		return errors.New("commit change: it has no account or ID")
	}
	if err := allowed(ctx, s.Hooks.CommitChange, out); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := changeName{change.Account, change.ID}
	if s.changes[name].Revision != change.Revision {
		return fmt.Errorf("commit change %s of account %s: %w", change.ID, change.Account, finding.ErrConflict)
	}
	change.Revision++
	change.Changes, change.Done = slices.Clone(change.Changes), nil
	s.changes[name] = change
	for _, o := range out {
		s.put(o, leased)
	}
	return nil
}

// CommitSlices is Commit with slices in the same transaction, one of each change, by the change's ID, and with a tally where it is not nil. It
// fails with finding.ErrConflict when such a slice is there.
func (s *Store) CommitSlices(ctx context.Context, account string, slices map[string]fanin.Slice, tally *finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error {
	list := map[changeName]fanin.Slice{}
	for id, slice := range slices {
		list[changeName{account, id}] = slice
	}
	return s.hooked(ctx, with{slices: list, tally: tally}, states, out, leased)
}

// Slices reads what the slices of a change came to that are committed, in order.
func (s *Store) Slices(ctx context.Context, account, id string) ([]fanin.Slice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.slices[changeName{account, id}]), ctx.Err()
}

// putSlice keeps a slice in its place.
func (s *Store) putSlice(of changeName, slice fanin.Slice) {
	list := append(slices.Clone(s.slices[of]), slice)
	slices.SortFunc(list, func(a, b fanin.Slice) int { return cmp.Or(a.Number-b.Number, a.Part-b.Part) })
	s.slices[of] = list
}
