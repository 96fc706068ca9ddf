package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	// maxRemembered bounds how much is remembered as saved, and rememberedFor how long: what is remembered must not have expired.
	maxRemembered = 50_000
	rememberedFor = freshFor / 2
)

// SaveDocuments keeps policy texts by their hash. A text that stays too large for an item is left out, and told by the
// error; the others are saved.
func (s *Store) SaveDocuments(ctx context.Context, texts []string) error {
	var items []item
	var failed error
	seen := map[string]bool{}
	for _, t := range texts {
		hash := role.HashText(t)
		if seen[hash] || s.lately(s.saved, hash) {
			continue
		}
		seen[hash] = true
		i := newItem(keyOf(prefixDocument+hash, sortDocument))
		i[updatedKey], i["body"] = when(s.now()), binary(pack([]byte(t)))
		if err := fits(i); err != nil {
			failed = errors.Join(failed, fmt.Errorf("save document %s: %w", hash, err))
			continue
		}
		items = append(items, i)
	}
	err := each(ctx, items, func(i item) error {
		// The key says what is in the item: to put it where it is already changes only when it was saved, and whether it expires.
		if err := s.putItem(ctx, i); err != nil {
			return err
		}
		s.remember(s.saved, read(i).name(prefixDocument))
		return nil
	})
	if err != nil {
		return errors.Join(failed, fmt.Errorf("save %d documents: %w", len(items), err))
	}
	return failed
}

// putItem puts an item; one of a newer release that is there stays.
func (s *Store) putItem(ctx context.Context, i item) error {
	put := s.put(i)
	_, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression,
		ExpressionAttributeNames: put.ExpressionAttributeNames, ExpressionAttributeValues: put.ExpressionAttributeValues,
	})
	if conditionFailed(err) {
		return nil
	}
	return err
}

// lately tells whether something was remembered less than rememberedFor ago.
func (s *Store) lately(memory map[string]time.Time, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := memory[name]
	return ok && s.now().Sub(at) < rememberedFor
}

func (s *Store) remember(memory map[string]time.Time, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(memory) > maxRemembered {
		clear(memory)
	}
	memory[name] = s.now()
}

// Document gives a saved text by its hash; false when there is none.
func (s *Store) Document(ctx context.Context, hash string) (string, bool, error) {
	i, err := s.get(ctx, keyOf(prefixDocument+hash, sortDocument))
	if err != nil {
		return "", false, fmt.Errorf("read document %s: %w", hash, err)
	}
	if i == nil {
		return "", false, nil
	}
	r := read(i)
	body := r.body()
	if *r.err != nil {
		return "", false, fmt.Errorf("read document %s: %w", hash, *r.err)
	}
	return string(body), true, nil
}
