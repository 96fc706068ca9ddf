package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// One state that cannot be read does not keep the others of its batch, its slice and its sweep from being judged.
func TestAStateThatCannotBeReadIsSetAside(t *testing.T) {
	l := newLab(t)
	l.cloud.policies[teamARN] = harmless
	for i := range 120 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust).attached[teamARN] = true
	}
	l.swept()
	l.want()
	bad := roleARN("r007")
	l.store.Hooks.Unread = func(key string) error {
		if key == bad {
			return &finding.NewerError{Item: "role#" + key + " state", Schema: 9, Known: finding.Schema}
		}
		return nil
	}
	l.cloud.policies[teamARN] = everything
	l.must(l.record("CreatePolicyVersion", map[string]any{"policyArn": teamARN, "policyDocument": everything, "setAsDefault": true}))
	l.pass(time.Second)
	if n := l.opened(); n != 119 {
		t.Errorf("%d roles are reported, want 119", n)
	}
	l.wantTold("rolewatch cannot read the state of a role")
	before, _ := l.store.SweepState(t.Context(), account)
	l.now = l.now.Add(25 * time.Hour)
	l.notices = nil
	l.swept()
	if after, _ := l.store.SweepState(t.Context(), account); after.Complete != before.Complete+1 {
		t.Errorf("the sweep stopped: %+v", after)
	}
	l.wantTold("Still: rolewatch cannot read the state of a role")
	l.want()
	l.store.Hooks.Unread = nil
	l.now = l.now.Add(2 * time.Hour)
	l.tick()
	l.pass(time.Minute)
	l.want("opened RW301 r007")
	l.wantTold("Resolved: rolewatch can read the states of all roles again")
}

// A state that a newer release wrote is good, and not to be deleted; another one that cannot be read is.
func TestWhatIsToBeDoneAboutAStateThatCannotBeRead(t *testing.T) {
	for _, c := range []struct {
		why        error
		has, lacks string
	}{
		{&finding.NewerError{Item: "state", Schema: 9, Known: finding.Schema}, "Deploy the newer release of rolewatch again.", "delete it"},
		{errors.New("the body is not JSON"), "or delete it", "newer release"},
	} {
		l := orders(t)
		l.notices = nil
		l.store.Hooks.Unread = func(string) error { return c.why }
		l.deliver(l.setTrust("orders", badTrust))
		if text := l.textOfNotices(); !strings.Contains(text, c.has) || strings.Contains(text, c.lacks) {
			t.Errorf("%v: operations were told %s", c.why, text)
		}
	}
}

// opened counts the findings that were opened since the last call.
func (l *lab) opened() int {
	n := 0
	for _, m := range l.messages {
		n += len(m.Opened) + m.Omitted["opened"]
	}
	l.messages = nil
	return n
}

// One role whose read fails comes by the queue; the others of its slice are reported at once, and it is as soon as it can be read.
func TestARoleWhoseReadFailsIsSetAside(t *testing.T) {
	l := newLab(t)
	l.cloud.policies[teamARN] = harmless
	for i := range 60 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust).attached[teamARN] = true
	}
	l.swept()
	l.want()
	l.cloud.failing = map[string]error{"r007": errThrottled}
	l.cloud.policies[teamARN] = everything
	l.must(l.record("CreatePolicyVersion", map[string]any{"policyArn": teamARN, "policyDocument": everything, "setAsDefault": true}))
	l.pass(30 * time.Minute)
	if n := l.opened(); n != 59 {
		t.Errorf("%d roles are reported, want 59", n)
	}
	l.cloud.failing = nil
	l.pass(15 * time.Minute)
	if f := l.want("opened RW301 r007")[0].Opened[0]; f.Cause == nil {
		t.Error("the finding has no cause")
	}
	if n := l.queue.Len(); n != 0 {
		t.Errorf("%d items are left", n)
	}
}

