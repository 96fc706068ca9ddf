package watch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// orders is an account with one healthy function, after its first sweep.
func orders(t *testing.T) *lab {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.function("checkout", "orders")
	l.swept()
	l.pass(time.Hour)
	l.want()
	return l
}

func TestAFaultIsToldOnceItOutlivesTheSettleTimeAndAgainWhenItIsMended(t *testing.T) {
	l := orders(t)
	broken := l.setTrust("orders", badTrust)
	l.must(broken)
	l.want()
	l.pass(settle - time.Second)
	l.want()
	l.pass(time.Second)
	m := l.want("opened RW102 orders")[0]
	f := m.Opened[0]
	if f.Cause == nil || f.Cause.Certainty != finding.Certain || len(m.Changes) != 1 || m.Changes[0].EventID != f.Cause.EventID {
		t.Errorf("cause %+v of changes %+v", f.Cause, m.Changes)
	}
	if m.Changes[0].Actor.Name != "mallory" || f.FunctionsTotal != 1 || f.Functions[0].ARN != functionARN("checkout") {
		t.Errorf("actor %+v, functions %+v", m.Changes[0].Actor, f.Functions)
	}
	if len(f.Evidence) == 0 || f.Fix.Document == "" || f.Fix.Command == "" || f.Revision != 1 || f.Status != finding.Open {
		t.Errorf("finding %+v", f)
	}
	l.pass(time.Hour)
	l.must(l.setTrust("orders", goodTrust))
	r := l.want("resolved RW102 orders mended")[0].Resolved[0]
	if r.ID != f.ID || r.Revision != 2 || r.Status != finding.Resolved {
		t.Errorf("resolved %+v", r)
	}
	l.pass(24 * time.Hour)
	l.want()
}

func TestAFaultMendedWithinTheSettleTimeIsNotTold(t *testing.T) {
	l := orders(t)
	l.must(l.setTrust("orders", badTrust))
	l.pass(20 * time.Second)
	l.must(l.setTrust("orders", goodTrust))
	l.pass(time.Hour)
	l.want()
}

func TestADangerIsToldAtOnce(t *testing.T) {
	l := orders(t)
	l.cloud.policies[adminARN] = everything
	l.cloud.roles["orders"].attached[adminARN] = true
	l.must(l.record("AttachRolePolicy", map[string]any{"roleName": "orders", "policyArn": adminARN}))
	m := l.want("opened RW302 orders")[0]
	if c := m.Opened[0].Cause; c == nil || c.Certainty != finding.Certain {
		t.Errorf("cause %+v", c)
	}
	delete(l.cloud.roles["orders"].attached, adminARN)
	l.pass(10 * time.Second)
	l.must(l.record("DetachRolePolicy", map[string]any{"roleName": "orders", "policyArn": adminARN}))
	l.want("resolved RW302 orders mended")
}

func TestDuplicatesAndWrongOrderAreOneMessage(t *testing.T) {
	l := orders(t)
	first := l.setTrust("orders", goodTrust+" ")
	l.now = l.now.Add(2 * time.Second)
	second := l.setTrust("orders", badTrust)
	l.must(second)
	l.must(first, second)
	l.must(first)
	l.pass(10 * time.Minute)
	l.want("opened RW102 orders")
	l.must(second, first)
	l.pass(10 * time.Minute)
	l.want()
}

func TestAManagedPolicyFansOutInSlices(t *testing.T) {
	l := newLab(t)
	arn := "arn:aws:iam::" + account + ":policy/team"
	l.cloud.policies[arn] = harmless
	for i := range 120 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust).attached[arn] = true
	}
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.cloud.policies[arn] = everything
	l.must(l.record("CreatePolicyVersion", map[string]any{"policyArn": arn, "policyDocument": everything, "setAsDefault": true}))
	l.pass(time.Second)
	if len(l.messages) != 4 {
		t.Fatalf("%d messages, want 3 of 50, 50 and 20 roles and one for people", len(l.messages))
	}
	for i, n := range []int{50, 50, 20} {
		if m := l.messages[i]; len(m.Opened)+m.Omitted["opened"] != n || len(m.Changes) != 1 || m.Opened[0].Cause == nil {
			t.Errorf("message %d: %d opened, %d changes, %+v", i, len(m.Opened), len(m.Changes), m.Opened[0].Cause)
		}
	}
	l.messages = nil
	l.pass(time.Hour)
	l.want()
}

