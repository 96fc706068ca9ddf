package watch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// attach makes a role an administrator, which is reported at once.
func (l *lab) attach(name string) []byte {
	l.cloud.policies[adminARN] = everything
	l.cloud.roles[name].attached[adminARN] = true
	return l.record("AttachRolePolicy", map[string]any{"roleName": name, "policyArn": adminARN})
}

// detach undoes it.
func (l *lab) detach(name string) []byte {
	delete(l.cloud.roles[name].attached, adminARN)
	return l.record("DetachRolePolicy", map[string]any{"roleName": name, "policyArn": adminARN})
}

// to counts what was published to each topic, and fails on a publication that is there twice.
func (l *lab) to() map[string]int {
	l.t.Helper()
	out, seen := map[string]int{}, map[string]bool{}
	for _, p := range l.published {
		if seen[p] {
			l.t.Errorf("published twice: %s", p)
		}
		seen[p] = true
		topic, _, _ := strings.Cut(p, " ")
		out[topic]++
	}
	return out
}

// A topic that is gone keeps nothing from the others, which do not receive anything twice for it. Operations are told what fixes it, and
// when it is over; the topic then has all that it missed.
func TestATopicThatRefusesKeepsNothingFromTheOthers(t *testing.T) {
	for _, gone := range []string{message.TopicFindings, message.Chat.Name} {
		t.Run(gone, func(t *testing.T) {
			l := orders(t)
			l.published, l.notices = nil, nil
			l.refusing = map[string]error{gone: &message.RefusedError{Topic: "arn:" + gone, What: "does not exist", Fix: "Deploy rolewatch again.", Err: errors.New("NotFound")}}
			l.must(l.attach("orders"))
			l.pass(time.Minute)
			l.must(l.detach("orders"))
			l.ticked(20 * time.Hour)
			if got := l.to(); got[gone] != 0 || got[message.TopicFindings]+got[message.Chat.Name] != 2 {
				t.Errorf("published: %v", got)
			}
			if len(l.notices) != 1 || !strings.Contains(l.notices[0], "The topic arn:"+gone+" does not exist. Deploy rolewatch again.") {
				t.Errorf("operations were told %q", l.notices)
			}
			l.wantTold("rolewatch cannot publish to its topic " + gone)
			l.refusing = nil
			l.ticked(15 * time.Minute)
			if got := l.to(); got[message.TopicFindings] != 2 || got[message.Chat.Name] != 2 {
				t.Errorf("published: %v", got)
			}
			l.wantTold("Resolved: rolewatch can publish to its topic " + gone + " again")
		})
	}
}

// A topic that only fails, and does not say that it refuses, is reported once it has failed for a while.
func TestATopicThatFailsForLongIsReported(t *testing.T) {
	l := orders(t)
	l.notices = nil
	l.refusing = map[string]error{message.Chat.Name: errors.New("InternalError")}
	l.must(l.attach("orders"))
	l.ticked(30 * time.Minute)
	l.wantTold()
	l.ticked(30 * time.Minute)
	l.wantTold("rolewatch cannot publish to its topic " + message.Chat.Name)
}

// Without the operations topic, everything else goes on.
func TestWithoutTheOperationsTopicTheRestGoesOn(t *testing.T) {
	l := orders(t)
	l.published = nil
	l.refusing = map[string]error{"": &message.RefusedError{Topic: "arn:operations", What: "does not exist", Fix: "Deploy.", Err: errors.New("NotFound")}}
	l.cloud.denied = map[string]bool{"organizations:DescribePolicy": true}
	l.must(l.attach("orders"))
	l.want("opened RW302 orders")
	before, _ := l.store.SweepState(t.Context(), account)
	l.ticked(25 * time.Hour)
	if after, _ := l.store.SweepState(t.Context(), account); after.Complete != before.Complete+1 {
		t.Errorf("the sweep does not run: %+v", after)
	}
	l.want()
	if open := l.open(); len(open) != 0 {
		t.Errorf("open episodes: %v", open)
	}
}

