package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Digest lists the entries that an account's next digest takes, in the order in which they were committed.
func (s *Store) Digest(ctx context.Context, account string) ([]message.Outgoing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []message.Outgoing
	for _, o := range slices.SortedFunc(maps.Values(s.digest), message.ByCommit) {
		if o.Digest.Account == account {
			out = append(out, o)
		}
	}
	return out, ctx.Err()
}

// CommitDigest takes entries away and puts out into the outbox, leased until then, or further entries in their place: all or nothing. It
// fails with finding.ErrConflict when one of them is gone.
func (s *Store) CommitDigest(ctx context.Context, taken, out []message.Outgoing, leased time.Time) error {
	if err := allowed(ctx, s.Hooks.CommitDigest, out); err != nil {
		return err
	}
	if n := len(taken) + len(out); n > maxTransaction {
		return fmt.Errorf("commit the digest: %d items, a transaction holds at most %d", n, maxTransaction)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range taken {
		if _, ok := s.digest[o.ID]; !ok {
			return fmt.Errorf("take the entry %s of the digest: %w", o.ID, finding.ErrConflict)
		}
	}
	for _, o := range taken {
		delete(s.digest, o.ID)
	}
	for _, o := range out {
		s.put(o, leased)
	}
	return nil
}