func TestARefusedCreateFunction(t *testing.T) {
	refuse := func(l *lab) []byte {
		return l.record("CreateFunction20150331", map[string]any{"functionName": "checkout", "role": roleARN("orders")}, map[string]any{
			"errorCode": "InvalidParameterValueException", "errorMessage": "The role defined for the function cannot be assumed by Lambda.",
		})
	}
	t.Run("and nothing after it", func(t *testing.T) {
		l := newLab(t)
		l.swept()
		l.role("orders", goodTrust).created = l.now.Add(-3 * time.Second)
		l.must(refuse(l))
		l.pass(time.Hour)
		m := l.want("opened RW117 orders")[0]
		if f := m.Opened[0]; f.Cause == nil || f.Cause.Certainty != finding.Certain || !strings.Contains(f.Detail, "3 seconds") {
			t.Errorf("cause %+v, detail %q", f.Cause, f.Detail)
		}
		l.function("checkout", "orders")
		l.must(l.record("CreateFunction20150331", map[string]any{"functionName": "checkout", "role": roleARN("orders")},
			map[string]any{"responseElements": map[string]any{"functionArn": functionARN("checkout"), "role": roleARN("orders"), "version": "$LATEST"}}))
		l.want("resolved RW117 orders mended")
	})
	t.Run("and success soon after", func(t *testing.T) {
		l := newLab(t)
		l.swept()
		l.role("orders", goodTrust).created = l.now.Add(-3 * time.Second)
		l.must(refuse(l))
		l.now = l.now.Add(8 * time.Second)
		l.function("checkout", "orders")
		l.must(l.record("CreateFunction20150331", map[string]any{"functionName": "checkout", "role": roleARN("orders")},
			map[string]any{"responseElements": map[string]any{"functionArn": functionARN("checkout"), "role": roleARN("orders"), "version": "$LATEST"}}))
		l.pass(time.Hour)
		l.want()
	})
	t.Run("and nobody tries again for a week", func(t *testing.T) {
		l := newLab(t)
		l.swept()
		l.role("orders", goodTrust)
		l.must(refuse(l))
		l.pass(time.Hour)
		l.want("opened RW117 orders")
		l.now = l.now.Add(8 * 24 * time.Hour)
		l.swept()
		l.want("resolved RW117 orders expired")
	})
}

func TestALateRecordAddsTheCause(t *testing.T) {
	l := orders(t)
	late := l.setTrust("orders", badTrust)
	l.now = l.now.Add(10 * time.Minute)
	l.cloud.roles["orders"].inline["x"] = harmless
	l.must(l.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "x", "policyDocument": harmless}))
	l.pass(2 * time.Minute)
	if f := l.want("opened RW102 orders")[0].Opened[0]; f.Cause != nil {
		t.Fatalf("blames %+v, whose record touched another part", f.Cause)
	}
	l.must(late)
	m := l.want("changed RW102 orders")[0]
	if f := m.Changed[0]; f.Cause == nil || f.Cause.Certainty != finding.Certain || f.Revision != 2 {
		t.Errorf("changed %+v", f)
	}
	l.must(late)
	l.pass(time.Hour)
	l.want()
}

func TestUnknownNeitherOpensNorResolvesAndIsToldOnceToOperations(t *testing.T) {
	l := orders(t)
	l.must(l.setTrust("orders", badTrust))
	l.pass(2 * time.Minute)
	l.want("opened RW102 orders")
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	l.must(l.setTrust("orders", goodTrust))
	l.must(l.setTrust("orders", goodTrust+"\n"))
	l.pass(time.Hour)
	l.want()
	if len(l.notices) != 1 || !strings.Contains(l.notices[0], "iam:GetRole") {
		t.Errorf("operations was told %q", l.notices)
	}
	l.cloud.denied = nil
	l.must(l.setTrust("orders", goodTrust))
	l.want("resolved RW102 orders mended")
}

func TestADeletedRole(t *testing.T) {
	l := orders(t)
	l.must(l.setTrust("orders", badTrust))
	l.pass(2 * time.Minute)
	l.want("opened RW102 orders")
	delete(l.cloud.roles, "orders")
	l.must(l.record("DeleteRole", map[string]any{"roleName": "orders"}))
	l.pass(2 * time.Minute)
	l.want("resolved RW102 orders roleDeleted", "opened RW101 orders")
	delete(l.cloud.functions, functionARN("checkout"))
	l.must(l.record("DeleteFunction20150331", map[string]any{"functionName": "checkout"}))
	l.pass(2 * time.Minute)
	l.want("resolved RW101 orders unused")
}

