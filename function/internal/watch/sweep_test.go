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
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// sweepItem is the work item of a sweep's step.
func sweepItem(step string, generation int64, started time.Time) []byte {
	return fmt.Appendf(nil, `{"rolewatch":"sweep","sweep":{"step":"%s","generation":%d,"started":"%s"}}`, step, generation, started.Format(time.RFC3339))
}

// A step of a sweep that another one has overtaken, or that was completed, reads and changes nothing.
func TestAStepOfAnOvertakenSweepDoesNothing(t *testing.T) {
	for _, step := range []string{"functions", "roles", "rest", "ask"} {
		l := orders(t)
		l.now = l.now.Add(25 * time.Hour)
		older, mine, err := l.store.StartSweep(context.Background(), account, l.now, l.now.Add(time.Minute))
		if err != nil || !mine {
			t.Fatal(mine, err)
		}
		began := l.now
		l.now = l.now.Add(2 * time.Minute)
		newer, mine, err := l.store.StartSweep(context.Background(), account, l.now, l.now.Add(2*time.Hour))
		if err != nil || !mine || newer <= older {
			t.Fatal(newer, mine, err)
		}
		before, err := l.store.Load(context.Background(), []string{roleARN("orders")})
		if err != nil {
			t.Fatal(err)
		}
		l.cloud.roles["orders"].inline["all"] = everything
		l.must(sweepItem(step, older, began))
		l.pass(time.Minute)
		l.want()
		after, err := l.store.Load(context.Background(), []string{roleARN("orders")})
		if err != nil || after[0].Revision != before[0].Revision {
			t.Errorf("%s: the state is at revision %d and was at %d, %v", step, after[0].Revision, before[0].Revision, err)
		}
		state, err := l.store.SweepState(context.Background(), account)
		if err != nil || state.Generation != newer || state.Complete >= older || state.Indexed >= older {
			t.Errorf("%s: %+v, %v", step, state, err)
		}
	}
}

// While a sweep is under way no other starts, however many ticks there are and whatever asks for one.
func TestOneSweepAtATime(t *testing.T) {
	l := orders(t)
	l.now = l.now.Add(25 * time.Hour)
	if _, mine, err := l.store.StartSweep(context.Background(), account, l.now, l.now.Add(2*time.Hour)); err != nil || !mine {
		t.Fatal(mine, err)
	}
	waiting := l.queue.Len()
	for range 3 {
		l.tick()
	}
	if n := l.queue.Len(); n != waiting {
		t.Errorf("%d work items were sent", n-waiting)
	}
}

// A role of a sweep that somebody else commits meanwhile is judged by what it is then.
func TestASweepThatLosesARaceReadsAnew(t *testing.T) {
	l := orders(t)
	l.now = l.now.Add(25 * time.Hour)
	l.cloud.roles["orders"].inline["logs"] = harmless // No state is written of a role that has not changed.
	raced := false
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if raced {
			return nil
		}
		raced = true
		// It was read before this change, whose record is handled by another execution environment first.
		body := l.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "all", "policyDocument": everything})
		l.cloud.roles["orders"].inline["all"] = everything
		if o := l.another().Handle(context.Background(), l.items(body))[0]; o.Err != nil || o.Dead != "" {
			t.Errorf("outcome %+v", o)
		}
		return nil
	}
	l.tick()
	l.pass(time.Minute)
	l.want("opened RW301 orders")
	if !raced {
		t.Error("nobody raced")
	}
	states, err := l.store.Load(context.Background(), []string{roleARN("orders")})
	if err != nil || len(states[0].Findings) != 1 {
		t.Errorf("stored: %+v, %v", states, err)
	}
}

