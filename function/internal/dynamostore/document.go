package dynamostore

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// maxRemembered bounds how many hashes are remembered as saved.
const maxRemembered = 50_000

// SaveDocuments keeps policy texts by their hash. A text that stays too large for an item is left out, and told by the
// error; the others are saved.
func (s *Store) SaveDocuments(ctx context.Context, texts []string) error {
	var writes []types.WriteRequest
	var hashes []string
	var failed error
	seen := map[string]bool{}
	for _, t := range texts {
		hash := role.HashText(t)
		if seen[hash] || s.remembered(hash) {
			continue
		}
		seen[hash] = true
		i := keyOf(prefixDocument+hash, sortDocument)
		i["body"] = binary(pack([]byte(t)))
		if err := fits(i); err != nil {
			failed = errors.Join(failed, fmt.Errorf("save document %s: %w", hash, err))
			continue
		}
		// The key says what is in the item: to put it where it is already changes nothing.
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		hashes = append(hashes, hash)
	}
	if err := s.writeAll(ctx, writes); err != nil {
		return errors.Join(failed, fmt.Errorf("save %d documents: %w", len(writes), err))
	}
	s.remember(hashes)
	return failed
}

func (s *Store) remembered(hash string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved[hash]
}

func (s *Store) remember(hashes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.saved) > maxRemembered {
		clear(s.saved)
	}
	for _, hash := range hashes {
		s.saved[hash] = true
	}
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
