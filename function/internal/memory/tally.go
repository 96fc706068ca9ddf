package memory

import (
	"context"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Tally reads the tally of an account; one that was never stored has its Account and Revision 0.
func (s *Store) Tally(ctx context.Context, account string) (finding.Tally, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copied(s.tallies[account], account), ctx.Err()
}

// CommitTally is Commit with an account's tally in the same transaction, at the revision that it was loaded with.
func (s *Store) CommitTally(ctx context.Context, tally finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error {
	return s.hooked(ctx, with{tally: &tally}, states, out, leased)
}

func (s *Store) putTally(tally finding.Tally) {
	tally = copied(tally, tally.Account)
	tally.Revision++
	s.tallies[tally.Account] = tally
}

// copied is a tally that shares nothing with the one given.
func copied(t finding.Tally, account string) finding.Tally {
	t.Account, t.Checks, t.Gravest = account, slices.Clone(t.Checks), slices.Clone(t.Gravest)
	return t
}
