package memory_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

func tallyOf(t *testing.T, s *memory.Store) finding.Tally {
	t.Helper()
	tally, err := s.Tally(ctx, account)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

func TestATallyIsCommittedWithItsStatesOrNotAtAll(t *testing.T) {
	s := memory.NewStore()
	none := tallyOf(t, s)
	if diff := cmp.Diff(finding.Tally{Account: account}, none); diff != "" {
		t.Errorf("never stored (-want +got):\n%s", diff)
	}
	first := none.With([]finding.Transition{{Kind: finding.KindOpened, Finding: finding.Finding{ID: "a", Check: "RW301", Severity: check.High}}}, start)
	state := load(t, s, key)
	if err := s.CommitTally(ctx, first, []finding.State{state}, []message.Outgoing{{ID: "m"}}, start); err != nil {
		t.Fatal(err)
	}
	first.Revision = 1
	if diff := cmp.Diff(first, tallyOf(t, s)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	// The tally has moved on, or a state has: nothing is written of either.
	for name, tally := range map[string]finding.Tally{"tally": none, "state": first} {
		again := state
		if name == "tally" {
			again.Revision = 1
		}
		if err := s.CommitTally(ctx, tally, []finding.State{again}, []message.Outgoing{{ID: "n"}}, start); !errors.Is(err, finding.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	left, err := s.Outbox(ctx, start)
	if err != nil || len(left) != 1 || tallyOf(t, s).Revision != 1 || load(t, s, key).Revision != 1 {
		t.Errorf("left %v, %v; tally %+v", left, err, tallyOf(t, s))
	}
	if err := s.CommitTally(ctx, first.Reported(), nil, nil, start); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(finding.Tally{Account: account, Revision: 2}, tallyOf(t, s)); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
}
