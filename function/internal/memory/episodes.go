package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Episodes reads the open episodes of an account; where none was ever stored they have their Account and Revision 0.
func (s *Store) Episodes(ctx context.Context, account string) (episode.Episodes, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copiedEpisodes(s.episodes[account], account), ctx.Err()
}

// CommitEpisodes writes the open episodes of an account at the revision that they were loaded with, and puts out into the outbox,
// leased until then; all or nothing. It fails with finding.ErrConflict when the revision has moved on.
func (s *Store) CommitEpisodes(ctx context.Context, episodes episode.Episodes, out []message.Outgoing, leased time.Time) error {
	if episodes.Account == "" {
		return errors.New("commit episodes: they have no account")
	}
	if err := allowed(ctx, s.Hooks.CommitEpisodes, out); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.episodes[episodes.Account].Revision != episodes.Revision {
		return fmt.Errorf("commit episodes of account %s: %w", episodes.Account, finding.ErrConflict)
	}
	stored := copiedEpisodes(episodes, episodes.Account)
	stored.Revision++
	s.episodes[stored.Account] = stored
	for _, o := range out {
		s.put(o, leased)
	}
	return nil
}

// copiedEpisodes are episodes that share nothing with those given.
func copiedEpisodes(e episode.Episodes, account string) episode.Episodes {
	e.Account, e.Open = account, slices.Clone(e.Open)
	for i := range e.Open {
		e.Open[i].Scopes = slices.Clone(e.Open[i].Scopes)
	}
	e.Folds = slices.Clone(e.Folds)
	for i := range e.Folds {
		e.Folds[i].Open = slices.Clone(e.Folds[i].Open)
	}
	return e
}
