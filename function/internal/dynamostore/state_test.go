package dynamostore_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var _ = scenario("a state comes back as it was committed", func(t *testing.T, l *lab) {
	s := l.store()
	state := load(t, s, key)
	if state.Key != key || state.Revision != 0 {
		t.Fatalf("a state that was never stored: %+v", state)
	}
	state.Schema, state.ARN, state.RoleID, state.Exists, state.Newest, state.LookedAt = finding.Schema, key, "AROA1", true, start, start
	state.Parts = map[role.Part]finding.PartState{"trust": {Hash: "h", Touched: start}, "inline:é": {Gone: true}}
	state.Findings = []finding.Stored{{ID: "RW102-x", Check: "RW102", Severity: check.Critical, Status: finding.Open, FirstSeen: start, LastSeen: start}}
	state.Changes = []finding.Change{{EventID: "e1", EventName: "UpdateAssumeRolePolicy", Time: start}}
	must(t, s.Commit(ctx, []finding.State{state}, nil, start))
	want := state
	want.Revision = 1
	states, err := l.store().Load(ctx, []string{key + "-other", key, key})
	must(t, err)
	if diff := cmp.Diff([]finding.State{{Key: key + "-other"}, want, want}, states); diff != "" {
		t.Errorf("loaded (-want +got):\n%s", diff)
	}
	open, err := s.OpenRoles(ctx)
	if diff := cmp.Diff([]string{key}, open); err != nil || diff != "" {
		t.Errorf("open roles: %v (-want +got):\n%s", err, diff)
	}
	want.Findings = nil
	must(t, s.Commit(ctx, []finding.State{want}, nil, start))
	if open, err := s.OpenRoles(ctx); err != nil || len(open) != 0 {
		t.Errorf("open roles without a finding: %v, %v", open, err)
	}
	if got := load(t, s, key); got.Revision != 2 {
		t.Errorf("revision %d", got.Revision)
	}
})

var _ = scenario("of two looks that loaded one revision only the first commits", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	for revision := range int64(2) {
		first, second, third := load(t, s, key), load(t, other, key), load(t, other, key+"-other")
		if first.Revision != revision {
			t.Fatalf("revision %d, want %d", first.Revision, revision)
		}
		must(t, s.Commit(ctx, []finding.State{first}, nil, start))
		second.ARN = "read by the second"
		err := other.Commit(ctx, []finding.State{third, second}, []message.Outgoing{{ID: "m1", Kind: message.KindWork}}, start)
		if !errors.Is(err, finding.ErrConflict) {
			t.Fatalf("second commit: %v", err)
		}
	}
	if got := load(t, s, key+"-other"); got.Revision != 0 {
		t.Errorf("the failed commit stored a state: %+v", got)
	}
	if left, err := s.Outbox(ctx, start.Add(time.Hour)); err != nil || len(left) != 0 {
		t.Errorf("the failed commit left %v in the outbox: %v", left, err)
	}
})

var _ = scenario("many looks at once commit one after the other", func(t *testing.T, l *lab) {
	if l.emulator == "moto" {
		// Its transactions are not atomic: of two that check the same revision at once, both may go through.
		return
	}
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			s := l.store()
			for range 50 {
				states, err := s.Load(ctx, []string{key})
				if err == nil {
					states[0].Catalogue = fmt.Sprint(i)
					err = s.Commit(ctx, states, []message.Outgoing{{ID: fmt.Sprint("m", i), Kind: message.KindWork, Work: []byte("{}")}}, start)
				}
				if err == nil || !errors.Is(err, finding.ErrConflict) {
					errs <- err
					return
				}
			}
			errs <- errors.New("fifty conflicts")
		}()
	}
	wg.Wait()
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	s := l.store()
	if got := load(t, s, key); got.Revision != 8 {
		t.Errorf("revision %d after 8 commits", got.Revision)
	}
	if left, err := s.Outbox(ctx, start); err != nil || len(left) != 8 {
		t.Errorf("%d messages of 8 in the outbox: %v", len(left), err)
	}
})

