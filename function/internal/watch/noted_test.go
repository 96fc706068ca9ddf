package watch_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// sparing is a lab after its first sweep with two roles that have no finding and one that has, and the names of the roles that were written
// since.
func sparing(t *testing.T) (*lab, *[]string) {
	l := newLab(t)
	for _, name := range []string{"orders", "quiet", "broad"} {
		l.role(name, goodTrust)
		l.function(name, name)
	}
	l.cloud.roles["broad"].inline["all"] = everything
	l.swept()
	l.pass(time.Hour)
	l.want("opened RW301 broad")
	written := &[]string{}
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		for i := range states {
			*written = append(*written, strings.TrimPrefix(states[i].ARN, roleARN("")))
		}
		return nil
	}
	return l, written
}

// A sweep writes the states of roles that have changed or have findings, and no others. When a role changes without a record, the last sweep is
// known to have seen it as it was.
func TestASweepWritesWhatHasChangedAlone(t *testing.T) {
	l, written := sparing(t)
	first := l.state("orders")
	for range 3 {
		l.nextSweep()
	}
	if !slices.Equal(*written, []string{"broad", "broad", "broad"}) || l.state("orders").Revision != first.Revision {
		t.Errorf("written: %v", *written)
	}
	if got := l.state("broad").Findings[0].LastSeen; l.now.Sub(got) > time.Hour {
		t.Errorf("the finding was seen last at %v, now is %v", got, l.now)
	}
	l.want()
	third, err := l.store.SweepState(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	l.cloud.roles["orders"].inline["all"] = everything
	l.nextSweep()
	l.want("opened RW301 orders")
	if after := l.state("orders").Parts[role.InlinePart("all")].Unrecorded.After; !after.Equal(third.CompletedAt) {
		t.Errorf("the policy was put after %v, and the sweep before started at %v", after, third.CompletedAt)
	}
	if slices.Contains(*written, "quiet") {
		t.Errorf("written: %v", *written)
	}
	// A role that is gone without a record, and that a function still uses, is found by the next sweep.
	l.cloud.roles["quiet"] = nil
	delete(l.cloud.roles, "quiet")
	l.nextSweep()
	l.pass(time.Hour)
	l.want("opened RW101 quiet")
}

// A sweep that could not observe a role does not say that it has seen all roles as they were.
func TestASweepThatCouldNotObserveARoleNotesNothing(t *testing.T) {
	for name, hide := range map[string]func(*lab){
		"its read fails": func(l *lab) { l.cloud.failing = map[string]error{"quiet": errors.New("throttled")} },
		"its state cannot be read": func(l *lab) {
			l.store.Hooks.Unread = func(key string) error {
				if key != roleARN("quiet") {
					return nil
				}
				return &finding.NewerError{Item: key, Schema: 9, Known: finding.Schema}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := sparing(t)
			first := l.state("orders").LookedAt
			hide(l)
			l.nextSweep()
			l.cloud.failing, l.store.Hooks.Unread = nil, nil
			l.cloud.roles["orders"].inline["all"] = everything
			l.must(l.setTrust("orders", goodTrust))
			if after := l.state("orders").Parts[role.InlinePart("all")].Unrecorded.After; !after.Equal(first) {
				t.Errorf("the policy was put after %v, and the role was written last at %v", after, first)
			}
		})
	}
}

// What another execution environment was told of the organization is known to this one: no policies are used that were read before they
// changed, and none where it cannot be read when they did.
func TestPoliciesThatChangedAreReadAnewByEveryEnvironment(t *testing.T) {
	l, _ := sparing(t)
	l.must(l.setTrust("orders", goodTrust))
	l.pass(time.Hour)
	if got := l.cloud.forgottenBefore; len(got) > 0 && slices.ContainsFunc(got, func(at time.Time) bool { return at.After(l.now.Add(-time.Minute)) }) {
		t.Errorf("read anew before they changed: %v", got)
	}
	other := l.another()
	changed := l.now
	body := l.record("UpdatePolicy", map[string]any{"policyId": "p-1"}, map[string]any{"eventSource": "organizations.amazonaws.com"})
	if o := other.Handle(t.Context(), l.items(body))[0]; o.Err != nil || o.Dead != "" {
		t.Fatalf("%+v", o)
	}
	l.now = l.now.Add(2 * time.Second)
	l.cloud.forgottenBefore = nil
	l.must(l.setTrust("orders", goodTrust))
	if got := l.cloud.forgottenBefore; len(got) == 0 || !got[0].Equal(changed) {
		t.Errorf("they changed at %v, and what was read before these times is read anew: %v", changed, got)
	}
	l.pass(time.Hour)
	l.cloud.forgottenBefore = nil
	l.store.Hooks.Marks = func(map[string]time.Time) map[string]time.Time { return nil }
	l.must(l.setTrust("orders", goodTrust))
	if got := l.cloud.forgottenBefore; len(got) == 0 || !got[0].Equal(l.now) {
		t.Errorf("it is not known when they changed, and what was read before these times is read anew: %v", got)
	}
}
