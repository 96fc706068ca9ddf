package memory

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Marks gives the times that are noted for an account, by name.
func (s *Store) Marks(ctx context.Context, account string) (map[string]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.marks[account]), ctx.Err()
}

// LoadNoted is Load, with the times that are noted for an account.
func (s *Store) LoadNoted(ctx context.Context, account string, keys []string) ([]finding.State, map[string]time.Time, error) {
	states, err := s.Load(ctx, keys)
	s.mu.Lock()
	defer s.mu.Unlock()
	marks := maps.Clone(s.marks[account])
	if marks == nil {
		marks = map[string]time.Time{}
	}
	if s.Hooks.Marks != nil {
		marks = s.Hooks.Marks(marks)
	}
	return states, marks, err
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
