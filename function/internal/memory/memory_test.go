package memory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

const (
	account = "111122223333"
	key     = "arn:aws:iam::111122223333:role/orders"
)

func load(t *testing.T, s *memory.Store, key string) finding.State {
	t.Helper()
	states, err := s.Load(ctx, []string{key})
	if err != nil || len(states) != 1 {
		t.Fatalf("load: %v, %d states", err, len(states))
	}
	return states[0]
}

func TestAStateComesBackAsItWasCommittedAndIsNotShared(t *testing.T) {
	s := memory.NewStore()
	state := load(t, s, key)
	if state.Key != key || state.Revision != 0 {
		t.Fatalf("a state that was never stored: %+v", state)
	}
	state.ARN, state.Newest = key, start
	state.Parts = map[role.Part]finding.PartState{"trust": {Hash: "h", Touched: start}}
	state.Findings = []finding.Stored{{ID: "RW102-x", Check: "RW102", Severity: check.Critical, Status: finding.Open, FirstSeen: start}}
	if err := s.Commit(ctx, []finding.State{state}, nil, start); err != nil {
		t.Fatal(err)
	}
	state.Parts["trust"] = finding.PartState{Hash: "changed after the commit"}
	got := load(t, s, key)
	want := state
	want.Revision, want.Parts = 1, map[role.Part]finding.PartState{"trust": {Hash: "h", Touched: start}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
	if open, _ := s.OpenRoles(ctx); len(open) != 1 || open[0] != key {
		t.Errorf("open roles %v", open)
	}
}

func TestOfTwoLooksThatLoadedOneRevisionOnlyTheFirstCommits(t *testing.T) {
	s := memory.NewStore()
	first, second := load(t, s, key), load(t, s, key)
	other := load(t, s, key+"-other")
	if err := s.Commit(ctx, []finding.State{first}, nil, start); err != nil {
		t.Fatal(err)
	}
	out := []message.Outgoing{{ID: "m1"}}
	if err := s.Commit(ctx, []finding.State{other, second}, out, start); !errors.Is(err, finding.ErrConflict) {
		t.Fatalf("second commit: %v", err)
	}
	if got := load(t, s, key+"-other"); got.Revision != 0 {
		t.Errorf("the failed commit stored a state: %+v", got)
	}
	if left, _ := s.Outbox(ctx, start.Add(time.Hour)); len(left) != 0 {
		t.Errorf("the failed commit left %v in the outbox", left)
	}
}

func TestACommitThatDynamoDBWouldRefuseIsRefused(t *testing.T) {
	s := memory.NewStore()
	out := make([]message.Outgoing, 100)
	if err := s.Commit(ctx, []finding.State{{Key: key}}, out, start); err == nil {
		t.Error("101 items went through")
	}
	if err := s.Commit(ctx, []finding.State{{Key: key}, {Key: key}}, nil, start); err == nil {
		t.Error("a key that is there twice went through")
	}
}

func TestHooksStandInTheWayBeforeAndAfterTheCommit(t *testing.T) {
	s := memory.NewStore()
	lost := errors.New("lost")
	fail := func([]finding.State, []message.Outgoing) error { return lost }
	s.Hooks.BeforeCommit = fail
	if err := s.Commit(ctx, []finding.State{{Key: key}}, nil, start); !errors.Is(err, lost) || load(t, s, key).Revision != 0 {
		t.Errorf("before: %v, revision %d", err, load(t, s, key).Revision)
	}
	s.Hooks = memory.Hooks{AfterCommit: fail}
	if err := s.Commit(ctx, []finding.State{{Key: key}}, nil, start); !errors.Is(err, lost) || load(t, s, key).Revision != 1 {
		t.Errorf("after: %v, revision %d", err, load(t, s, key).Revision)
	}
	s.Hooks = memory.Hooks{
		Load:  func([]string) error { return lost },
		Users: func(string, role.Users) role.Users { return role.Users{Why: "lags"} },
	}
	if _, err := s.Load(ctx, []string{key}); !errors.Is(err, lost) {
		t.Errorf("load: %v", err)
	}
	if users, _ := s.Users(ctx, account, key); users.Why != "lags" {
		t.Errorf("users: %+v", users)
	}
}

func TestTheOutboxHandsOutWhatIsNotLeasedOnceToWhoeverLeasesIt(t *testing.T) {
	s := memory.NewStore()
	out := []message.Outgoing{{ID: "b", Kind: message.KindFindings}, {ID: "a", Kind: message.KindWork}}
	if err := s.Commit(ctx, nil, out, start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if left, _ := s.Outbox(ctx, start); len(left) != 0 {
		t.Errorf("leased, and handed out: %v", left)
	}
	later := start.Add(time.Minute)
	left, _ := s.Outbox(ctx, later)
	if diff := cmp.Diff(out, left); diff != "" {
		t.Errorf("outbox (-want +got):\n%s", diff)
	}
	for i, want := range []bool{true, false} {
		if got, _ := s.Lease(ctx, "a", later, later.Add(time.Minute)); got != want {
			t.Errorf("lease %d: %v, want %v", i, got, want)
		}
	}
	if err := s.Delivered(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Lease(ctx, "a", later.Add(time.Hour), later.Add(2*time.Hour)); got {
		t.Error("leased what was delivered")
	}
	for i, want := range []bool{true, false} {
		if got, _ := s.NoticeOnce(ctx, account, "denied:x", message.Outgoing{ID: "n"}, start); got != want {
			t.Errorf("notice %d: %v, want %v", i, got, want)
		}
	}
}

func version(name, v, roleName string) role.Function {
	return role.Function{
		ARN: "arn:aws:lambda:us-east-1:" + account + ":function:" + name, Version: v,
		Role: "arn:aws:iam::" + account + ":role/service/" + roleName,
	}
}

func users(t *testing.T, s *memory.Store, roleName string) (list []string, complete bool) {
	t.Helper()
	u, err := s.Users(ctx, account, "arn:aws:iam::"+account+":role/"+roleName)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range u.List {
		list = append(list, f.QualifiedARN()[len("arn:aws:lambda:us-east-1:111122223333:function:"):])
	}
	return list, u.Complete
}

func TestTheIndexIsCompleteWithASweepAndKeepsWhatEventsWroteSince(t *testing.T) {
	s := memory.NewStore()
	put := func(name string, versions ...role.Function) {
		t.Helper()
		if err := s.PutVersions(ctx, account, version(name, "", "").ARN, versions); err != nil {
			t.Fatal(err)
		}
	}
	put("gone", version("gone", "$LATEST", "a"))
	generation, mine, err := s.StartSweep(ctx, account, start, start.Add(time.Hour))
	if err != nil || !mine {
		t.Fatalf("start: %v %v", mine, err)
	}
	if _, again, _ := s.StartSweep(ctx, account, start, start.Add(time.Hour)); again {
		t.Error("two sweeps at a time")
	}
	put("new", version("new", "10", "a"), version("new", "2", "a"), version("new", "$LATEST", "b"))
	stale := version("new", "2", "b")
	if err := s.PutSwept(ctx, generation, []role.Function{stale, version("old", "$LATEST", "a")}); err != nil {
		t.Fatal(err)
	}
	if list, complete := users(t, s, "a"); complete || len(list) != 4 {
		t.Errorf("under way: %v, complete %v", list, complete)
	}
	if err := s.IndexBuilt(ctx, account, generation); err != nil {
		t.Fatal(err)
	}
	list, complete := users(t, s, "a")
	if diff := cmp.Diff([]string{"new:2", "new:10", "old"}, list); diff != "" || !complete {
		t.Errorf("built, complete %v (-want +got):\n%s", complete, diff)
	}
	if err := s.FinishSweep(ctx, account, generation, start); err != nil {
		t.Fatal(err)
	}
	sweep, _ := s.SweepState(ctx, account)
	if diff := cmp.Diff(finding.Sweep{Generation: 1, Complete: 1, Indexed: 1, CompletedAt: start}, sweep); diff != "" {
		t.Errorf("sweep (-want +got):\n%s", diff)
	}
	put("old")
	if list, _ := users(t, s, "a"); len(list) != 2 {
		t.Errorf("after a deletion: %v", list)
	}
	if versions, _ := s.Versions(ctx, stale.ARN); len(versions) != 3 || versions[0].Version != "$LATEST" {
		t.Errorf("versions %v", versions)
	}
}

func TestAnOvertakenSweepChangesNothing(t *testing.T) {
	s := memory.NewStore()
	first, _, _ := s.StartSweep(ctx, account, start, start.Add(time.Hour))
	second, mine, _ := s.StartSweep(ctx, account, start.Add(2*time.Hour), start.Add(3*time.Hour))
	if !mine || second != first+1 {
		t.Fatalf("second sweep: %d %v", second, mine)
	}
	_ = s.IndexBuilt(ctx, account, first)
	_ = s.FinishSweep(ctx, account, first, start)
	if sweep, _ := s.SweepState(ctx, account); sweep.Complete != 0 || sweep.Indexed != 0 || sweep.LeasedUntil.IsZero() {
		t.Errorf("sweep %+v", sweep)
	}
}

func TestTheQueueHandsOverWhatIsDueInOrder(t *testing.T) {
	now := start
	q := memory.NewQueue(func() time.Time { return now })
	for _, s := range []struct {
		body  string
		delay time.Duration
	}{{"late", 2 * time.Minute}, {"first", time.Minute}, {"second", time.Minute}} {
		if err := q.Send(ctx, []byte(s.body), s.delay); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Send(ctx, nil, memory.MaxDelay+time.Second); err == nil {
		t.Error("SQS would refuse that delay")
	}
	if _, ok := q.Pop(start); ok {
		t.Error("handed over before it was due")
	}
	if due, ok := q.Next(); !ok || !due.Equal(start.Add(time.Minute)) {
		t.Errorf("next %v %v", due, ok)
	}
	now = start.Add(time.Minute)
	item, _ := q.Pop(now)
	q.Return(item, 30*time.Second)
	var got []string
	for now = start.Add(time.Hour); q.Len() > 0; {
		item, _ := q.Pop(now)
		got = append(got, string(item.Body))
		if string(item.Body) == "first" && item.Receives != 2 {
			t.Errorf("receives %d", item.Receives)
		}
	}
	if diff := cmp.Diff([]string{"second", "first", "late"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestThePublisherKeepsOrTells(t *testing.T) {
	p := memory.NewPublisher(nil)
	if err := p.Publish(ctx, message.Outgoing{ID: "m"}); err != nil || len(p.Sent()) != 1 {
		t.Errorf("%v, sent %v", err, p.Sent())
	}
	down := errors.New("down")
	p = memory.NewPublisher(func(message.Outgoing) error { return down })
	if err := p.Publish(ctx, message.Outgoing{ID: "m"}); !errors.Is(err, down) || len(p.Sent()) != 0 {
		t.Errorf("%v, sent %v", err, p.Sent())
	}
}
