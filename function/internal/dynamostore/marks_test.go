package dynamostore_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var _ = scenario("a time is noted by its name, and the latest one stays", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	none, err := s.Marks(ctx, account)
	must(t, err)
	if len(none) != 0 {
		t.Errorf("never noted: %v", none)
	}
	must(t, s.Mark(ctx, account, "heartbeat:eu-west-1", start))
	must(t, other.Mark(ctx, account, "heartbeat:eu-west-1", start.Add(time.Hour)))
	must(t, s.Mark(ctx, account, "heartbeat:eu-west-1", start.Add(time.Minute)))
	must(t, s.Mark(ctx, account, "selfcheck:checked", start))
	must(t, s.Mark(ctx, "444455556666", "selfcheck:checked", start.Add(time.Hour)))
	if s.Mark(ctx, account, "", start) == nil || s.Mark(ctx, "", "x", start) == nil {
		t.Error("a time without a name or an account was noted")
	}
	got, err := other.Marks(ctx, account)
	must(t, err)
	want := map[string]time.Time{"heartbeat:eu-west-1": start.Add(time.Hour), "selfcheck:checked": start}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
})