// Pages of a sweep whose commit fails come by the queue, and nothing of them is lost.
func TestARoleOfASweepWhoseCommitFailsComesByTheQueue(t *testing.T) {
	l := newLab(t)
	for i := range 120 {
		l.role(fmt.Sprintf("r%04d", i), goodTrust).inline["all"] = everything
	}
	down := true
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if down && slices.ContainsFunc(states, func(s finding.State) bool {
			return strings.HasSuffix(s.ARN, "/r0060") || strings.HasSuffix(s.ARN, "/r0061")
		}) {
			return errors.New("the table is down")
		}
		return nil
	}
	l.flaky = true
	l.tick()
	l.pass(3 * time.Second)
	down = false
	l.pass(20 * time.Minute)
	open, err := l.store.OpenRoles(context.Background())
	if err != nil || len(open) != 120 {
		t.Errorf("%d roles have findings, %v", len(open), err)
	}
}

// What a change to many roles comes to after the settle time is one message, and what it came to at once is another.
func TestFailuresOfManyRolesAreOneMessageAfterTheSettleTime(t *testing.T) {
	consumes := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes"],"Resource":"*"}]}`
	l := newLab(t)
	var checks []*check.Check
	for _, c := range catalogue.Checks() {
		if strings.HasPrefix(c.ID, "RW2") || c.ID == "RW301" {
			checks = append(checks, c)
		}
	}
	l.config.Rules = inforce.New(checks, inforce.Rules{})
	l.watch = l.another()
	l.cloud.policies[team] = consumes
	for i := range 120 {
		name := fmt.Sprintf("r%04d", i)
		l.role(name, goodTrust).attached[team] = true
		l.function("f"+name, name)
		l.cloud.functions[functionARN("f"+name)][0].Config.Sources = role.Have([]role.Source{{
			UUID: "11111111-2222-4333-8444-" + fmt.Sprintf("%012d", i), Kind: role.SourceSQS, ARN: "arn:aws:sqs:" + region + ":" + account + ":orders", State: "Enabled",
		}})
	}
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.outgoing, l.chats = nil, nil
	l.must(l.setTeam(harmless))
	l.pass(50 * time.Second)
	l.wantPeople()
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: An edit removed a permission that a f... (120 roles, policy team), by mallory")
	id := l.messages[len(l.messages)-1].ChangeID
	l.wantMachines("opened RW2", 120)
	for _, suffix := range []string{"", "-settled"} {
		change, err := l.store.Change(context.Background(), account, id+suffix)
		if err != nil || change.Revision == 0 || !change.Final || len(change.Done) != 3 {
			t.Errorf("the change %s%s is stored as %+v, %v", id, suffix, change, err)
		}
	}
}

// Roles of a page of a sweep for which the invocation had no time come by the queue.
func TestRolesOfAPageForWhichThereWasNoTimeComeByTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		for i := range 120 {
			l.role(fmt.Sprintf("r%03d", i), goodTrust) // No function uses them, from which the sweep would know them, too.
		}
		l.swept()
		l.pass(time.Hour)
		l.want()
		for _, name := range []string{"r000", "r060"} {
			l.cloud.roles[name].inline["all"] = everything
		}
		l.now = l.now.Add(25 * time.Hour)
		l.tick()
		l.sweepsShort()
		l.want("opened RW301 r000")
		l.pass(time.Hour)
		l.want("opened RW301 r060")
	})
}

// sweepsShort hands the sweep that waits in the queue to an invocation whose time is over after the first commit. It is called in a bubble,
// whose clock the invocation has.
func (l *lab) sweepsShort() {
	l.t.Helper()
	item, ok := l.queue.Pop(l.now)
	if !ok {
		l.t.Fatal("there is no sweep")
	}
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if len(states) > 0 {
			l.store.Hooks.BeforeCommit = nil
			time.Sleep(deploy.FunctionTimeout - deploy.ReconcileMargin/2)
		}
		return nil
	}
	ctx, cancel := context.WithTimeout(l.t.Context(), deploy.FunctionTimeout)
	defer cancel()
	if o := l.watch.Handle(ctx, l.items(item.Body))[0]; o != (watch.Outcome{}) {
		l.t.Fatalf("outcome %+v", o)
	}
}
