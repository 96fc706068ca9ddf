package reconcile_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

func TestNeedless(t *testing.T) {
	later := finding.State{ConfirmAt: now.Add(time.Second), LookedAt: now.Add(-time.Minute)}
	for _, c := range []struct {
		name       string
		before     finding.State
		confirming bool
		readAt     time.Time
		want       reconcile.Outcome
	}{
		{name: "a later confirmation is due", before: later, confirming: true, want: reconcile.NotDue},
		{name: "a change of its own counts, whatever is due", before: later},
		{name: "this is the confirmation that is due", before: finding.State{ConfirmAt: now}, confirming: true},
		{name: "the snapshot is older than the last reconcile", before: later, readAt: now.Add(-2 * time.Minute), want: reconcile.Superseded},
		{name: "the snapshot is as old as the last reconcile", before: later, readAt: now.Add(-time.Minute), want: reconcile.Superseded},
		{name: "the snapshot is newer", before: later, readAt: now.Add(-time.Second)},
		{name: "the role was never reconciled", readAt: now},
	} {
		got, needless := reconcile.Needless(c.before, c.confirming, c.readAt, now)
		if got != c.want || needless != (c.want != 0) {
			t.Errorf("%s: %s, %v; want %s", c.name, got, needless, c.want)
		}
	}
}
