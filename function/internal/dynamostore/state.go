package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Load reads states in the order of keys, strongly consistent; one that was never stored has its Key and Revision 0. If states
// cannot be read, those have their Key and Revision finding.NotRead, and the error is a *finding.UnreadError: the others are as
// stored.
func (s *Store) Load(ctx context.Context, keys []string) ([]finding.State, error) {
	items, err := s.getAll(ctx, stateKeys(keys))
	if err != nil {
		return nil, fmt.Errorf("load states: %w", err)
	}
	return statesOf(keys, items)
}

// LoadNoted is Load, with the times that are noted for an account, by name, in the same call; nil where those cannot be read.
func (s *Store) LoadNoted(ctx context.Context, account string, keys []string) ([]finding.State, map[string]time.Time, error) {
	items, err := s.getAll(ctx, append(stateKeys(keys), marksKey(account)))
	if err != nil {
		return nil, nil, fmt.Errorf("load states: %w", err)
	}
	marks, noted := map[string]time.Time{}, error(nil)
	items = slices.DeleteFunc(items, func(i item) bool {
		is := read(i).text(deploy.SortKey) == sortMarks
		if is {
			marks, noted = marksOf(i)
		}
		return is
	})
	if noted != nil {
		s.Log.Error("times not read", "account", account, "error", noted.Error())
		marks = nil
	}
	states, err := statesOf(keys, items)
	return states, marks, err
}

// stateKeys are the keys of the items of states, each once.
func stateKeys(keys []string) (wanted []item) {
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		wanted = append(wanted, keyOf(prefixRole+key, sortState))
	}
	return wanted
}

// statesOf reads items as the states of roles, in the order of keys.
func statesOf(keys []string, items []item) ([]finding.State, error) {
	stored := make(map[string]finding.State, len(items))
	unread := map[string]error{}
	for _, i := range items {
		state, err := parseState(i)
		if err != nil {
			unread[state.Key] = err
		}
		stored[state.Key] = state
	}
	states := make([]finding.State, len(keys))
	for i, key := range keys {
		states[i] = stored[key]
		states[i].Key = key
	}
	if len(unread) > 0 {
		return states, fmt.Errorf("load states: %w", &finding.UnreadError{Roles: unread})
	}
	return states, nil
}

// parseState reads an item as a state; one that cannot be read has its Key, and Revision finding.NotRead.
func parseState(i item) (finding.State, error) {
	r := read(i)
	key := r.name(prefixRole)
	var state finding.State
	if body := r.body(); *r.err == nil {
		*r.err = decodeState(body, nameOf(i), &state)
	}
	state.Key, state.Revision = key, r.number(revisionKey)
	if *r.err == nil && state.Revision < 1 {
		r.fail(revisionKey, "count")
	}
	if *r.err != nil {
		return finding.State{Key: key, Revision: finding.NotRead}, *r.err
	}
	return state, nil
}

// decodeState reads a state's body. Its number is read from it, too: releases that gave items none of their own had it there.
func decodeState(body []byte, name string, state *finding.State) error {
	err := json.Unmarshal(body, state)
	var head struct {
		Schema int64 `json:"schema"`
	}
	if err == nil {
		head.Schema = int64(state.Schema)
	} else if json.Unmarshal(body, &head) != nil {
		return err
	}
	if head.Schema > finding.Schema {
		return &finding.NewerError{Item: name, Schema: head.Schema, Known: finding.Schema}
	}
	return err
}

// Commit writes states, each only at the revision that it was loaded with, and puts out into the outbox, leased until
// then: all or nothing. It fails with finding.ErrConflict when a revision has moved on, or moves on just then.
func (s *Store) Commit(ctx context.Context, states []finding.State, out []message.Outgoing, leased time.Time) error {
	return s.commit(ctx, nil, states, out, leased)
}

