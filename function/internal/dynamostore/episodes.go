package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

func episodesKey(account string) item { return keyOf(prefixAccount+account, sortEpisodes) }

// Episodes reads the open episodes of an account, consistently; where none was ever stored they have their Account and Revision 0.
func (s *Store) Episodes(ctx context.Context, account string) (episode.Episodes, error) {
	var episodes episode.Episodes
	revision, err := s.revised(ctx, episodesKey(account), &episodes)
	if err != nil {
		return episode.Episodes{Account: account}, fmt.Errorf("read the episodes of account %s: %w", account, err)
	}
	episodes.Account, episodes.Revision = account, revision
	return episodes, nil
}

// CommitEpisodes writes the open episodes of an account at the revision that they were loaded with, and puts out into the outbox,
// leased until then; all or nothing. It fails with finding.ErrConflict when the revision has moved on.
func (s *Store) CommitEpisodes(ctx context.Context, episodes episode.Episodes, out []message.Outgoing, leased time.Time) error {
	if episodes.Account == "" {
		return errors.New("commit episodes: they have no account")
	}
	put, err := s.putRevised(episodesKey(episodes.Account), episodes, episodes.Revision)
	if err != nil {
		return fmt.Errorf("commit episodes of account %s: %w", episodes.Account, err)
	}
	return s.commit(ctx, []*types.Put{put}, nil, out, leased)
}
