package dynamostore_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

var _ = scenario("the outbox hands out what is not leased, once, to whoever leases it", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	out := []message.Outgoing{
		{ID: "b", Kind: message.KindFindings, Created: start, Rendered: &message.Rendered{
			Subject: "s", Machine: `{"a":"é"}`, Email: "e", SMS: "m", Channels: map[string]message.Texts{"chat": {"{}"}}, Attributes: map[string][]string{"checks": {"RW101"}},
		}},
		{ID: "a", Kind: message.KindWork, Work: []byte(`{"rolewatch":"look"}`), Due: start.Add(time.Minute), Created: start.Add(time.Nanosecond)},
	}
	until := start.Add(time.Minute)
	must(t, s.Commit(ctx, nil, out, until))
	for _, at := range []time.Time{start, until.Add(-1)} {
		if left, err := s.Outbox(ctx, at); err != nil || len(left) != 0 {
			t.Errorf("leased, and handed out at %s: %v, %v", at, left, err)
		}
	}
	left, err := s.Outbox(ctx, until)
	if diff := cmp.Diff(out, left); err != nil || diff != "" {
		t.Errorf("outbox: %v (-want +got):\n%s", err, diff)
	}
	lease := func(who leaser, id string, now time.Time) bool {
		t.Helper()
		mine, err := who.Lease(ctx, id, now, now.Add(time.Minute))
		must(t, err)
		return mine
	}
	if !lease(s, "a", until) || lease(other, "a", until) || lease(other, "a", until.Add(time.Minute-1)) {
		t.Error("the lease does not hold, or not for one alone")
	}
	if left, err := other.Outbox(ctx, until); err != nil || len(left) != 1 || left[0].ID != "b" {
		t.Errorf("while a is leased: %v, %v", left, err)
	}
	if !lease(other, "a", until.Add(time.Minute)) {
		t.Error("the lease does not lapse")
	}
	must(t, s.Delivered(ctx, "a"))
	must(t, other.Delivered(ctx, "a"))
	if lease(s, "a", until.Add(time.Hour)) {
		t.Error("leased what was delivered")
	}
	if keys := l.keysInTable(t); len(keys) != 1 || keys[0] != "MSG#b MSG" {
		t.Errorf("in the table: %v", keys)
	}
})

var _ = scenario("a notice is told once for an account", func(t *testing.T, l *lab) {
	s := l.store()
	tell := func(account, id string) bool {
		t.Helper()
		rendered := message.Operations(message.Notice{Account: account, Region: "us-east-1", Subject: "subject", Text: "text"}, nil)
		out := message.Outgoing{ID: id, Kind: message.KindOperations, Rendered: &rendered, Created: start}
		first, err := s.NoticeOnce(ctx, account, "denied:iam:GetRole", out, start)
		must(t, err)
		return first
	}
	if !tell(account, "n1") || tell(account, "n2") || !tell("999988887777", "n3") {
		t.Error("not once for each account")
	}
	// Another process knows of it from the table.
	s = l.store()
	if tell(account, "n4") || tell(account, "n5") {
		t.Error("another process told it again")
	}
	left, err := s.Outbox(ctx, start)
	if err != nil || len(left) != 2 || left[0].ID != "n1" || left[1].ID != "n3" {
		t.Errorf("outbox: %v, %v", left, err)
	}
})

type leaser interface {
	Lease(ctx context.Context, id string, now, until time.Time) (bool, error)
}
