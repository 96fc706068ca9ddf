package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// prefixMark begins the names of the attributes that hold times, so that none is taken for a key.
const prefixMark = "at:"

func marksKey(account string) item { return keyOf(prefixAccount+account, sortMarks) }

// Marks gives the times that are noted for an account, by name, read consistently.
func (s *Store) Marks(ctx context.Context, account string) (map[string]time.Time, error) {
	i, err := s.get(ctx, marksKey(account))
	if err != nil {
		return nil, fmt.Errorf("read the times noted for account %s: %w", account, err)
	}
	out, err := marksOf(i)
	if err != nil {
		return nil, fmt.Errorf("read the times noted for account %s: %w", account, err)
	}
	return out, nil
}

func marksOf(i item) (map[string]time.Time, error) {
	r, out := read(i), map[string]time.Time{}
	for attribute := range i {
		if name, ok := strings.CutPrefix(attribute, prefixMark); ok {
			out[name] = r.instant(attribute)
		}
	}
	return out, *r.err
}

// Mark notes a time, unless a later one is noted. All times of an account are attributes of one item.
func (s *Store) Mark(ctx context.Context, account, name string, at time.Time) error {
	if account == "" || name == "" {
		return errors.New("note a time: it has no account or no name")
	}
	change := "SET #at = :at, #" + schemaKey + " = :" + schemaKey
	condition := "(attribute_not_exists(#at) OR #at < :at) AND " + notNewer
	all := names(change, condition)
	all["#at"] = prefixMark + name
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: marksKey(account), UpdateExpression: &change, ConditionExpression: &condition,
		ExpressionAttributeNames: all, ExpressionAttributeValues: with(marksKey(account), item{":at": instant(at)}),
	})
	if err != nil && !conditionFailed(err) {
		return fmt.Errorf("note %s for account %s: %w", name, account, err)
	}
	return nil
}
