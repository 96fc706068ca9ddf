package dynamostore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

const (
	// batchGet is how many items one call takes (BatchGetItem in the API reference).
	batchGet = 100
	// patience is how often a batch may come back without any progress: DynamoDB gives back what it throttles, without an
	// error that the SDK would retry.
	patience = 8
	// firstWait is the first wait, doubled each time.
	firstWait = 25 * time.Millisecond
)

var errThrottled = errors.New("DynamoDB gave everything back unprocessed, again and again")

// pause waits before a batch is tried again.
func pause(ctx context.Context, try int) error {
	if try > patience {
		return errThrottled
	}
	timer := time.NewTimer(firstWait << (try - 1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inChunks does a batch for each chunk of a list, and again for what it gives back unprocessed.
func inChunks[T any](ctx context.Context, list []T, size int, batch func(left []T) (unprocessed []T, err error)) error {
	for left := range slices.Chunk(list, size) {
		for try := 0; ; {
			unprocessed, err := batch(left)
			if err != nil {
				return err
			}
			if len(unprocessed) == 0 {
				break
			}
			if try++; len(unprocessed) < len(left) {
				try = 1
			}
			left = unprocessed
			if err := pause(ctx, try); err != nil {
				return err
			}
		}
	}
	return nil
}

// getAll reads items by their keys, consistently, in any order. Those that are not there are left out.
func (s *Store) getAll(ctx context.Context, keys []item) ([]item, error) {
	var items []item
	err := inChunks(ctx, keys, batchGet, func(left []item) ([]item, error) {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			*s.table: {Keys: left, ConsistentRead: aws.Bool(true)},
		}})
		if err != nil {
			return nil, err
		}
		for _, got := range out.Responses {
			items = append(items, got...)
		}
		return out.UnprocessedKeys[*s.table].Keys, nil
	})
	if err != nil {
		return nil, err
	}
	return items, nil
}

// transact writes all or nothing. Its token is made of what is written, so that DynamoDB takes a transaction that the
// SDK sends again, because the answer was lost, for the one that went through.
func (s *Store) transact(ctx context.Context, writes []types.TransactWriteItem) error {
	_, err := s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes, ClientRequestToken: aws.String(token(writes))})
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return err
	}
	var reasons []string
	for i, r := range cancelled.CancellationReasons {
		switch code := aws.ToString(r.Code); code {
		case "", "None":
		case "ConditionalCheckFailed", "TransactionConflict":
			// Somebody else has written the item, or is just writing it: either way, what we know of it is old.
			return fmt.Errorf("%s at item %d: %w", code, i+1, finding.ErrConflict)
		default:
			reasons = append(reasons, fmt.Sprintf("%s at item %d: %s", code, i+1, aws.ToString(r.Message)))
		}
	}
	return fmt.Errorf("transaction cancelled: %s: %w", strings.Join(reasons, "; "), err)
}

// token identifies a transaction among all of the account, whatever their tables: DynamoDB takes 36 characters.
func token(writes []types.TransactWriteItem) string {
	h := sha256.New()
	for _, w := range writes {
		switch {
		case w.Put != nil:
			fmt.Fprintf(h, "put %q %q", aws.ToString(w.Put.TableName), aws.ToString(w.Put.ConditionExpression))
			hashItem(h, w.Put.Item)
			hashItem(h, w.Put.ExpressionAttributeValues)
		case w.Delete != nil:
			fmt.Fprintf(h, "delete %q", aws.ToString(w.Delete.TableName))
			hashItem(h, w.Delete.Key)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func hashItem(h interface{ Write([]byte) (int, error) }, i item) {
	for _, name := range slices.Sorted(maps.Keys(i)) {
		switch v := i[name].(type) {
		case *types.AttributeValueMemberB:
			fmt.Fprintf(h, "%q %q\n", name, v.Value)
		case *types.AttributeValueMemberS:
			fmt.Fprintf(h, "%q %q\n", name, v.Value)
		case *types.AttributeValueMemberN:
			fmt.Fprintf(h, "%q %s\n", name, v.Value)
		case *types.AttributeValueMemberBOOL:
			fmt.Fprintf(h, "%q %t\n", name, v.Value)
		}
	}
}

// conditionFailed tells whether a write was refused because of its condition.
func conditionFailed(err error) bool {
	var failed *types.ConditionalCheckFailedException
	return errors.As(err, &failed)
}