// One role whose state cannot be stored keeps no other of its slice from being reported, and is a dead letter after a day, alone.
func TestARoleThatCannotBeCommittedIsSetAside(t *testing.T) {
	l := newLab(t)
	l.cloud.policies[teamARN] = harmless
	for i := range 40 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust).attached[teamARN] = true
	}
	l.swept()
	l.want()
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if slices.ContainsFunc(states, func(s finding.State) bool { return s.Key == roleARN("r000") }) {
			return errors.New("it has 500000 bytes, an item holds 409600")
		}
		return nil
	}
	l.cloud.policies[teamARN] = everything
	l.must(l.record("CreatePolicyVersion", map[string]any{"policyArn": teamARN, "policyDocument": everything, "setAsDefault": true}))
	l.pass(10 * time.Minute)
	if n := l.opened(); n != 39 {
		t.Errorf("%d roles are reported, want 39", n)
	}
	before, _ := l.store.SweepState(t.Context(), account)
	l.now = l.now.Add(23 * time.Hour)
	if l.queue.Len() != 1 {
		t.Fatalf("%d items wait, want the role", l.queue.Len())
	}
	l.now = l.now.Add(2 * time.Hour)
	item, _ := l.queue.Pop(l.now)
	if o := l.hand(item); !strings.Contains(o.Dead, "it has 500000 bytes") {
		t.Errorf("outcome %+v", o)
	}
	l.swept()
	if after, _ := l.store.SweepState(t.Context(), account); after.Complete != before.Complete+1 {
		t.Errorf("the sweep stopped: %+v", after)
	}
}

// slow is an account that takes its time for each role, and a page of them.
type slow struct {
	*cloud
	takes time.Duration
}

func (s slow) Role(ctx context.Context, ref role.Ref) (role.Snapshot, error) {
	if err := wait(ctx, s.takes); err != nil {
		return role.Snapshot{}, err
	}
	return s.cloud.Role(ctx, ref)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// However short an invocation is, what it has no time for is done by later ones, and nothing is lost.
func TestAShortInvocationLosesNothing(t *testing.T) {
	for _, timeout := range []time.Duration{deploy.FunctionTimeout / 2, deploy.FunctionTimeout} {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t)
			l.cloud.policies[teamARN] = harmless
			for i := range 120 {
				l.role(fmt.Sprintf("r%03d", i), goodTrust).attached[teamARN] = true
			}
			l.swept()
			l.want()
			l.config.Account = slow{l.cloud, 3 * time.Second}
			l.watch = l.another()
			l.cloud.policies[teamARN] = everything
			body := l.record("CreatePolicyVersion", map[string]any{"policyArn": teamARN, "policyDocument": everything, "setAsDefault": true})
			if err := l.queue.Send(t.Context(), body, 0); err != nil {
				t.Fatal(err)
			}
			invocations := 0
			for due, more := l.queue.Next(); more && invocations < 1000; due, more = l.queue.Next() {
				l.now = slices.MaxFunc([]time.Time{l.now, due}, time.Time.Compare)
				ctx, cancel := context.WithTimeout(context.Background(), timeout)
				var items []watch.Item
				for len(items) < 3 {
					item, ok := l.queue.Pop(l.now)
					if !ok {
						break
					}
					items = append(items, watch.Item{ID: item.ID, Body: item.Body, Receives: item.Receives, Since: item.Since, Attempt: item.Attempt})
				}
				for i, o := range l.watch.Handle(ctx, items) {
					if o != (watch.Outcome{}) {
						t.Fatalf("%s: %+v", items[i].Body, o)
					}
				}
				if ctx.Err() != nil {
					t.Fatal("an invocation took too long")
				}
				cancel()
				invocations++
			}
			if n := l.opened(); n != 120 {
				t.Errorf("invocations of %v: %d roles are reported, want 120", timeout, n)
			}
			t.Logf("%d invocations of %v", invocations, timeout)
		})
	}
}

// A sweep goes on although one of its roles cannot be read, and that one comes by the queue.
func TestASweepGoesOnWithoutARoleThatCannotBeRead(t *testing.T) {
	l := newLab(t, append(core(), finds("RW999", check.High, everything, byPart))...)
	for _, name := range []string{"a", "b", "c"} {
		l.role(name, badTrust)
		l.function("f-"+name, name)
	}
	l.cloud.failing = map[string]error{"b": errors.New("InternalFailure")}
	l.swept()
	l.want("opened RW102 a", "opened RW102 c")
	if state, _ := l.store.SweepState(t.Context(), account); state.Complete != 1 {
		t.Errorf("the sweep stopped: %+v", state)
	}
	l.cloud.failing = nil
	l.pass(time.Minute)
	l.want("opened RW102 b")
}

// unlisted gives the roles whose read fails, as the account's adapter does.
func (c *cloud) unlisted(page []role.Snapshot) ([]role.Snapshot, error) {
	var out []role.Snapshot
	var failed role.SomeUnreadError
	for _, s := range page {
		if err := c.failing[s.Ref.Name]; err != nil {
			failed.Roles, failed.Err = append(failed.Roles, s.Ref), err
		} else {
			out = append(out, s)
		}
	}
	if len(failed.Roles) > 0 {
		return out, &failed
	}
	return out, nil
}
