package memory

import (
	"context"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Acts gives what people decided about findings of roles, by the key of the role.
func (s *Store) Acts(ctx context.Context, keys []string) (map[string][]finding.Act, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]finding.Act{}
	for _, key := range keys {
		if acts := s.acts[key]; len(acts) > 0 {
			out[key] = slices.Clone(acts)
		}
	}
	return out, ctx.Err()
}

// ActedRoles lists the keys of roles about whose findings somebody decided, in order.
func (s *Store) ActedRoles(ctx context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.acts {
		if s.actor[key] == s.account {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, ctx.Err()
}

// PutAct stores an act in place of an earlier one about the same finding, together with the call that it came by.
func (s *Store) PutAct(ctx context.Context, key string, act finding.Act, call finding.Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acts[key], s.actor[key] = finding.WithAct(s.acts[key], act), s.account
	s.calls = append(s.calls, call)
	return nil
}

// PutCall stores a call that led to no act.
func (s *Store) PutCall(ctx context.Context, call finding.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	return ctx.Err()
}

// Calls are the calls of the command function, in the order in which they came.
func (s *Store) Calls() []finding.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}
