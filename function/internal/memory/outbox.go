package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

func (s *Store) put(out message.Outgoing, leased time.Time) {
	if out.Kind == message.KindDigest {
		s.digest[out.ID] = out
		return
	}
	s.sequence++
	s.outbox[out.ID] = storedOutgoing{out: out, leased: leased, sequence: s.sequence, account: s.account}
}

// Outbox lists what is in the outbox and not leased at that time, in the order in which it came.
func (s *Store) Outbox(ctx context.Context, now time.Time) ([]message.Outgoing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	free := slices.SortedFunc(maps.Values(s.outbox), func(a, b storedOutgoing) int { return cmp.Compare(a.sequence, b.sequence) })
	var out []message.Outgoing
	for _, stored := range free {
		if !stored.leased.After(now) && stored.account == s.account {
			out = append(out, stored.out)
		}
	}
	return out, ctx.Err()
}

// Lease takes one thing of the outbox until then; false when somebody else has it or it is gone.
func (s *Store) Lease(ctx context.Context, id string, now, until time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.outbox[id]
	if !ok || stored.leased.After(now) {
		return false, ctx.Err()
	}
	stored.leased = until
	s.outbox[id] = stored
	return true, ctx.Err()
}

// Delivered takes one thing out of the outbox.
func (s *Store) Delivered(ctx context.Context, id string) error {
	if s.Hooks.Delivered != nil {
		if err := s.Hooks.Delivered(id); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.outbox, id)
	return ctx.Err()
}

// NoticeOnce notes that something was told for an account, and puts out into the outbox if it had not been.
func (s *Store) NoticeOnce(ctx context.Context, account, key string, out message.Outgoing, leased time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := notice{account, key}
	if s.notices[n] {
		return false, ctx.Err()
	}
	s.notices[n] = true
	s.put(out, leased)
	return true, ctx.Err()
}
