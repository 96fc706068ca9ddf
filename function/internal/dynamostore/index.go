package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// writers is how many entries of the index are written at a time.
const writers = 8

// Users lists the function versions that use a role, by the index. The list is complete once a sweep has built the index, unless
// an entry is of a newer release; entries that are older than that sweep are left out and deleted.
func (s *Store) Users(ctx context.Context, account, roleKey string) (role.Users, error) {
	fail := func(err error) (role.Users, error) {
		return role.Users{}, fmt.Errorf("read who uses %s: %w", roleKey, err)
	}
	var newer *finding.NewerError
	whole, err := s.wholeIndex(ctx, account)
	if err != nil && !errors.As(err, &newer) {
		return fail(err)
	}
	keys, err := s.indexKeys(ctx, roleKey)
	if err != nil {
		return fail(err)
	}
	items, err := s.getAll(ctx, keys)
	if err != nil {
		return fail(err)
	}
	users := role.Users{Complete: whole > 0}
	if !users.Complete {
		users.Why = "no sweep of account " + account + " has listed every function yet"
	}
	list, err := s.current(ctx, items, whole)
	if err != nil && !errors.As(err, &newer) {
		return fail(err)
	}
	if newer != nil {
		users.Complete, users.Why = false, newer.Error()
	}
	for _, e := range list {
		if e.function.RoleKey() == roleKey {
			users.List = append(users.List, e.function)
		}
	}
	return users, nil
}

// Versions lists the versions of a function in the index.
func (s *Store) Versions(ctx context.Context, functionARN string) ([]role.Function, error) {
	whole, err := s.wholeIndex(ctx, awsfacts.AccountOf(functionARN))
	if err != nil {
		return nil, fmt.Errorf("read the index of %s: %w", functionARN, err)
	}
	items, err := s.entries(ctx, functionARN)
	if err != nil {
		return nil, fmt.Errorf("read the index of %s: %w", functionARN, err)
	}
	list, err := s.current(ctx, items, whole)
	if err != nil {
		return nil, fmt.Errorf("read the index of %s: %w", functionARN, err)
	}
	var out []role.Function
	for _, e := range list {
		out = append(out, e.function)
	}
	return out, nil
}

// entries reads all entries of a function, consistently.
func (s *Store) entries(ctx context.Context, functionARN string) ([]item, error) {
	condition := "#" + deploy.PartitionKey + " = :function"
	return s.query(ctx, &dynamodb.QueryInput{
		KeyConditionExpression: &condition, ExpressionAttributeNames: names(condition),
		ExpressionAttributeValues: item{":function": text(prefixFunction + functionARN)}, ConsistentRead: aws.Bool(true),
	})
}

// current gives the entries that count, in order, and deletes those that are older than the whole index. If entries are of a newer
// release, the error is a *finding.NewerError and the list has the others.
func (s *Store) current(ctx context.Context, items []item, whole int64) ([]entry, error) {
	var list, old []entry
	var newer error
	for _, i := range items {
		e, err := parseEntry(i)
		switch {
		case errors.As(err, new(*finding.NewerError)):
			newer = cmp.Or(newer, err)
			continue
		case err != nil:
			return nil, err
		}
		switch {
		case e.generation < whole:
			old = append(old, e)
		case !e.gone:
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.function.ARN, b.function.ARN), role.ByVersion(a.function, b.function))
	})
	condition := "#generation = :generation"
	err := each(ctx, old, func(e entry) error {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: s.table, Key: e.key(), ConditionExpression: &condition,
			ExpressionAttributeNames: names(condition), ExpressionAttributeValues: item{":generation": number(e.generation)},
		})
		if conditionFailed(err) {
			// It was written anew meanwhile: the next reading shows it.
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("delete outdated entries: %w", err)
	}
	return list, newer
}

// PutVersions makes the index hold these versions of a function and no others. They count as seen by the newest sweep. Up
// to a hundred changes are one transaction; of more, those that add come first.
func (s *Store) PutVersions(ctx context.Context, account, functionARN string, versions []role.Function) error {
	fail := func(err error) error { return fmt.Errorf("write the index of %s: %w", functionARN, err) }
	sweep, err := s.SweepState(ctx, account)
	if err != nil {
		return fail(err)
	}
	there, err := s.entries(ctx, functionARN)
	if err != nil {
		return fail(err)
	}
	before := make(map[string]item, len(there))
	for _, i := range there {
		r := read(i)
		if before[r.text(deploy.SortKey)] = i; *r.err != nil {
			return fail(*r.err)
		}
	}
	var writes []types.TransactWriteItem
	for _, f := range versions {
		if f.ARN != functionARN {
			return fail(fmt.Errorf("%s is another function", f.ARN))
		}
		i, err := entry{function: f, generation: sweep.Generation}.item()
		if err != nil {
			return fail(err)
		}
		sk := read(i).text(deploy.SortKey)
		if !same(before[sk], i) {
			writes = append(writes, types.TransactWriteItem{Put: s.put(i)})
		}
		delete(before, sk)
	}
	for _, i := range before {
		w, err := s.drop(i, sweep.Generation, sweep.Indexed)
		if err != nil {
			return fail(err)
		}
		writes = append(writes, w)
	}
	for chunk := range slices.Chunk(writes, maxTransaction) {
		if err := s.transact(ctx, chunk); err != nil {
			return fail(err)
		}
	}
	return nil
}

// drop takes an entry out of the index. While a sweep builds a new one a mark stays behind, or the sweep would put back
// what it had listed before.
func (s *Store) drop(i item, generation, whole int64) (types.TransactWriteItem, error) {
	e, err := parseEntry(i)
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	if generation <= whole {
		return types.TransactWriteItem{Delete: &types.Delete{TableName: s.table, Key: e.key()}}, nil
	}
	mark, err := entry{function: e.function, generation: generation, gone: true}.item()
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	return types.TransactWriteItem{Put: s.put(mark)}, nil
}

// PutSwept adds versions that a sweep of this generation has seen. What an event has written since that sweep began is
// newer and stays.
func (s *Store) PutSwept(ctx context.Context, generation int64, versions []role.Function) error {
	condition := "(attribute_not_exists(#generation) OR #generation < :generation) AND " + notNewer
	err := each(ctx, versions, func(f role.Function) error {
		i, err := entry{function: f, generation: generation}.item()
		if err != nil {
			return err
		}
		_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: s.table, Item: i, ConditionExpression: &condition,
			ExpressionAttributeNames: names(condition), ExpressionAttributeValues: with(i, item{":generation": number(generation)}),
		})
		var conflict *types.TransactionConflictException
		if conditionFailed(err) || errors.As(err, &conflict) {
			// An event has written it, or is just writing it, or a newer release has.
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.QualifiedARN(), err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write what sweep %d has seen: %w", generation, err)
	}
	return nil
}

// each does something for every one of a list, a few at a time. It starts no more after the first error, and gives that.
func each[T any](ctx context.Context, list []T, do func(T) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	slots := make(chan struct{}, writers)
	for _, v := range list {
		slots <- struct{}{}
		mu.Lock()
		stop := failed != nil
		mu.Unlock()
		if stop || ctx.Err() != nil {
			break
		}
		wg.Add(1)
		go func() {
			defer func() { <-slots; wg.Done() }()
			if err := do(v); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = cmp.Or(failed, err)
			}
		}()
	}
	wg.Wait()
	if failed != nil {
		return failed
	}
	return ctx.Err()
}
