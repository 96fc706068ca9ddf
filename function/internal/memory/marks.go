package memory

import (
	"context"
	"errors"
	"maps"
	"time"
)

// Marks gives the times that are noted for an account, by name.
func (s *Store) Marks(ctx context.Context, account string) (map[string]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.marks[account]), ctx.Err()
}

// Mark notes a time, unless a later one is noted.
func (s *Store) Mark(ctx context.Context, account, name string, at time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if account == "" || name == "" {
		return errors.New("note a time: it has no account or no name")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.marks[account] == nil {
		s.marks[account] = map[string]time.Time{}
	}
	if at.After(s.marks[account][name]) {
		s.marks[account][name] = at
	}
	return nil
}
