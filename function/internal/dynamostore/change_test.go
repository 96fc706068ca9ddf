package dynamostore_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

var _ = scenario("a slice is committed with its states or not at all, and counted once", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	none, err := s.Change(ctx, account, "c")
	must(t, err)
	if diff := cmp.Diff(fanin.Change{Account: account, ID: "c"}, none); diff != "" {
		t.Errorf("never stored (-want +got):\n%s", diff)
	}
	change := fanin.Change{Account: account, ID: "c", Slices: 12, Roles: 600, Started: start, Changes: []finding.Change{{EventID: "e"}}}
	must(t, s.CommitChange(ctx, change, []message.Outgoing{{ID: "count"}}, start))
	if err := other.CommitChange(ctx, change, nil, start); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("started twice: %v", err)
	}
	state := load(t, s, key)
	slice := fanin.Slice{Number: 11, Folds: []message.Fold{{Kind: finding.KindOpened, Check: "RW301", Severity: check.Critical, Lead: finding.Finding{Severity: check.Critical}, Findings: 50, Names: []string{"é"}}}}
	must(t, s.CommitSlices(ctx, account, map[string]fanin.Slice{"c": slice}, nil, []finding.State{state}, []message.Outgoing{{ID: "m"}}, start))
	must(t, other.CommitSlices(ctx, account, map[string]fanin.Slice{"c": fanin.Slice{Number: 2}}, nil, nil, nil, start))
	again := state
	again.Revision = 1
	if err := other.CommitSlices(ctx, account, map[string]fanin.Slice{"c": slice}, nil, []finding.State{again}, []message.Outgoing{{ID: "n"}}, start); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("committed twice: %v", err)
	}
	if err := other.CommitSlices(ctx, account, map[string]fanin.Slice{"c": fanin.Slice{Number: 3}}, nil, []finding.State{state}, nil, start); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("with a state that has moved on: %v", err)
	}
	if got := load(t, s, key).Revision; got != 1 {
		t.Errorf("the state is at revision %d", got)
	}
	change.Revision, change.Done = 1, []int{2, 11}
	got, err := other.Change(ctx, account, "c")
	must(t, err)
	if diff := cmp.Diff(change, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	slices, err := other.Slices(ctx, account, "c")
	must(t, err)
	if diff := cmp.Diff([]int{2, 11}, []int{slices[0].Number, slices[1].Number}); diff != "" || len(slices[1].Folds) != 1 || slices[1].Folds[0].Names[0] != "é" {
		t.Errorf("slices %+v", slices)
	}
	if rest, err := s.Slices(ctx, account, "d"); err != nil || len(rest) != 0 {
		t.Errorf("of another change: %+v, %v", rest, err)
	}
	left, err := s.Outbox(ctx, start)
	if err != nil || len(left) != 2 {
		t.Errorf("left %v, %v", left, err)
	}
})
