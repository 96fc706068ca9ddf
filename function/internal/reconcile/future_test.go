package reconcile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// A record whose time is ahead of the clock, by more than clocks differ, is a wrong clock somewhere: it restarts no settle time, and does
// not make a read stale that contradicts it.
func TestARecordFromTheFutureProvesNothing(t *testing.T) {
	for ahead, counts := range map[time.Duration]bool{-30 * time.Second: true, 0: true, 30 * time.Second: true, 2 * time.Minute: false, 10 * time.Minute: false, 24 * time.Hour: false} {
		l := newLab(t)
		l.users = []string{"checkout"}
		l.decide()
		l.now = l.now.Add(time.Hour)
		clock := l.now
		l.now = clock.Add(ahead)
		l.record("iam", "UpdateAssumeRolePolicy", "", "ec2")
		record := l.now
		l.now = clock
		if stale := reconcile.Observe(l.input()).StaleTo() != nil; stale != counts {
			t.Errorf("%v ahead: the read is stale: %v, want %v", ahead, stale, counts)
		}
		l.trust = "ec2"
		d := l.decide()
		if newest := l.state.Newest; newest.Equal(record) != counts || newest.After(clock.Add(time.Minute)) {
			t.Errorf("%v ahead: the newest change is of %v", ahead, newest)
		}
		if d.ConfirmAt.After(clock.Add(2 * time.Minute)) {
			t.Errorf("%v ahead: it is confirmed %v later", ahead, d.ConfirmAt.Sub(clock))
		}
		reported := slices.ContainsFunc(d.Transitions, func(t finding.Transition) bool { return t.Finding.Check == "RW102" })
		if reported == counts {
			t.Errorf("%v ahead: the failure is reported at once: %v", ahead, reported)
		}
	}
}

// CloudTrail delivers a record more than once, and some have no ID.
func TestARecordThatComesTwiceIsOne(t *testing.T) {
	l := newLab(t)
	l.record("iam", "PutRolePolicy", "all", "everything")
	l.now = l.now.Add(-time.Second)
	l.record("iam", "PutRolePolicy", "all", "harmless")
	first, second := l.changes[0], l.changes[1]
	nameless, other := first, second
	nameless.EventID, other.EventID = "", ""
	got := reconcile.Distinct([]reconcile.Change{first, nameless, second, first, other, nameless, second})
	if len(got) != 4 {
		t.Fatalf("%d records, want 4", len(got))
	}
	for i := range got[1:] {
		if got[i+1].Time.Before(got[i].Time) {
			t.Errorf("record %d is before the one before it", i+1)
		}
	}
}

// What cannot be read is as it was: the role is there still, and is the same until it has another ID.
func TestARoleThatCannotBeReadIsThereStill(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.decide()
	if !l.state.Exists || !l.state.RecreatedAt.IsZero() {
		t.Fatalf("%+v", l.state)
	}
	l.now = l.now.Add(time.Hour)
	l.unread["trust"] = true
	l.decide()
	if !l.state.Exists || l.state.RoleID != "AROAORDERS" {
		t.Errorf("a role that could not be read exists: %v, with the ID %q", l.state.Exists, l.state.RoleID)
	}
	delete(l.unread, "trust")
	l.now = l.now.Add(time.Hour)
	l.id, l.created = "AROAANOTHER", l.now.Add(-time.Minute)
	l.decide()
	if !l.state.Exists || l.state.RoleID != "AROAANOTHER" || !l.state.RecreatedAt.Equal(l.created) {
		t.Errorf("a role with another ID was made at %v, want %v", l.state.RecreatedAt, l.created)
	}
	l.id = ""
	l.decide()
	if l.state.Exists {
		t.Error("a role that is gone exists")
	}
}

// A version of a policy that is not its default changes nothing, until it is made the default.
func TestAPolicyVersionThatIsNotTheDefaultTouchesNothing(t *testing.T) {
	const arn = "arn:aws:iam::" + account + ":policy/team"
	text := documents["everything"]
	for name, isDefault := range map[string]bool{"CreatePolicyVersion": false, "CreatePolicyVersion, the default": true, "SetDefaultPolicyVersion": true} {
		l := newLab(t)
		l.users = []string{"checkout"}
		l.attached[arn] = "harmless"
		l.decide()
		l.now = l.now.Add(time.Hour)
		event, _, _ := strings.Cut(name, ",")
		row, ok := events.Lookup("iam.amazonaws.com", event)
		if !ok {
			t.Fatalf("no row for %s", event)
		}
		c := events.Change{ID: "e1", Event: row, Name: event, Time: l.now, Account: account, Region: "us-east-1", Partition: "aws"}
		c.Policy.ARN, c.Policy.SetAsDefault = arn, isDefault
		if event == "CreatePolicyVersion" {
			c.Document = &text
		}
		change := reconcile.NewChange(&c)
		if touches := change.Part != ""; touches != isDefault {
			t.Errorf("%s touches %q", name, change.Part)
		}
		// What the policy is now, somebody else made it.
		l.changes, l.attached[arn] = []reconcile.Change{change}, "everything"
		d := l.decide()
		i := slices.IndexFunc(d.Transitions, func(t finding.Transition) bool { return t.Finding.Check == "RW301" })
		if i < 0 || (d.Transitions[i].Finding.Cause != nil) != isDefault {
			t.Errorf("%s: %+v", name, d.Transitions)
		}
	}
}
