package dynamostore_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

const memberKey = "arn:aws:iam::222233334444:role/orders"

// openState is a state with a finding.
func openState(key string) finding.State {
	return finding.State{Key: key, ARN: key, Schema: finding.Schema, Exists: true, Findings: []finding.Stored{{ID: "RW301-0a1b2c3d4e5f", Check: "RW301", Severity: check.High, Status: finding.Open}}}
}

var _ = scenario("a table of one account that a hub opens keeps its state, and members have lists of their own", func(t *testing.T, l *lab) {
	before := l.store()
	must(t, before.Commit(ctx, []finding.State{openState(key)}, []message.Outgoing{{ID: "m1", Kind: message.KindWork, Work: []byte("{}"), Created: start}}, start))
	must(t, before.PutAct(ctx, key, finding.Act{ID: "a1", Finding: "RW301-0a1b2c3d4e5f", Kind: finding.Acknowledged, At: start}, finding.Call{ID: "c1", Account: account, At: start}))

	hub := l.store()
	member, other := hub.Of("222233334444"), hub.Of("333344445555")
	must(t, member.Commit(ctx, []finding.State{openState(memberKey)}, []message.Outgoing{{ID: "m2", Kind: message.KindWork, Work: []byte("{}"), Created: start}}, start))
	must(t, member.PutAct(ctx, memberKey, finding.Act{ID: "a2", Finding: "RW301-0a1b2c3d4e5f", Kind: finding.Acknowledged, At: start}, finding.Call{ID: "c2", Account: account, At: start}))
	for name, c := range map[string]struct {
		store         lists
		roles, outbox []string
	}{
		"the hub's own account": {hub, []string{key}, []string{"m1"}},
		"the hub's by name":     {member.Of(""), []string{key}, []string{"m1"}},
		"a member":              {member, []string{memberKey}, []string{"m2"}},
		"another member":        {other, nil, nil},
		"the release before":    {before, []string{key}, []string{"m1"}},
	} {
		open, err := c.store.OpenRoles(ctx)
		must(t, err)
		acted, err := c.store.ActedRoles(ctx)
		must(t, err)
		out, err := c.store.Outbox(ctx, start.Add(time.Hour))
		must(t, err)
		var ids []string
		for _, o := range out {
			ids = append(ids, o.ID)
		}
		if !slices.Equal(open, c.roles) || !slices.Equal(acted, c.roles) || !slices.Equal(ids, c.outbox) {
			t.Errorf("%s: open %v, with acts %v, outbox %v; want %v and %v", name, open, acted, ids, c.roles, c.outbox)
		}
	}
	// What is read by its key is the same for all.
	states, err := other.Load(ctx, []string{key, memberKey})
	must(t, err)
	if len(states[0].Findings) != 1 || len(states[1].Findings) != 1 {
		t.Errorf("states %+v", states)
	}
	// A finding that is over takes the role from the list of its account.
	states[1].Findings = nil
	must(t, member.Commit(ctx, states[1:], nil, start))
	if open, err := member.OpenRoles(ctx); err != nil || len(open) != 0 {
		t.Errorf("open %v, %v", open, err)
	}
})

// lists are the lists of an account.
type lists interface {
	OpenRoles(context.Context) ([]string, error)
	ActedRoles(context.Context) ([]string, error)
	Outbox(context.Context, time.Time) ([]message.Outgoing, error)
}

var _ = scenario("what a hub keeps is whole, whatever its size", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	if body, revision, err := s.Kept(ctx, "directory"); err != nil || body != nil || revision != 0 {
		t.Errorf("never stored: %q, %d, %v", body, revision, err)
	}
	random := rand.NewChaCha8([32]byte{1})
	for revision, size := range []int{10, 1 << 20, 700 << 10, 0, 400 << 10} {
		want := make([]byte, size)
		_, _ = random.Read(want)
		must(t, s.Keep(ctx, "directory", want, int64(revision)))
		if err := other.Keep(ctx, "directory", append(slices.Clone(want), 1), int64(revision)); !errors.Is(err, finding.ErrConflict) {
			t.Errorf("kept twice at revision %d: %v", revision, err)
		}
		got, at, err := other.Kept(ctx, "directory")
		must(t, err)
		if !bytes.Equal(got, want) || at != int64(revision)+1 {
			t.Errorf("%d of %d bytes at revision %d", len(got), size, at)
		}
	}
	if err := s.Keep(ctx, "directory", []byte("late"), 3); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("kept at an old revision: %v", err)
	}
})

var _ = scenario("records are counted by account and minute", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	for _, c := range []struct {
		account, what string
		at            time.Time
		n, want       int64
	}{
		{account, "records", start, 7, 7}, {account, "records", start.Add(20 * time.Second), 3, 10}, {account, "milliseconds", start, 9000, 9000},
		{"222233334444", "records", start, 1, 1}, {account, "records", start.Add(time.Minute), 2, 2}, {account, "records", start, 1, 11},
	} {
		got, err := s.Count(ctx, c.account, c.what, c.at, c.n)
		must(t, err)
		if got != c.want {
			t.Errorf("%s of %s at %v: %d, want %d", c.what, c.account, c.at, got, c.want)
		}
		s, other = other, s
	}
})
