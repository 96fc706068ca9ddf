package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// kept is what a hub keeps under a name.
type kept struct {
	body     []byte
	revision int64
}

// countedKey is what is counted of an account in a minute.
type countedKey struct {
	account, what string
	minute        int64
}

// Kept reads what a hub keeps under a name, strongly consistent; what was never stored has revision 0.
func (s *Store) Kept(ctx context.Context, name string) (body []byte, revision int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.kept[name]
	return slices.Clone(k.body), k.revision, ctx.Err()
}

// Keep writes it at the revision that it was loaded with. It fails with finding.ErrConflict when the revision has moved on.
func (s *Store) Keep(ctx context.Context, name string, body []byte, revision int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[name].revision != revision {
		return fmt.Errorf("keep %s: %w", name, finding.ErrConflict)
	}
	s.kept[name] = kept{slices.Clone(body), revision + 1}
	return nil
}

// Count adds to what is counted of an account in the minute of a time, and gives the sum.
func (s *Store) Count(ctx context.Context, account, what string, at time.Time, n int64) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := countedKey{account, what, at.Unix() / 60}
	s.counted[key] += n
	return s.counted[key], nil
}
