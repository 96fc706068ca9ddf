package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// What the digest will report stands under its account, and in no index.
const (
	prefixDigest = "DIGEST#"
	sortEntry    = "ENTRY#"
)

func digestKey(account, id string) item { return keyOf(prefixDigest+account, sortEntry+id) }

// digestItem is an entry as an item.
func digestItem(out *message.Outgoing, body types.AttributeValue) (item, error) {
	if out.Digest == nil || out.Digest.Account == "" {
		return nil, fmt.Errorf("commit the entry %s of the digest: it has no account", out.ID)
	}
	i := newItem(digestKey(out.Digest.Account, out.ID))
	i["created"], i["body"] = when(out.Created), body
	return i, nil
}

// Digest lists the entries that an account's next digest takes, consistently and in the order in which they were committed.
func (s *Store) Digest(ctx context.Context, account string) ([]message.Outgoing, error) {
	items, err := s.under(ctx, prefixDigest+account, sortEntry)
	if err != nil {
		return nil, fmt.Errorf("read the digest of account %s: %w", account, err)
	}
	var list []message.Outgoing
	var unread []error
	for _, i := range items {
		r := read(i)
		var out message.Outgoing
		r.decode(&out)
		if *r.err == nil && out.Digest == nil {
			r.fail("body", "entry")
		}
		if *r.err != nil {
			unread = append(unread, fmt.Errorf("read %s of the digest of account %s: %w", r.text(deploy.SortKey), account, *r.err))
			continue
		}
		list = append(list, out)
	}
	slices.SortFunc(list, message.ByCommit)
	return list, errors.Join(unread...)
}

// CommitDigest takes entries away and puts out into the outbox, leased until then, or further entries in their place: all or nothing. It
// fails with finding.ErrConflict when one of them is gone.
func (s *Store) CommitDigest(ctx context.Context, taken, out []message.Outgoing, leased time.Time) error {
	if n := len(taken) + len(out); n > maxTransaction {
		return fmt.Errorf("commit the digest: %d items, a transaction holds at most %d", n, maxTransaction)
	}
	condition := "attribute_exists(#" + deploy.PartitionKey + ")"
	var writes []types.TransactWriteItem
	for _, o := range taken {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{
			TableName: s.table, Key: digestKey(o.Digest.Account, o.ID), ConditionExpression: &condition, ExpressionAttributeNames: names(condition),
		}})
	}
	for i := range out {
		put, err := s.putOutgoing(&out[i], leased)
		if err != nil {
			return err
		}
		if err := fits(put.Item); err != nil {
			return fmt.Errorf("commit the digest: %w", err)
		}
		writes = append(writes, types.TransactWriteItem{Put: put})
	}
	if err := s.transact(ctx, writes); err != nil {
		return fmt.Errorf("commit the digest: %w", err)
	}
	return nil
}
