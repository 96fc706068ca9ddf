package dynamostore_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

func tallyOf(t *testing.T, s *dynamostore.Store) finding.Tally {
	t.Helper()
	tally, err := s.Tally(ctx, account)
	must(t, err)
	return tally
}

var _ = scenario("a tally is committed with its states or not at all", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	none := tallyOf(t, s)
	if diff := cmp.Diff(finding.Tally{Account: account}, none); diff != "" {
		t.Errorf("never stored (-want +got):\n%s", diff)
	}
	first := none.With([]finding.Transition{{Kind: finding.KindOpened, Finding: finding.Finding{ID: "a", Check: "RW301", Severity: check.High, Title: "é"}}}, start)
	state := load(t, s, key)
	must(t, s.CommitTally(ctx, first, []finding.State{state}, []message.Outgoing{{ID: "m"}}, start))
	first.Revision = 1
	if diff := cmp.Diff(first, tallyOf(t, other)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	for name, tally := range map[string]finding.Tally{"tally": none, "state": first} {
		again := state
		if name == "tally" {
			again.Revision = 1
		}
		if err := other.CommitTally(ctx, tally, []finding.State{again}, []message.Outgoing{{ID: "n"}}, start); !errors.Is(err, finding.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	left, err := s.Outbox(ctx, start)
	if err != nil || len(left) != 1 || tallyOf(t, s).Revision != 1 || load(t, s, key).Revision != 1 {
		t.Errorf("left %v, %v; tally %+v", left, err, tallyOf(t, s))
	}
	must(t, other.CommitTally(ctx, first.Reported(), nil, nil, start))
	if diff := cmp.Diff(finding.Tally{Account: account, Revision: 2}, tallyOf(t, s)); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	// The sweep's item stands under the same partition key and is not touched.
	if generation, mine, err := s.StartSweep(ctx, account, start, start); err != nil || !mine || generation != 1 {
		t.Errorf("sweep %d, %v, %v", generation, mine, err)
	}
	if keys := l.keysInTable(t); len(keys) != 4 || keys[0] != "ACCOUNT#"+account+" SWEEP" || keys[1] != "ACCOUNT#"+account+" TALLY" {
		t.Errorf("in the table: %v", keys)
	}
})
