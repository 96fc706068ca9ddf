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
	none := episode.Episodes{Account: account}
	i, err := s.get(ctx, episodesKey(account))
	if err != nil {
		return none, fmt.Errorf("read the episodes of account %s: %w", account, err)
	}
	if i == nil {
		return none, nil
	}
	r := read(i)
	var episodes episode.Episodes
	r.decode(&episodes)
	episodes.Account, episodes.Revision = account, r.number(revisionKey)
	if *r.err != nil {
		return none, fmt.Errorf("read the episodes of account %s: %w", account, *r.err)
	}
	return episodes, nil
}

// CommitEpisodes writes the open episodes of an account at the revision that they were loaded with, and puts out into the outbox,
// leased until then; all or nothing. It fails with finding.ErrConflict when the revision has moved on.
func (s *Store) CommitEpisodes(ctx context.Context, episodes episode.Episodes, out []message.Outgoing, leased time.Time) error {
	if episodes.Account == "" {
		return errors.New("commit episodes: they have no account")
	}
	body, err := packJSON(episodes)
	if err != nil {
		return fmt.Errorf("commit episodes of account %s: %w", episodes.Account, err)
	}
	i := newItem(episodesKey(episodes.Account))
	i[revisionKey], i[updatedKey], i["body"] = number(episodes.Revision+1), when(s.now()), body
	return s.commit(ctx, []*types.Put{s.putRevision(i, episodes.Revision)}, nil, out, leased)
}
