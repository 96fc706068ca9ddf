package watch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

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

// A function that is read as it was before its record gave it another role is read again.
func TestAStaleReadOfAFunctionComesBack(t *testing.T) {
	for name, parameters := range map[string]map[string]any{
		"CreateFunction20150331":                {"functionName": "checkout", "role": roleARN("broken")},
		"UpdateFunctionConfiguration20150331v2": {"functionName": "checkout", "role": roleARN("broken")},
	} {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			l.role("broken", badTrust)
			l.pass(time.Minute)
			record := l.record(name, parameters, map[string]any{"responseElements": map[string]any{
				"functionArn": functionARN("checkout"), "role": roleARN("broken"), "version": "$LATEST",
			}})
			l.must(record)
			if n := l.queue.Len(); n != 1 {
				t.Fatalf("%d items wait, want the record itself", n)
			}
			l.want()
			l.now = l.now.Add(time.Second)
			l.function("checkout", "broken")
			l.pass(2 * time.Minute)
			l.want("opened RW102 broken")
		})
	}
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
	l.fails(body)
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
	waiting := l.queue.Len()
	outcomes := l.deliver(a, b, []byte(`{"source":"aws.iam"`), []byte(`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`))
	if outcomes[0] != (watch.Outcome{}) || outcomes[1] != (watch.Outcome{}) || l.queue.Len() != waiting+2 {
		t.Errorf("outcomes %+v, %d items more in the queue, want the two records", outcomes, l.queue.Len()-waiting)
	}
	if outcomes[2].Dead == "" || outcomes[3] != (watch.Outcome{}) {
		t.Errorf("poison %+v, not listed %+v", outcomes[2], outcomes[3])
	}
	l.cloud.fail = nil
	l.cloud.onRead = nil
	l.pass(2 * time.Minute)
	told := l.want("opened RW102 orders", "opened RW102 billing")
	if len(told) != 2 {
		t.Errorf("%d messages for two unrelated roles", len(told))
	}
}

func TestWhatOnlyTheSecondLookSeesHasItsCause(t *testing.T) {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.swept()
	l.role("young", goodTrust)
	l.function("hasty", "young")
	// The role was never looked at, so nobody can tell that this read lags.
	l.cloud.lag = map[string]role.Snapshot{"young": l.cloud.snapshot(ref("young"))}
	broken := l.setTrust("young", badTrust)
	l.must(l.record("CreateFunction20150331", map[string]any{"functionName": "hasty", "role": roleARN("young")},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN("hasty"), "role": roleARN("young"), "version": "$LATEST"}}), broken)
	l.cloud.lag = nil
	l.pass(2 * time.Minute)
	m := l.want("opened RW102 young")[0]
	if f := m.Opened[0]; f.Cause == nil || len(m.Changes) != 2 {
		t.Errorf("cause %+v of %d changes", f.Cause, len(m.Changes))
	}
}

func TestRefusedCallsDoNotFillTheState(t *testing.T) {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.swept()
	var bodies [][]byte
	for i := range 300 {
		bodies = append(bodies, l.record("CreateFunction20150331", map[string]any{"functionName": fmt.Sprintf("f%d", i%150), "role": roleARN("orders")}, map[string]any{
			"errorCode": "InvalidParameterValueException", "errorMessage": "The role defined for the function cannot be assumed by Lambda.",
		}))
	}
	l.must(bodies...)
	states, err := l.store.Load(context.Background(), []string{roleARN("orders")})
	if err != nil || len(states[0].Refusals) != 50 || len(states[0].Changes) > 100 {
		t.Errorf("%d refusals and %d changes are remembered, %v", len(states[0].Refusals), len(states[0].Changes), err)
	}
}
