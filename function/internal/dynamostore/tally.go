package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

func tallyKey(account string) item { return keyOf(prefixAccount+account, sortTally) }

// Tally reads the tally of an account, consistently; one that was never stored has its Account and Revision 0.
func (s *Store) Tally(ctx context.Context, account string) (finding.Tally, error) {
	var tally finding.Tally
	revision, err := s.revised(ctx, tallyKey(account), &tally)
	if err != nil {
		return finding.Tally{Account: account}, fmt.Errorf("read the tally of account %s: %w", account, err)
	}
	tally.Account, tally.Revision = account, revision
	return tally, nil
}

// CommitTally is Commit with an account's tally in the same transaction, at the revision that it was loaded with. The item
// stays when the tally is empty: its revision must never be that of an earlier one.
func (s *Store) CommitTally(ctx context.Context, tally finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error {
	put, err := s.putTally(tally)
	if err != nil {
		return err
	}
	return s.commit(ctx, []*types.Put{put}, states, out, leased)
}

func (s *Store) putTally(tally finding.Tally) (*types.Put, error) {
	if tally.Account == "" {
		return nil, errors.New("commit tally: it has no account")
	}
	put, err := s.putRevised(tallyKey(tally.Account), tally, tally.Revision)
	if err != nil {
		return nil, fmt.Errorf("commit tally of account %s: %w", tally.Account, err)
	}
	return put, nil
}
