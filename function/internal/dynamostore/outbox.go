package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

func (s *Store) putOutgoing(out *message.Outgoing, leased time.Time) (*types.Put, error) {
	if out.ID == "" {
		return nil, errors.New("commit messages: a message has no ID")
	}
	body, err := packJSON(out)
	if err != nil {
		return nil, fmt.Errorf("commit message %s: %w", out.ID, err)
	}
	if out.Kind == message.KindDigest {
		i, err := digestItem(out, body)
		if err != nil {
			return nil, err
		}
		return s.put(i), nil
	}
	i := newItem(keyOf(prefixMessage+out.ID, sortMessage))
	i[deploy.RoleIndexKey], i["leased"], i["created"], i["body"] = text(s.word(outbox)), instant(leased), when(out.Created), body
	return s.put(i), nil
}

// Outbox lists what is in the outbox and not leased at that time, the oldest first. What was put there a moment ago may
// be missing; what was taken out is not there. If some cannot be read, the error says so and the list has the others.
func (s *Store) Outbox(ctx context.Context, now time.Time) ([]message.Outgoing, error) {
	keys, err := s.indexKeys(ctx, s.word(outbox))
	if err != nil {
		return nil, fmt.Errorf("list the outbox: %w", err)
	}
	items, err := s.getAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	var list []message.Outgoing
	var unread []error
	for _, i := range items {
		r := read(i)
		leased := r.instant("leased")
		var out message.Outgoing
		r.decode(&out)
		switch {
		case *r.err != nil:
			unread = append(unread, fmt.Errorf("read message %s of the outbox: %w", r.name(prefixMessage), *r.err))
		case !leased.After(now):
			list = append(list, out)
		}
	}
	slices.SortFunc(list, message.ByCommit)
	return list, errors.Join(unread...)
}

// Lease takes one thing of the outbox until then; false when somebody else has it or it is gone.
func (s *Store) Lease(ctx context.Context, id string, now, until time.Time) (bool, error) {
	out, err := s.update(ctx, keyOf(prefixMessage+id, sortMessage), "SET #leased = :until", "attribute_exists(#"+deploy.PartitionKey+") AND #leased <= :now",
		item{":until": instant(until), ":now": instant(now)})
	if err != nil {
		return false, fmt.Errorf("lease message %s: %w", id, err)
	}
	return out != nil, nil
}

// Delivered takes one thing out of the outbox.
func (s *Store) Delivered(ctx context.Context, id string) error {
	_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.table, Key: keyOf(prefixMessage+id, sortMessage)})
	if err != nil {
		return fmt.Errorf("delete message %s: %w", id, err)
	}
	return nil
}

// NoticeOnce notes that something was told for an account, and puts out into the outbox if it had not been.
func (s *Store) NoticeOnce(ctx context.Context, account, key string, out message.Outgoing, leased time.Time) (bool, error) {
	id := keyOf(prefixAccount+account, sortNotice+key)
	name := account + " " + key
	if s.lately(s.noticed, name) {
		return false, nil
	}
	first, err := s.notice(ctx, id, out, leased)
	if err != nil {
		return false, fmt.Errorf("note %s for account %s: %w", key, account, err)
	}
	s.remember(s.noticed, name)
	return first, nil
}

// notice writes the note and the message together, unless the note is there.
func (s *Store) notice(ctx context.Context, id item, out message.Outgoing, leased time.Time) (bool, error) {
	there, err := s.get(ctx, id)
	if err != nil {
		return false, err
	}
	if there != nil {
		if still, err := s.renew(ctx, there); still || err != nil {
			return false, err
		}
	}
	put, err := s.putOutgoing(&out, leased)
	if err != nil {
		return false, err
	}
	if err := fits(put.Item); err != nil {
		return false, err
	}
	note := newItem(id)
	note[updatedKey] = when(s.now())
	err = s.transact(ctx, []types.TransactWriteItem{
		{Put: s.putNew(note)}, {Put: put},
	})
	if !errors.Is(err, finding.ErrConflict) {
		return err == nil, err
	}
	// Somebody else notes it too. If that goes through it is told; if not, this call comes again.
	there, getErr := s.get(ctx, id)
	if getErr == nil && there != nil {
		return false, nil
	}
	return false, errors.Join(getErr, fmt.Errorf("%v: another write is under way", err))
}