var _ = scenario("a transaction that is sent again is the same one", func(t *testing.T, l *lab) {
	s := l.store()
	state := load(t, s, key)
	must(t, s.Commit(ctx, []finding.State{state}, []message.Outgoing{{ID: "m1"}}, start))
	if l.emulator == "moto" {
		// It knows no tokens.
		return
	}
	// Nothing has changed, the clock included: it is what the SDK sends when the answer was lost.
	if err := s.Commit(ctx, []finding.State{state}, []message.Outgoing{{ID: "m1"}}, start); err != nil {
		t.Errorf("sent again: %v", err)
	}
	if got := load(t, s, key); got.Revision != 1 {
		t.Errorf("revision %d", got.Revision)
	}
})

var _ = scenario("a hundred items and large ones go through", func(t *testing.T, l *lab) {
	s := l.store()
	var keys []string
	var states []finding.State
	for i := range 50 {
		k := fmt.Sprintf("%s-%02d", key, i)
		keys = append(keys, k)
		states = append(states, finding.State{Key: k, ARN: k, Catalogue: strings.Repeat("x", 100_000)})
	}
	var out []message.Outgoing
	for i := range 50 {
		out = append(out, message.Outgoing{ID: fmt.Sprint("m", i), Kind: message.KindFindings, Rendered: &message.Rendered{Machine: strings.Repeat("y", 100_000)}, Created: start})
	}
	must(t, s.Commit(ctx, states, out, start))
	got, err := s.Load(ctx, append(slices.Clone(keys), keys...))
	must(t, err)
	if len(got) != 100 || got[99].Key != keys[49] || got[99].Revision != 1 || len(got[0].Catalogue) != 100_000 {
		t.Errorf("%d states, last %s at %d", len(got), got[len(got)-1].Key, got[len(got)-1].Revision)
	}
	left, err := s.Outbox(ctx, start)
	must(t, err)
	if len(left) != 50 || len(left[0].Rendered.Machine) != 100_000 {
		t.Errorf("%d messages", len(left))
	}
})

var _ = scenario("documents are kept by their hash", func(t *testing.T, l *lab) {
	s := l.store()
	var texts []string
	for i := range 60 {
		texts = append(texts, fmt.Sprintf(`{"Version":"2012-10-17","Statement":[],"Id":"é%d"}`, i))
	}
	large := incompressible(600_000)
	err := s.SaveDocuments(ctx, append([]string{large, texts[0]}, texts...))
	if err == nil || !strings.Contains(err.Error(), role.HashText(large)) {
		t.Errorf("a text that is too large: %v", err)
	}
	must(t, s.SaveDocuments(ctx, texts))
	must(t, l.store().SaveDocuments(ctx, texts[:1]))
	for _, want := range texts {
		if got, ok, err := s.Document(ctx, role.HashText(want)); err != nil || !ok || got != want {
			t.Fatalf("%q: %q, %v, %v", want, got, ok, err)
		}
	}
	if _, ok, err := s.Document(ctx, role.HashText(large)); ok || err != nil {
		t.Errorf("the large text: %v, %v", ok, err)
	}
})

// incompressible is text that stays as large as it is.
func incompressible(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)[:n]
}

func TestACommitThatDynamoDBWouldRefuseIsRefusedBefore(t *testing.T) {
	f := newFake()
	huge := finding.State{Key: key, Catalogue: incompressible(600_000)}
	var many []finding.State
	for i := range 12 {
		many = append(many, finding.State{Key: fmt.Sprint(key, i), Catalogue: incompressible(480_000)})
	}
	for want, commit := range map[string]func() error{
		"100": func() error {
			return f.store().Commit(ctx, []finding.State{{Key: key}}, make([]message.Outgoing, 100), start)
		},
		"twice":   func() error { return f.store().Commit(ctx, []finding.State{{Key: key}, {Key: key}}, nil, start) },
		"no key":  func() error { return f.store().Commit(ctx, []finding.State{{}}, nil, start) },
		"no ID":   func() error { return f.store().Commit(ctx, nil, []message.Outgoing{{}}, start) },
		key:       func() error { return f.store().Commit(ctx, []finding.State{huge}, nil, start) },
		"4194304": func() error { return f.store().Commit(ctx, many, nil, start) },
	} {
		if err := commit(); err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, finding.ErrConflict) {
			t.Errorf("want %q: %v", want, err)
		}
	}
	if len(f.calls) != 0 {
		t.Errorf("calls: %v", f.calls)
	}
	must(t, f.store().Commit(ctx, nil, nil, start))
}
