package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// A change is an item, and each of its slices two: one that says that the slice is committed, which is small because all of them are
// read after each slice, and one with what the slice came to.
const (
	prefixChange = "CHANGE#"
	sortChange   = "CHANGE"
	sortDone     = "DONE#"
	sortSlice    = "SLICE#"
)

func changeKey(account, id, sort string) item { return keyOf(changePartition(account, id), sort) }

func changePartition(account, id string) string { return prefixChange + account + "#" + id }

// under reads the items of a partition whose sort key begins so, consistently and in order.
func (s *Store) under(ctx context.Context, partition, begin string) ([]item, error) {
	condition := "#" + deploy.PartitionKey + " = :partition AND begins_with(#" + deploy.SortKey + ", :begin)"
	return s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression: &condition, ExpressionAttributeNames: names(condition), ConsistentRead: aws.Bool(true),
		ExpressionAttributeValues: item{":partition": text(partition), ":begin": text(begin)},
	})
}

// Change reads a change to many roles and which of its slices are committed, consistently; one that was never stored has Revision 0.
func (s *Store) Change(ctx context.Context, account, id string) (fanin.Change, error) {
	none := fanin.Change{Account: account, ID: id}
	fail := func(err error) (fanin.Change, error) {
		return none, fmt.Errorf("read change %s of account %s: %w", id, account, err)
	}
	var change fanin.Change
	revision, err := s.revised(ctx, changeKey(account, id, sortChange), &change)
	if err != nil {
		return fail(err)
	}
	if revision == 0 {
		return none, nil
	}
	change.Account, change.ID, change.Revision = account, id, revision
	done, err := s.under(ctx, changePartition(account, id), sortDone)
	if err != nil {
		return fail(err)
	}
	for _, i := range done {
		n, err := strconv.Atoi(strings.TrimPrefix(read(i).text(deploy.SortKey), sortDone))
		if err != nil {
			return fail(err)
		}
		change.Done = append(change.Done, n)
	}
	return change, nil
}

// CommitChange writes a change at the revision that it was loaded with, and puts out into the outbox, leased until then; all or nothing.
// It fails with finding.ErrConflict when the revision has moved on.
func (s *Store) CommitChange(ctx context.Context, change fanin.Change, out []message.Outgoing, leased time.Time) error {
	if change.Account == "" || change.ID == "" {
		return errors.New("commit change: it has no account or ID")
	}
	put, err := s.putRevised(changeKey(change.Account, change.ID, sortChange), change, change.Revision)
	if err != nil {
		return fmt.Errorf("commit change %s of account %s: %w", change.ID, change.Account, err)
	}
	return s.commit(ctx, []*types.Put{put}, nil, out, leased)
}

// CommitSlices is Commit with slices in the same transaction, one of each change, by the change's ID, and with a tally where it is not nil. It
// fails with finding.ErrConflict when such a slice is there.
func (s *Store) CommitSlices(ctx context.Context, account string, slices map[string]fanin.Slice, tally *finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error {
	var puts []*types.Put
	for id, slice := range slices {
		more, err := s.putSlice(account, id, slice)
		if err != nil {
			return fmt.Errorf("commit slice %d of change %s: %w", slice.Number, id, err)
		}
		puts = append(puts, more...)
	}
	if tally != nil {
		put, err := s.putTally(*tally)
		if err != nil {
			return err
		}
		puts = append(puts, put)
	}
	return s.commit(ctx, puts, states, out, leased)
}

// putSlice are the items of a slice, or of a part of one.
func (s *Store) putSlice(account, id string, slice fanin.Slice) ([]*types.Put, error) {
	body, err := packJSON(slice)
	if err != nil {
		return nil, err
	}
	number, part := fmt.Sprintf("%06d", slice.Number), ""
	if slice.Part > 0 {
		part = fmt.Sprintf("#%04d", slice.Part)
	}
	what := newItem(changeKey(account, id, sortSlice+number+part))
	what[updatedKey], what["body"] = when(s.now()), body
	if part != "" {
		return []*types.Put{s.putNew(what)}, nil
	}
	done := newItem(changeKey(account, id, sortDone+number))
	done[updatedKey] = when(s.now())
	return []*types.Put{s.putNew(done), s.putNew(what)}, nil
}

// Slices reads what the slices of a change came to that are committed, consistently and in order.
func (s *Store) Slices(ctx context.Context, account, id string) ([]fanin.Slice, error) {
	items, err := s.under(ctx, changePartition(account, id), sortSlice)
	if err != nil {
		return nil, fmt.Errorf("read the slices of change %s: %w", id, err)
	}
	var list []fanin.Slice
	for _, i := range items {
		r := read(i)
		var slice fanin.Slice
		r.decode(&slice)
		if *r.err != nil {
			return nil, fmt.Errorf("read %s of change %s: %w", r.text(deploy.SortKey), id, *r.err)
		}
		list = append(list, slice)
	}
	return list, nil
}
