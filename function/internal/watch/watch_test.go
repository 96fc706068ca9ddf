package watch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
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

func TestAStaleReadComesBack(t *testing.T) {
	l := orders(t)
	l.cloud.lag = map[string]role.Snapshot{"orders": l.cloud.snapshot(ref("orders"))}
	l.must(l.setTrust("orders", badTrust))
	if l.queue.Len() != 1 {
		t.Fatalf("%d items wait, want the record itself", l.queue.Len())
	}
	l.pass(12 * time.Second)
	reads := l.cloud.reads
	if reads < 3 {
		t.Errorf("%d reads: the record did not come back every 5 s", reads)
	}
	l.cloud.lag = nil
	l.pass(time.Minute)
	l.want("opened RW102 orders")
}

func TestAReadThatStaysStaleWinsAfterFiveMinutes(t *testing.T) {
	l := orders(t)
	l.cloud.lag = map[string]role.Snapshot{"orders": l.cloud.snapshot(ref("orders"))}
	l.must(l.setTrust("orders", badTrust))
	l.pass(5*time.Minute + 10*time.Second)
	if l.queue.Len() != 0 {
		t.Fatalf("%d items still wait", l.queue.Len())
	}
	l.want()
}

func ref(name string) role.Ref {
	return role.Ref{Partition: "aws", Account: account, Name: name, ARN: roleARN(name)}
}

// TestTwoLooksInterleaved lets a second change be handled in the middle of a look at the same role, after that has
// loaded and read, in both orders of the two changes.
func TestTwoLooksInterleaved(t *testing.T) {
	for _, order := range []string{"break within mend", "mend within break"} {
		t.Run(order, func(t *testing.T) {
			l := orders(t)
			l.must(l.setTrust("orders", badTrust))
			l.pass(2 * time.Minute)
			l.want("opened RW102 orders")
			outerTrust, innerTrust := goodTrust, badTrust
			if order == "mend within break" {
				outerTrust, innerTrust = badTrust+" ", goodTrust
			}
			outer := l.setTrust("orders", outerTrust)
			l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error {
				l.store.Hooks.BeforeCommit = nil
				l.now = l.now.Add(time.Second)
				l.must(l.setTrust("orders", innerTrust))
				return nil
			}
			l.must(outer)
			l.pass(10 * time.Minute)
			if order == "mend within break" {
				l.want("resolved RW102 orders mended")
				return
			}
			// The mend was never seen: what was told stands.
			l.want()
		})
	}
}

func TestACrashBetweenCommitAndPublishing(t *testing.T) {
	l := orders(t)
	l.cloud.policies[adminARN] = everything
	l.cloud.roles["orders"].attached[adminARN] = true
	l.down = errors.New("SNS is down")
	l.must(l.record("AttachRolePolicy", map[string]any{"roleName": "orders", "policyArn": adminARN}))
	l.want()
	l.down = nil
	l.tick()
	l.want()
	l.now = l.now.Add(3 * time.Minute)
	l.tick()
	l.want("opened RW302 orders")
	l.tick()
	l.want()
}

func TestACrashBetweenPublishingAndNotingItRepeatsTheMessageUnderItsID(t *testing.T) {
	l := orders(t)
	l.cloud.policies[adminARN] = everything
	l.cloud.roles["orders"].attached[adminARN] = true
	var committed []message.Outgoing
	l.store.Hooks.AfterCommit = func(_ []finding.State, out []message.Outgoing) error {
		committed = append(committed, out...)
		return errors.New("the answer was lost")
	}
	body := l.record("AttachRolePolicy", map[string]any{"roleName": "orders", "policyArn": adminARN})
	if o := l.deliver(body)[0]; o.Err == nil || o.RetryAfter != 2*time.Second {
		t.Fatalf("outcome %+v", o)
	}
	// The first try got as far as publishing, and died before it noted that.
	for _, o := range committed {
		if o.Kind == message.KindFindings {
			if err := l.tell(o); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.store.Hooks.AfterCommit = nil
	l.must(body)
	l.now = l.now.Add(3 * time.Minute)
	l.tick()
	told := l.want("opened RW302 orders", "opened RW302 orders")
	if told[0].ID != told[1].ID {
		t.Errorf("one message under two IDs: %s and %s", told[0].ID, told[1].ID)
	}
}

func TestThrottlingMakesTheRecordComeAgainWithGrowingVisibility(t *testing.T) {
	l := orders(t)
	body := l.setTrust("orders", badTrust)
	l.cloud.fail = errors.New("Throttling: Rate exceeded")
	want := []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300}
	for i, seconds := range want {
		o := l.watch.Handle(context.Background(), []watch.Item{{ID: "m", Body: body, Receives: i + 1}})[0]
		if o.Err == nil || o.RetryAfter != seconds*time.Second {
			t.Errorf("receive %d: %+v, want %d s", i+1, o, seconds)
		}
	}
	l.cloud.fail = nil
	l.must(body)
	l.pass(2 * time.Minute)
	l.want("opened RW102 orders")
}

func TestAFailingRoleFailsItsOwnRecordsAlone(t *testing.T) {
	l := newLab(t)
	for function, name := range map[string]string{"checkout": "orders", "invoice": "billing"} {
		l.role(name, goodTrust)
		l.function(function, name)
	}
	l.swept()
	a := l.setTrust("orders", badTrust)
	b := l.setTrust("billing", badTrust)
	l.cloud.onRead = func() { l.cloud.fail = errors.New("throttled") }
	outcomes := l.deliver(a, b, []byte(`{"source":"aws.iam"`), []byte(`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`))
	if outcomes[0].Err == nil || outcomes[1].Err == nil {
		t.Errorf("outcomes %+v", outcomes)
	}
	if outcomes[2].Dead == "" || outcomes[3] != (watch.Outcome{}) {
		t.Errorf("poison %+v, not listed %+v", outcomes[2], outcomes[3])
	}
	l.cloud.fail = nil
	l.cloud.onRead = nil
	l.must(a, b)
	l.pass(2 * time.Minute)
	told := l.want("opened RW102 orders", "opened RW102 billing")
	if len(told) != 2 {
		t.Errorf("%d messages for two unrelated roles", len(told))
	}
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
	if len(l.messages) != 3 {
		t.Fatalf("%d messages, want 3 of 50, 50 and 20 roles", len(l.messages))
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
	l.want("resolved RW102 orders unused")
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
