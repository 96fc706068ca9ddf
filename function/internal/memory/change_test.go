package memory_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// A slice is committed with its states and messages, once: what comes with it the second time is not committed either.
func TestASliceIsCommittedOnceWithItsStates(t *testing.T) {
	s := memory.NewStore()
	if err := s.CommitChange(ctx, fanin.Change{Account: account, ID: "c", Slices: 2}, nil, start); err != nil {
		t.Fatal(err)
	}
	commit := func(slice fanin.Slice, id string) error {
		state := load(t, s, key)
		state.Thread = start
		return s.CommitSlices(ctx, account, map[string]fanin.Slice{"c": slice}, nil, []finding.State{state}, []message.Outgoing{{ID: id}}, start)
	}
	if err := commit(fanin.Slice{Number: 2}, "first"); err != nil {
		t.Fatal(err)
	}
	if err := commit(fanin.Slice{Number: 2}, "second"); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("the same slice again: %v", err)
	}
	if got := load(t, s, key).Revision; got != 1 {
		t.Errorf("the state is at revision %d", got)
	}
	for _, part := range []int{1, 2} {
		if err := commit(fanin.Slice{Number: 1, Part: part}, "part"); err != nil {
			t.Errorf("part %d: %v", part, err)
		}
	}
	if err := commit(fanin.Slice{Number: 1, Part: 2}, "part again"); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("the same part again: %v", err)
	}
	change, err := s.Change(ctx, account, "c")
	if err != nil || !slices.Equal(change.Done, []int{2}) || change.Revision != 1 {
		t.Errorf("%+v, %v", change, err)
	}
	list, err := s.Slices(ctx, account, "c")
	if err != nil || len(list) != 3 || list[0].Part != 1 || list[1].Part != 2 || list[2].Number != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	waiting, err := s.Outbox(ctx, start)
	var ids []string
	for _, o := range waiting {
		ids = append(ids, o.ID)
	}
	if err != nil || !slices.Equal(ids, []string{"first", "part"}) {
		t.Errorf("the outbox holds %q, %v", ids, err)
	}
}

// Of the times that are noted under a name, the latest stands, in whatever order they come.
func TestTheLatestTimeThatIsNotedStands(t *testing.T) {
	s := memory.NewStore()
	for _, after := range []time.Duration{time.Hour, time.Minute, time.Hour, 2 * time.Hour, 0} {
		if err := s.Mark(ctx, account, "checked", start.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	marks, err := s.Marks(ctx, account)
	if err != nil || len(marks) != 1 || !marks["checked"].Equal(start.Add(2*time.Hour)) {
		t.Errorf("%v, %v", marks, err)
	}
	if other, err := s.Marks(ctx, "444455556666"); err != nil || len(other) != 0 {
		t.Errorf("another account has %v, %v", other, err)
	}
}
