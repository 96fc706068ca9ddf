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
)

// What the command function writes has partition keys of its own, so that its role may write nothing else: the acts about the findings
// of a role are one item, and each call is one.
const (
	sortActs = "ACTS"
	sortCall = "CALL#"
	// actsLife is how long the acts of a role stay after the last of them was stored, and callLife how long a call does.
	actsLife = finding.LongestAcceptance + 90*24*time.Hour
	callLife = 400 * 24 * time.Hour
	// mostActs is how many acts about one role are kept.
	mostActs = 200
)

func actsKey(role string) item { return keyOf(deploy.ActsPrefix+role, sortActs) }

// Acts gives what people decided about findings of roles, by the key of the role, read consistently. Where some cannot be read, the
// error says so and the others are there.
func (s *Store) Acts(ctx context.Context, keys []string) (map[string][]finding.Act, error) {
	var wanted []item
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		wanted = append(wanted, actsKey(key))
	}
	items, err := s.getAll(ctx, wanted)
	if err != nil {
		return nil, fmt.Errorf("read the acts of %d roles: %w", len(keys), err)
	}
	out := map[string][]finding.Act{}
	var unread []error
	for _, i := range items {
		r := read(i)
		key := r.name(deploy.ActsPrefix)
		var acts []finding.Act
		if r.decode(&acts); *r.err != nil {
			unread = append(unread, fmt.Errorf("read the acts of %s: %w", key, *r.err))
			continue
		}
		out[key] = acts
	}
	return out, errors.Join(unread...)
}

// ActedRoles lists the keys of roles about whose findings somebody decided, in order. One whose first act was stored a moment ago may be
// missing.
func (s *Store) ActedRoles(ctx context.Context) ([]string, error) {
	items, err := s.indexKeys(ctx, s.word(deploy.ActedRoles))
	if err != nil {
		return nil, fmt.Errorf("list the roles with acts: %w", err)
	}
	keys := make([]string, 0, len(items))
	for _, i := range items {
		keys = append(keys, read(i).name(deploy.ActsPrefix))
	}
	slices.Sort(keys)
	return keys, nil
}

// PutAct stores an act in place of an earlier one about the same finding, and the call that it came by in the same transaction. It fails
// with finding.ErrConflict when another act about the role is stored at the same time.
func (s *Store) PutAct(ctx context.Context, key string, act finding.Act, call finding.Call) error {
	fail := func(err error) error { return fmt.Errorf("store the act about %s: %w", act.Finding, err) }
	var acts []finding.Act
	revision, err := s.revised(ctx, actsKey(key), &acts)
	if err != nil {
		return fail(err)
	}
	if acts = finding.WithAct(acts, act); len(acts) > mostActs {
		return fail(fmt.Errorf("the role has %d acts already, and the table keeps %d", len(acts)-1, mostActs))
	}
	put, err := s.putRevised(actsKey(key), acts, revision)
	if err != nil {
		return fail(err)
	}
	put.Item[deploy.RoleIndexKey], put.Item[deploy.ExpiresKey] = text(s.word(deploy.ActedRoles)), number(s.now().Add(actsLife).Unix())
	audit, err := s.putCall(call)
	if err != nil {
		return fail(err)
	}
	if err := fits(put.Item); err != nil {
		return fail(err)
	}
	if err := s.transact(ctx, []types.TransactWriteItem{{Put: put}, {Put: audit}}); err != nil {
		return fail(err)
	}
	return nil
}

// PutCall stores a call that led to no act.
func (s *Store) PutCall(ctx context.Context, call finding.Call) error {
	put, err := s.putCall(call)
	if err == nil {
		err = s.transact(ctx, []types.TransactWriteItem{{Put: put}})
	}
	if err != nil {
		return fmt.Errorf("store a call of the command function: %w", err)
	}
	return nil
}

// callTime is the time in the sort key of a call: as wide for every call, so that the keys are in the order of the calls.
const callTime = "2006-01-02T15:04:05.000000000Z07:00"

func (s *Store) putCall(call finding.Call) (*types.Put, error) {
	if call.Account == "" || call.ID == "" {
		return nil, errors.New("the call has no account or no ID")
	}
	body, err := json.Marshal(call, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	i := newItem(keyOf(deploy.CallsPrefix+call.Account, sortCall+call.At.UTC().Format(callTime)+"#"+call.ID))
	i[updatedKey], i["body"], i[deploy.ExpiresKey] = when(call.At), text(string(body)), number(s.now().Add(callLife).Unix())
	return s.putNew(i), nil
}
