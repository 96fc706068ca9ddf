package watch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// tooLarge fails the commits that have a role, as long as it is asked to.
func tooLarge(name string, while func() bool) func([]finding.State, []message.Outgoing) error {
	return func(states []finding.State, _ []message.Outgoing) error {
		if while() && slices.ContainsFunc(states, func(s finding.State) bool { return strings.HasSuffix(s.ARN, "/"+name) }) {
			return errors.New("it has 500000 bytes, an item holds 409600")
		}
		return nil
	}
}

// The roles of a slice are committed one by one, and somebody else commits one of them meanwhile, or whoever does it dies: the parts that are
// committed stay, and the others follow.
func TestASliceWhosePartsAreInterrupted(t *testing.T) {
	for name, interruption := range map[string]error{"conflict": fmt.Errorf("raced: %w", finding.ErrConflict), "killed": errors.New("killed")} {
		l := teamed(t, 120)
		l.flaky = true
		interrupted := false
		large := tooLarge("r0090", func() bool { return true })
		l.store.Hooks.BeforeCommit = func(states []finding.State, out []message.Outgoing) error {
			if len(states) == 1 && strings.HasSuffix(states[0].ARN, "/r0055") && !interrupted {
				interrupted = true
				return interruption
			}
			return large(states, out)
		}
		// Where it goes on, one role is not there any more, so that the others have other places among those that are committed.
		l.store.Hooks.Unread = func(key string) error {
			if interrupted && strings.HasSuffix(key, "/r0050") {
				return errors.New("it is cut off")
			}
			return nil
		}
		l.must(l.setTeam(everything))
		l.pass(30 * time.Second)
		if people := l.toldPeople(); people[finding.KindOpened] != 119 || !interrupted {
			t.Errorf("%s: people are told of %v", name, people)
		}
		most := 1
		if name == "killed" {
			most = 2 // The role is reported by itself.
		}
		if got := l.forPeople(); len(got) > most {
			t.Errorf("%s: people received %q", name, got)
		}
		l.wantMachines("opened", 119)
	}
}

// The parts of a slice are confirmed one by one, and are counted as parts of what is confirmed, also where their work items come twice.
func TestThePartsOfASliceAreConfirmedAsParts(t *testing.T) {
	for _, doubled := range []bool{false, true} {
		l := teamed(t, 120)
		l.flaky, l.doubled = true, doubled
		begun := l.now
		l.store.Hooks.BeforeCommit = tooLarge("r0060", func() bool { return l.now.Sub(begun) < 30*time.Second })
		l.must(l.setTeam(everything))
		l.pass(40 * time.Second)
		l.forPeople()
		l.cloud.policies[team] = harmless // Its record is late.
		l.pass(time.Hour)
		got := l.forPeople()
		if len(got) != 2 || !slices.ContainsFunc(got, func(subject string) bool { return strings.Contains(subject, "(119 roles") }) {
			t.Errorf("people received %q", got)
		}
		if machines := l.forMachines(); len(machines) != 240 {
			t.Errorf("machines received %d findings", len(machines))
		}
	}
}

// The clock of whoever counts reaches the time while it counts: it is asked again a moment later, and not a quarter of an hour later or never.
func TestACountThatComesAMomentEarly(t *testing.T) {
	for _, at := range []time.Duration{10 * time.Second, 15 * time.Minute} {
		l := teamed(t, 120)
		document := everything
		if at > time.Minute {
			l.must(l.setTeam(everything))
			l.pass(2 * time.Hour)
			l.forPeople()
			document = harmless
		}
		calls, skewed := 0, false
		l.config.Now = func() time.Time {
			if !skewed {
				return l.now
			}
			calls++
			return l.now.Add(time.Duration(2*calls-3) * time.Millisecond)
		}
		l.watch = l.another()
		begun, lost := l.now, false
		l.must(l.setTeam(document))
		for l.queue.Len() > 0 && l.now.Sub(begun) < at+time.Minute {
			due, _ := l.queue.Next()
			l.now = slices.MaxFunc([]time.Time{l.now, due}, time.Time.Compare)
			item, _ := l.queue.Pop(l.now)
			body := string(item.Body)
			if strings.Contains(body, `"slice":3`) && !lost {
				lost = true
				continue
			}
			calls, skewed = 0, strings.Contains(body, `"rolewatch":"count"`) && !strings.Contains(body, "settled") && l.now.Sub(begun) >= at
			l.take(item)
			skewed = false
		}
		if got := l.forPeople(); len(got) != 1 || !strings.Contains(got[0], "(100 roles") {
			t.Errorf("%v: people received %q", at, got)
		}
	}
}
