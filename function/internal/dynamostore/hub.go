package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
)

const (
	// maxPart is how much of what the hub keeps is in one item, compressed.
	maxPart = 300 << 10
	// countLife is how long a count stays: it is used for a minute.
	countLife = time.Hour
)

func keptKey(name string, part int) item {
	return keyOf(prefixHub+name, sortKept+strconv.Itoa(part))
}

// Kept reads what the hub keeps under a name, consistently; what was never stored has revision 0. It may be in several items, which are
// written in one transaction.
func (s *Store) Kept(ctx context.Context, name string) (body []byte, revision int64, err error) {
	fail := func(err error) ([]byte, int64, error) {
		return nil, 0, fmt.Errorf("read what the hub keeps of %s: %w", name, err)
	}
	for range attemptsKept {
		first, err := s.get(ctx, keptKey(name, 0))
		if err != nil || first == nil {
			if err != nil {
				return fail(err)
			}
			return nil, 0, nil
		}
		r := read(first)
		revision = r.number(revisionKey)
		parts := int(r.number("parts"))
		packed := r.binary("body")
		if *r.err == nil && (revision < 1 || parts < 1) {
			r.fail(revisionKey, "count")
		}
		if *r.err != nil {
			return fail(*r.err)
		}
		more, whole, err := s.keptParts(ctx, name, parts, revision)
		if err != nil {
			return fail(err)
		}
		if !whole {
			continue // Somebody else is writing it.
		}
		if body, err = unpack(append(packed, more...)); err != nil {
			return fail(err)
		}
		return body, revision, nil
	}
	return fail(errors.New("its parts do not belong together"))
}

// attemptsKept is how often what is kept is read that is written at the same time.
const attemptsKept = 3

// keptParts are the parts after the first one; whole is false where one is missing or of another revision.
func (s *Store) keptParts(ctx context.Context, name string, parts int, revision int64) (packed []byte, whole bool, err error) {
	for n := 1; n < parts; n++ {
		i, err := s.get(ctx, keptKey(name, n))
		if err != nil {
			return nil, false, err
		}
		r := read(i)
		if i == nil || r.number(revisionKey) != revision {
			return nil, false, *r.err
		}
		packed = append(packed, r.binary("body")...)
		if *r.err != nil {
			return nil, false, *r.err
		}
	}
	return packed, true, nil
}

// Keep writes it at the revision that it was loaded with. It fails with finding.ErrConflict when the revision has moved on.
func (s *Store) Keep(ctx context.Context, name string, body []byte, revision int64) error {
	fail := func(err error) error { return fmt.Errorf("write what the hub keeps of %s: %w", name, err) }
	chunks := slices.Collect(slices.Chunk(pack(body), maxPart))
	var writes []types.TransactWriteItem
	total := 0
	for n, chunk := range chunks {
		i := newItem(keptKey(name, n))
		i[revisionKey], i[updatedKey], i["body"], i["parts"] = number(revision+1), when(s.now()), binary(chunk), number(int64(len(chunks)))
		put := s.put(i)
		if n == 0 {
			put = s.putRevision(i, revision)
		}
		total += size(i)
		writes = append(writes, types.TransactWriteItem{Put: put})
	}
	if total > maxTransactionBytes {
		return fail(fmt.Errorf("%d bytes, a transaction holds at most %d", total, maxTransactionBytes))
	}
	if err := s.transact(ctx, writes); err != nil {
		return fail(err)
	}
	return nil
}

// Count adds to what is counted of an account in the minute of a time, and gives the sum. A call that is sent again because its answer was
// lost may count twice.
func (s *Store) Count(ctx context.Context, account, what string, at time.Time, n int64) (int64, error) {
	key := keyOf(prefixAccount+account, sortCount+at.UTC().Truncate(time.Minute).Format(time.RFC3339))
	change := "ADD #n :n SET #" + deploy.ExpiresKey + " = :expires, #" + schemaKey + " = :" + schemaKey
	all := names(change)
	all["#n"] = what
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: s.table, Key: key, UpdateExpression: &change, ExpressionAttributeNames: all, ReturnValues: types.ReturnValueAllNew,
		ExpressionAttributeValues: with(key, item{":n": number(n), ":expires": number(s.now().Add(countLife).Unix())}),
	})
	if err != nil {
		return 0, fmt.Errorf("count %s of account %s: %w", what, account, err)
	}
	r := read(out.Attributes)
	sum := r.number(what)
	if *r.err != nil {
		return 0, fmt.Errorf("count %s of account %s: %w", what, account, *r.err)
	}
	return sum, nil
}

// binary is an attribute that holds bytes.
func (r reader) binary(name string) []byte {
	v, ok := r.item[name].(*types.AttributeValueMemberB)
	if !ok {
		r.fail(name, "binary")
		return nil
	}
	return slices.Clone(v.Value)
}
