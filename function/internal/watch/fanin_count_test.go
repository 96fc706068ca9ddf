package watch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// A change is reported when its last slice is in, and not when the time to wait for slices is over.
func TestAChangeIsReportedOnceItsLastSliceIsIn(t *testing.T) {
	l := teamed(t, 120)
	l.must(l.setTeam(everything))
	l.pass(time.Second)
	l.wantPeople("CRITICAL: " + adminOf + " (120 roles, policy team), by mallory")
	l.pass(time.Hour)
	l.wantPeople()

	slow := teamed(t, 120)
	slow.cloud.onEveryRead = func() { slow.now = slow.now.Add(200 * time.Millisecond) }
	slow.must(slow.setTeam(everything))
	slow.pass(time.Minute) // 120 reads take 24 seconds.
	got := slow.forPeople()
	if len(got) != 2 || got[1] != "CRITICAL: Complete: The role has administrator ... (120 roles, policy team), by mallory" {
		t.Errorf("people received %q within a minute", got)
	}
}

// The slice was committed, and whoever committed it did not live to count it: the slice that comes again is counted at once.
func TestASliceThatWasCommittedBeforeIsCounted(t *testing.T) {
	l := teamed(t, 51)
	l.must(l.setTeam(everything))
	crash := fmt.Errorf("killed")
	l.store.Hooks.AfterCommit = func(states []finding.State, _ []message.Outgoing) error {
		if len(states) == 1 {
			return crash
		}
		return nil
	}
	l.flaky = true
	l.pass(time.Second)
	l.wantPeople()
	l.store.Hooks.AfterCommit = nil
	l.pass(5 * time.Second)
	l.wantPeople("CRITICAL: " + adminOf + " (51 roles, policy team), by mallory")
}

// Somebody else reports a part of the change just then: what was to be reported is worked out and reported again.
func TestAReportThatLosesARaceIsMadeAgain(t *testing.T) {
	l := teamed(t, 120)
	raced := false
	l.store.Hooks.CommitChange = func(out []message.Outgoing) error {
		i := slices.IndexFunc(out, func(o message.Outgoing) bool { return o.Kind == message.KindFindings })
		if raced || i < 0 {
			return nil
		}
		raced = true
		_, id, _ := strings.Cut(out[i].ID, "change-")
		id, _, _ = strings.Cut(id, "-")
		change, err := l.store.Change(context.Background(), account, id)
		if err != nil || change.Revision == 0 {
			t.Fatalf("change %q: %+v, %v", id, change, err)
		}
		change.Counted, change.Findings = 2, 100
		return l.store.CommitChange(context.Background(), change, nil, l.now)
	}
	l.must(l.setTeam(everything))
	l.pass(5 * time.Second)
	l.wantPeople("CRITICAL: Complete: The role has administrator ... (120 roles, policy team), by mallory")
	if !raced {
		t.Error("nobody raced")
	}
}

// The work items that count a change are sent although no slice comes: what is known is reported when the time has come, and the outbox
// holds nothing.
func TestAChangeOfWhichFewSlicesComeIsCountedInTime(t *testing.T) {
	l := teamed(t, 120)
	edit := l.setTeam(everything)
	l.must(edit)
	left, err := l.store.Outbox(context.Background(), l.now.Add(time.Hour))
	if err != nil || len(left) != 0 {
		t.Errorf("%d items are left in the outbox, %v", len(left), err)
	}
	counts, first := 0, true
	for l.queue.Len() > 0 {
		due, _ := l.queue.Next()
		l.now = slices.MaxFunc([]time.Time{l.now, due}, time.Time.Compare)
		item, _ := l.queue.Pop(l.now)
		body := string(item.Body)
		switch {
		case strings.Contains(body, `"rolewatch":"count"`):
			counts++
		case strings.Contains(body, `"slice":`) && !first:
			continue // It is lost for good.
		case strings.Contains(body, `"slice":`):
			first = false
		}
		if outcome := l.hand(item); outcome != (watch.Outcome{}) {
			t.Fatalf("outcome %+v of %s", outcome, body)
		}
	}
	if counts != 4 {
		t.Errorf("%d work items count, want two at once and two after the settle time", counts)
	}
	l.wantPeople("CRITICAL: Incomplete: The role has administrator... (50 roles, policy team), by mallory")
}

// IAM is so slow that most slices are evaluated after the settle time, and are not confirmed: what the others come to then is complete, and
// reported when the last of them is in. The policy is mended for those that wait for that.
func TestSlicesThatAreNotConfirmedAreNotWaitedFor(t *testing.T) {
	l := teamed(t, 300)
	reads := 0
	l.cloud.onEveryRead = func() {
		l.now = l.now.Add(400 * time.Millisecond)
		if reads++; reads > 300 {
			l.cloud.policies[team] = harmless
		}
	}
	l.must(l.setTeam(everything))
	l.pass(5 * time.Minute)
	l.forMachines()
	got := l.forPeople()
	if len(got) != 3 || !strings.HasPrefix(got[2], "RESOLVED: Fixed: "+adminOf) || !strings.Contains(got[2], "(150 roles") {
		t.Errorf("people received %q", got)
	}
}

// The settle time is as long as can be: what is confirmed is counted for a quarter of an hour after it.
func TestAChangeIsCountedForLongAfterALongSettleTime(t *testing.T) {
	l := unswept(t, 120, harmless)
	l.config.Settle = deploy.MaxDelay
	l.watch = l.another()
	l.swept()
	l.pass(time.Hour)
	l.outgoing, l.chats, l.messages = nil, nil, nil
	l.must(l.setTeam(everything))
	l.pass(time.Minute)
	l.wantPeople("CRITICAL: " + adminOf + " (120 roles, policy team), by mallory")
	l.cloud.policies[team] = harmless
	lost := false
	for l.queue.Len() > 0 {
		due, _ := l.queue.Next()
		l.now = slices.MaxFunc([]time.Time{l.now, due}, time.Time.Compare)
		item, _ := l.queue.Pop(l.now)
		if !lost && strings.Contains(string(item.Body), `"confirm":true`) {
			lost = true
			continue
		}
		l.take(item)
	}
	got := l.forPeople()
	if len(got) != 1 || !strings.HasPrefix(got[0], "RESOLVED") || !strings.Contains(got[0], "(70 roles") && !strings.Contains(got[0], "(100 roles") {
		t.Errorf("people received %q", got)
	}
}

// A slice is committed while the last report is, and another one never comes: whoever reports looks once more.
func TestASliceThatIsCommittedDuringTheLastReport(t *testing.T) {
	l := teamed(t, 180)
	l.must(l.setTeam(everything))
	var bodies [][]byte
	for range 4 {
		item, _ := l.queue.Pop(l.now)
		bodies = append(bodies, item.Body)
	}
	l.must(bodies[0], bodies[1])
	l.pass(time.Minute)
	l.wantPeople("CRITICAL: Incomplete: The role has administrato... (100 roles, policy team), by mallory")
	raced, begun := false, l.now
	l.store.Hooks.CommitChange = func([]message.Outgoing) error {
		if !raced && l.now.Sub(begun) > 13*time.Minute {
			raced = true
			l.must(bodies[2])
		}
		return nil
	}
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: Incomplete: The role has administrato... (150 roles, policy team), by mallory")
	l.wantMachines("opened", 150)
	if !raced {
		t.Error("nobody raced")
	}
}