// What the release before left in the outbox is for all topics at once, and is published to all of them.
func TestWhatTheLastReleaseLeftInTheOutboxIsPublished(t *testing.T) {
	l := orders(t)
	l.published = nil
	var old message.Outgoing
	stored := `{"id":"old","kind":"findings","rendered":{"subject":"s","machine":"{}","email":"e","sms":"s","` + message.Chat.Name + `":["{}"]},"created":"2026-03-02T09:00:00Z"}`
	if err := json.Unmarshal([]byte(stored), &old); err != nil || len(old.Rendered.Channels) != 1 {
		t.Fatalf("%+v, %v", old, err)
	}
	if err := l.store.Commit(t.Context(), nil, []message.Outgoing{old}, l.now); err != nil {
		t.Fatal(err)
	}
	l.tick()
	if !slices.Equal(l.published, []string{" old"}) {
		t.Errorf("published %q", l.published)
	}
	if left, _ := l.store.Outbox(t.Context(), l.now.Add(time.Hour)); len(left) != 0 {
		t.Errorf("%d are left in the outbox", len(left))
	}
}

// A publication that fails once is tried again within 2 minutes without a tick, whatever went wrong: SNS failed, or the invocation
// ended between the commit and the publication.
func TestAPublicationThatFailsOnceIsTriedAgainWithinTwoMinutes(t *testing.T) {
	lost := func(l *lab) {
		l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error {
			l.store.Hooks.AfterCommit = nil
			return errors.New("the invocation ended")
		}
	}
	for name, c := range map[string]struct {
		fail func(*lab)
		do   func(*lab) []byte
		want func(*lab)
	}{
		"SNS fails": {func(l *lab) { l.down = errors.New("SNS is down") }, func(l *lab) []byte { return l.attach("orders") }, func(l *lab) { l.want("opened RW302 orders") }},
		"crash":     {lost, func(l *lab) []byte { return l.attach("orders") }, func(l *lab) { l.want("opened RW302 orders") }},
		"an episode": {func(l *lab) {
			l.down, l.cloud.denied = errors.New("SNS is down"), map[string]bool{"iam:GetRole": true}
		}, func(l *lab) []byte { return l.setTrust("orders", goodTrust+" ") }, func(l *lab) { l.wantTold("rolewatch may not call iam:GetRole") }},
		"a notice": {func(l *lab) {
			l.down, l.cloud.denied = errors.New("SNS is down"), map[string]bool{"organizations:DescribePolicy": true}
		}, func(l *lab) []byte { return l.setTrust("orders", goodTrust+" ") }, func(l *lab) { l.wantTold("rolewatch may not call organizations:DescribePolicy") }},
	} {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			l.notices = nil
			c.fail(l)
			if o := l.deliver(c.do(l))[0]; o.Err != nil || o.Dead != "" {
				t.Fatalf("outcome %+v", o)
			}
			l.down = nil
			l.pass(2 * time.Minute)
			c.want(l)
		})
	}
}

// While SNS is down, what waits is tried after growing times, and then by the ticks alone: no item circulates for ever.
func TestDeliveriesEnd(t *testing.T) {
	l := orders(t)
	l.down = errors.New("SNS is down")
	l.must(l.attach("orders"))
	l.pass(time.Hour)
	if n := l.queue.Len(); n != 0 {
		t.Errorf("%d items circulate", n)
	}
	l.down = nil
	l.tick()
	l.want("opened RW302 orders")
}

// half is a store that cannot read one message of its outbox.
type half struct{ *memory.Store }

func (h half) Outbox(ctx context.Context, now time.Time) ([]message.Outgoing, error) {
	list, err := h.Store.Outbox(ctx, now)
	return list, errors.Join(err, errors.New("read message m1 of the outbox: unexpected EOF"))
}

// One message that cannot be read, or delivered, does not stop a tick: the rest is delivered, and a sweep starts.
func TestAMessageThatCannotBeReadDoesNotStopTheTick(t *testing.T) {
	l := orders(t)
	l.down = errors.New("SNS is down")
	l.must(l.attach("orders"))
	l.down = nil
	l.config.Store = half{l.store}
	l.watch = l.another()
	before, _ := l.store.SweepState(t.Context(), account)
	l.now = l.now.Add(25 * time.Hour)
	l.fails([]byte(deploy.Tick))
	l.want("opened RW302 orders")
	l.pass(time.Minute)
	if after, _ := l.store.SweepState(t.Context(), account); after.Complete != before.Complete+1 {
		t.Errorf("no sweep: %+v", after)
	}
}
