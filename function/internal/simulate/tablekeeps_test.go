package simulate

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// The table in memory keeps what the store relies on: conditions, transactions of all or nothing, and the index.
func TestTheTableKeepsConditions(t *testing.T) {
	ctx, now := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	use := newUsage(func() time.Time { return now })
	in := newTable(func(context.Context) error { return nil }, use)
	s := dynamostore.New(in, tableName, func() time.Time { return now })
	key := "aws:111122223333:orders"
	out := message.Outgoing{ID: "m1", Kind: message.KindOperations, Rendered: &message.Rendered{Subject: "s"}, Created: now}
	fine := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	fine("commit", s.Commit(ctx, []finding.State{{Key: key}}, []message.Outgoing{out}, now.Add(time.Minute)))
	if err := s.Commit(ctx, []finding.State{{Key: key}}, []message.Outgoing{{ID: "m2", Kind: message.KindOperations}}, now); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("a commit at an old revision: %v", err)
	}
	states, err := s.Load(ctx, []string{key})
	if fine("load", err); states[0].Revision != 1 {
		t.Errorf("revision %d", states[0].Revision)
	}
	left, err := s.Outbox(ctx, now)
	if fine("outbox", err); len(left) != 0 {
		t.Errorf("%d in the outbox while it is leased, and m2 was not to be there", len(left))
	}
	now = now.Add(2 * time.Minute)
	if left, err = s.Outbox(ctx, now); err != nil || len(left) != 1 || left[0].ID != "m1" {
		t.Errorf("outbox %v, %v", left, err)
	}
	mine, err := s.Lease(ctx, "m1", now, now.Add(time.Minute))
	if fine("lease", err); !mine {
		t.Error("it is not leased")
	}
	if mine, err = s.Lease(ctx, "m1", now, now.Add(time.Minute)); err != nil || mine {
		t.Errorf("it is leased twice: %v", err)
	}
	fine("delivered", s.Delivered(ctx, "m1"))
	if left, err = s.Outbox(ctx, now.Add(time.Hour)); err != nil || len(left) != 0 {
		t.Errorf("outbox after delivery %v, %v", left, err)
	}
	if writes, _ := use.hottest(); use.writes < 6 || writes == "" {
		t.Errorf("%v write units, of %q the most", use.writes, writes)
	}
}

// An expression that is not understood ends the simulation, and is no condition that holds.
func TestAnExpressionThatIsNotUnderstoodPanics(t *testing.T) {
	for _, text := range []string{"", "size(#a) > :b", "#a", "#a = ", "(#a = :b", "#a = :b :c", "#a ~ :b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is understood", text)
				}
			}()
			conditionOf(text)
		}()
	}
}
