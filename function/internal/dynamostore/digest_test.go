package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// digestStore is what the digest needs of a store.
type digestStore interface {
	Load(ctx context.Context, keys []string) ([]finding.State, error)
	Commit(ctx context.Context, states []finding.State, out []message.Outgoing, leased time.Time) error
	Outbox(ctx context.Context, now time.Time) ([]message.Outgoing, error)
	Digest(ctx context.Context, account string) ([]message.Outgoing, error)
	CommitDigest(ctx context.Context, taken, out []message.Outgoing, leased time.Time) error
}

func entry(id, account string, at time.Time) message.Outgoing {
	steps := []message.DigestStep{{Kind: finding.KindOpened, Finding: finding.Finding{ID: id, Title: "é", Severity: check.Low}}, {Kind: finding.KindResolved, Finding: finding.Finding{ID: id, Severity: check.Low}, Left: true}}
	return message.Outgoing{ID: id, Kind: message.KindDigest, Created: at, Digest: &message.DigestEntry{Account: account, Steps: steps}}
}

// digestStory is what becomes of some entries in a store, line by line.
func digestStory(s digestStore) (lines []string, err error) {
	say := func(what string, err error) {
		switch {
		case errors.Is(err, finding.ErrConflict):
			what += ": conflict"
		case err != nil:
			what += ": refused"
		}
		lines = append(lines, what)
	}
	show := func() {
		list, err := s.Digest(ctx, account)
		line := "waiting:"
		for _, o := range list {
			line += fmt.Sprintf(" %s(%d %q %v)", o.ID, len(o.Digest.Steps), o.Digest.Steps[0].Finding.Title, o.Digest.Steps[1].Left)
		}
		say(line, err)
		box, err := s.Outbox(ctx, start.Add(time.Hour))
		line = "outbox:"
		for _, o := range box {
			line += " " + o.ID
		}
		say(line, err)
	}
	states, err := s.Load(ctx, []string{key})
	if err != nil {
		return nil, err
	}
	a, b, c := entry("a", account, start.Add(2*time.Second)), entry("b", account, start.Add(time.Second)), entry("c", "444455556666", start)
	say("with a state", s.Commit(ctx, states, []message.Outgoing{a, {ID: "m", Kind: message.KindFindings}}, start))
	say("with the same state again", s.Commit(ctx, states, []message.Outgoing{entry("lost", account, start)}, start))
	say("more", s.Commit(ctx, nil, []message.Outgoing{b, c}, start))
	show()
	digest := message.Outgoing{ID: "digest", Kind: message.KindFindings, Created: start}
	say("taken", s.CommitDigest(ctx, []message.Outgoing{a, b}, []message.Outgoing{digest}, start))
	show()
	again := message.Outgoing{ID: "again", Kind: message.KindFindings, Created: start}
	say("taken twice", s.CommitDigest(ctx, []message.Outgoing{a, b}, []message.Outgoing{again}, start))
	say("put again", s.Commit(ctx, nil, []message.Outgoing{b}, start))
	say("one of two is there", s.CommitDigest(ctx, []message.Outgoing{a, b}, []message.Outgoing{again}, start))
	say("put together", s.CommitDigest(ctx, []message.Outgoing{b}, []message.Outgoing{entry("d", account, start)}, start))
	show()
	var many []message.Outgoing
	for i := range 101 {
		many = append(many, entry(fmt.Sprint("n", i), account, start))
	}
	say("too many", s.CommitDigest(ctx, many, nil, start))
	return lines, nil
}

var _ = scenario("the digest takes its entries once, as in memory", func(t *testing.T, l *lab) {
	want, err := digestStory(memory.NewStore())
	must(t, err)
	got, err := digestStory(l.store())
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-memory +table):\n%s", diff)
	}
	if want[3] != `waiting: b(2 "é" true) a(2 "é" true)` || want[5] != "taken" || want[6] != "waiting:" || want[8] != "taken twice: conflict" {
		t.Errorf("%q", want)
	}
})
