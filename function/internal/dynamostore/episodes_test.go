package dynamostore_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

var _ = scenario("episodes are committed with what is reported of them or not at all", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	none, err := s.Episodes(ctx, account)
	must(t, err)
	if diff := cmp.Diff(episode.Episodes{Account: account}, none); diff != "" {
		t.Errorf("never stored (-want +got):\n%s", diff)
	}
	first, reports, changed := none.Tried("sweep", []episode.Trouble{{Key: "denied:iam:GetRole", Subject: "é"}}, start)
	if !changed || len(reports) != 1 {
		t.Fatalf("%d reports, changed %v", len(reports), changed)
	}
	out := []message.Outgoing{{ID: reports[0].ID, Kind: message.KindOperations}}
	must(t, s.CommitEpisodes(ctx, first, out, start))
	if err := other.CommitEpisodes(ctx, none, []message.Outgoing{{ID: "late"}}, start); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("at a revision that has moved on: %v", err)
	}
	if err := s.CommitEpisodes(ctx, episode.Episodes{}, nil, start); err == nil {
		t.Error("episodes of no account were committed")
	}
	first.Revision = 1
	got, err := other.Episodes(ctx, account)
	must(t, err)
	if diff := cmp.Diff(first, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	left, err := s.Outbox(ctx, start)
	if err != nil || len(left) != 1 || left[0].ID != reports[0].ID {
		t.Errorf("left %v, %v", left, err)
	}
})