// A record by which a function takes another role is certain to have ended what was found of the role for the function.
func TestAFunctionThatLeavesABrokenRoleResolvesIt(t *testing.T) {
	l := orders(t)
	l.role("spare", goodTrust)
	l.must(l.setTrust("orders", badTrust))
	l.pass(2 * time.Minute)
	l.want("opened RW102 orders")
	l.now = l.now.Add(time.Minute)
	l.function("checkout", "spare")
	l.must(l.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": "checkout", "role": roleARN("spare")},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN("checkout"), "role": roleARN("spare"), "version": "$LATEST"}}))
	cause := fmt.Sprintf("%012d", l.serial)
	f := l.want("resolved RW102 orders unused")[0].Resolved[0]
	if by := f.ResolvedBy; by == nil || !strings.HasSuffix(by.EventID, cause) || by.Certainty != finding.Certain {
		t.Errorf("resolved by %+v, want %s", by, cause)
	}
}

func TestTheSweepFindsWhatNoEventTold(t *testing.T) {
	l := newLab(t)
	l.role("orders", badTrust)
	l.function("checkout", "orders")
	l.role("unrelated", badTrust)
	l.function("ghost", "never-made")
	l.swept()
	for _, m := range l.want("opened RW102 orders", "opened RW101 never-made") {
		for _, f := range m.Opened {
			if f.Origin != finding.Existing || f.Cause != nil {
				t.Errorf("%s: origin %s, cause %+v", f.ID, f.Origin, f.Cause)
			}
		}
	}
	l.cloud.roles["orders"].trust = goodTrust
	l.now = l.now.Add(25 * time.Hour)
	l.swept()
	l.want("resolved RW102 orders mended")
}

// TestASweepIsCountedWhenItCompletes: the alarm on sweeps goes off when none is counted, and one that cannot list the
// roles of the account does not complete.
func TestASweepIsCountedWhenItCompletes(t *testing.T) {
	l := newLab(t)
	l.role("orders", badTrust)
	l.function("checkout", "orders")
	l.cloud.unsupported = map[string]bool{"iam:ListRoles": true}
	l.swept()
	if l.counted.sweeps != 0 {
		t.Errorf("a sweep that could not list the roles is counted")
	}
	l.cloud.unsupported = nil
	l.now = l.now.Add(3 * time.Hour)
	l.swept()
	l.want("opened RW102 orders")
	if l.counted.sweeps != 1 {
		t.Errorf("%d sweeps are counted", l.counted.sweeps)
	}
	if got := strings.Join(l.counted.findings, ", "); got != "RW102 critical opened" {
		t.Errorf("findings counted: %s", got)
	}
}

// TestASweepWithoutTimeGoesBackIntoTheQueue starts a step late in an invocation: nothing is read, and the step is not lost.
func TestASweepWithoutTimeGoesBackIntoTheQueue(t *testing.T) {
	l := newLab(t)
	l.role("orders", badTrust)
	l.function("checkout", "orders")
	l.tick()
	item, ok := l.queue.Pop(l.now)
	if !ok {
		t.Fatal("the sweep did not start")
	}
	ctx, cancel := context.WithTimeout(t.Context(), deploy.SweepMargin-time.Second)
	defer cancel()
	l.cloud.fail = errors.New("read")
	if o := l.watch.Handle(ctx, []watch.Item{{ID: "late", Body: item.Body, Receives: 1}})[0]; o.Err != nil || o.Dead != "" {
		t.Fatalf("outcome %+v", o)
	}
	l.cloud.fail = nil
	l.pass(time.Second)
	l.want("opened RW102 orders")
}

func TestARoleWhoseScopeIsNotKnownWaitsForTheSweep(t *testing.T) {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.function("checkout", "orders")
	l.must(l.setTrust("orders", badTrust))
	l.pass(2 * time.Minute)
	l.want()
	l.swept()
	l.want("opened RW102 orders")
}

func TestATickSweepsOnceADay(t *testing.T) {
	l := orders(t)
	before, _ := l.store.SweepState(context.Background(), account)
	l.swept()
	l.now = l.now.Add(22 * time.Hour)
	l.swept()
	if after, _ := l.store.SweepState(context.Background(), account); after != before {
		t.Errorf("swept again: %+v", after)
	}
	l.now = l.now.Add(3 * time.Hour)
	l.swept()
	if after, _ := l.store.SweepState(context.Background(), account); after.Complete != before.Complete+1 {
		t.Errorf("sweep state %+v after %+v", after, before)
	}
}