// commit is Commit with further items in the transaction.
func (s *Store) commit(ctx context.Context, more []*types.Put, states []finding.State, out []message.Outgoing, leased time.Time) error {
	n := len(more) + len(states) + len(out)
	if n == 0 {
		return nil
	}
	if n > maxTransaction {
		return fmt.Errorf("commit states: %d items, a transaction holds at most %d", n, maxTransaction)
	}
	writes := make([]types.TransactWriteItem, 0, n)
	seen := make(map[string]bool, n)
	total := 0
	add := func(what string, put *types.Put) error {
		key := read(put.Item).text(deploy.PartitionKey) + "\x00" + read(put.Item).text(deploy.SortKey)
		if seen[key] {
			return fmt.Errorf("commit %s: it is there twice", what)
		}
		if err := fits(put.Item); err != nil {
			return fmt.Errorf("commit %s: %w", what, err)
		}
		seen[key] = true
		total += size(put.Item)
		writes = append(writes, types.TransactWriteItem{Put: put})
		return nil
	}
	for _, put := range more {
		if err := add(read(put.Item).text(deploy.SortKey), put); err != nil {
			return err
		}
	}
	for i := range states {
		put, err := s.putState(&states[i])
		if err != nil {
			return err
		}
		if err := add("state of "+states[i].Key, put); err != nil {
			return err
		}
	}
	for i := range out {
		put, err := s.putOutgoing(&out[i], leased)
		if err != nil {
			return err
		}
		if err := add("message "+out[i].ID, put); err != nil {
			return err
		}
	}
	if total > maxTransactionBytes {
		return fmt.Errorf("commit %d states and %d messages: %d bytes, a transaction holds at most %d", len(states), len(out), total, maxTransactionBytes)
	}
	if err := s.transact(ctx, writes); err != nil {
		return fmt.Errorf("commit %d states and %d messages: %w", len(states), len(out), err)
	}
	return nil
}

// putState writes a state's next revision, if it is still at the one before.
func (s *Store) putState(state *finding.State) (*types.Put, error) {
	if state.Key == "" {
		return nil, errors.New("commit states: a state has no key")
	}
	if state.Revision < 0 {
		return nil, fmt.Errorf("commit state of %s: the one that is stored could not be read", state.Key)
	}
	body, err := packJSON(state)
	if err != nil {
		return nil, fmt.Errorf("commit state of %s: %w", state.Key, err)
	}
	i := newItem(keyOf(prefixRole+state.Key, sortState))
	i[revisionKey], i[updatedKey], i["body"] = number(state.Revision+1), when(s.now()), body
	if len(state.Findings) > 0 {
		i[deploy.RoleIndexKey] = text(s.word(deploy.OpenRoles))
	}
	return s.putRevision(i, state.Revision), nil
}

// putRevision puts an item if the one that is there has this revision still; 0 is none.
func (s *Store) putRevision(i item, loaded int64) *types.Put {
	if loaded == 0 {
		return s.putNew(i)
	}
	condition := "#" + revisionKey + " = :loaded"
	return &types.Put{
		TableName: s.table, Item: i, ConditionExpression: &condition,
		ExpressionAttributeNames: names(condition), ExpressionAttributeValues: item{":loaded": number(loaded)},
	}
}

// putNew puts an item unless one is there.
func (s *Store) putNew(i item) *types.Put {
	condition := "attribute_not_exists(#" + deploy.PartitionKey + ")"
	return &types.Put{TableName: s.table, Item: i, ConditionExpression: &condition, ExpressionAttributeNames: names(condition)}
}

// put puts an item unless one of a newer release is there.
func (s *Store) put(i item) *types.Put {
	condition := notNewer
	return &types.Put{
		TableName: s.table, Item: i, ConditionExpression: &condition,
		ExpressionAttributeNames: names(condition), ExpressionAttributeValues: with(i, nil),
	}
}

// OpenRoles lists the keys of roles that have findings, in order. One that was committed a moment ago may be missing.
func (s *Store) OpenRoles(ctx context.Context) ([]string, error) {
	items, err := s.indexKeys(ctx, s.word(deploy.OpenRoles))
	if err != nil {
		return nil, fmt.Errorf("list roles with findings: %w", err)
	}
	keys := make([]string, 0, len(items))
	for _, i := range items {
		keys = append(keys, read(i).name(prefixRole))
	}
	slices.Sort(keys)
	return keys, nil
}
