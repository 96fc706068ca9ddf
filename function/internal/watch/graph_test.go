package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	assumesDeploy = `{"Version":"2012-10-17","Statement":[{"Sid":"Deploy","Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/deploy"}]}`
	accountTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}`
	closedTrust   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

// graphed is a lab whose watch judges the paths of roles in the graph of the account. The role orders may assume the role deploy, which
// admits it and may do nothing.
func graphed(t testing.TB) *lab {
	l := newLab(t, slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool {
		return !slices.Contains([]string{"RW102", "RW301", "RW302", "RW304", "RW308", "RW317"}, c.ID)
	})...)
	l.config.Graph = &danger.Graphs{}
	l.watch = l.another()
	l.cloud.policies[adminARN] = everything
	l.role("deploy", accountTrust)
	l.role("orders", goodTrust).inline["deploy"] = assumesDeploy
	l.function("checkout", "orders")
	return l
}

// settled is graphed after its first sweep.
func settled(t testing.TB) *lab {
	l := graphed(t)
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.outgoing, l.chats = nil, nil
	return l
}

// findings are the findings that are stored of a role.
func (l *lab) findings(name string) []finding.Stored {
	l.t.Helper()
	states, err := l.store.Load(context.Background(), []string{roleARN(name)})
	if err != nil {
		l.t.Fatal(err)
	}
	return states[0].Findings
}

// wantCause holds the one finding of a message to the event that is its cause, and to what that changed.
func wantCause(t *testing.T, list []message.Message, event, elsewhere string) finding.Finding {
	t.Helper()
	if len(list) != 1 || len(list[0].Opened)+len(list[0].Changed) != 1 {
		t.Fatalf("%d messages, want one with one finding", len(list))
	}
	f := slices.Concat(list[0].Opened, list[0].Changed)[0]
	if f.Cause == nil || f.Cause.Certainty != finding.Certain || f.Cause.Elsewhere != elsewhere {
		t.Fatalf("the cause is %+v, want a certain one about %s", f.Cause, elsewhere)
	}
	i := slices.IndexFunc(list[0].Changes, func(c finding.Change) bool { return c.EventID == f.Cause.EventID })
	if i < 0 || list[0].Changes[i].EventName != event || list[0].Changes[i].Actor.ARN == "" {
		t.Fatalf("the message has the changes %+v, want the cause, %s, with its actor", list[0].Changes, event)
	}
	return f
}

// TestAChangeElsewhereIsReportedOnTheRolesThatReachIt makes a role that an execution role may assume an administrator, and undoes that.
func TestAChangeElsewhereIsReportedOnTheRolesThatReachIt(t *testing.T) {
	l := settled(t)
	reads := l.cloud.reads
	l.must(l.attach("deploy"))
	f := wantCause(t, l.want("opened RW308 orders"), "AttachRolePolicy", roleARN("deploy"))
	if f.Severity != check.Critical || !strings.Contains(f.Detail, "orders → sts:AssumeRole deploy") {
		t.Errorf("%s: %s", f.Severity, f.Detail)
	}
	if got := l.cloud.reads - reads; got != 2 {
		t.Errorf("%d roles were read, want the one that changed and the one that reaches it", got)
	}
	if stored := l.findings("orders"); len(stored) != 1 || stored[0].Cause == nil || stored[0].Cause.Elsewhere != roleARN("deploy") {
		t.Errorf("stored: %+v", stored)
	}
	if got := l.forPeople(); len(got) != 1 || !strings.Contains(got[0], "orders") {
		t.Errorf("people received %q", got)
	}
	l.pass(time.Hour)
	l.want()
	undo := l.detach("deploy")
	l.must(undo)
	told := l.want("resolved RW308 orders mended")
	if len(told[0].Changes) == 0 || !slices.ContainsFunc(told[0].Changes, func(c finding.Change) bool { return c.EventName == "DetachRolePolicy" }) {
		t.Errorf("the message has the changes %+v, want the undo", told[0].Changes)
	}
	l.pass(time.Hour)
	l.want()
	if stored := l.findings("orders"); len(stored) != 0 {
		t.Errorf("stored: %+v", stored)
	}
}

// TestATrustThatOpensIsReportedOnTheRolesThatItAdmits opens the trust policy of an administrator, and closes it.
func TestATrustThatOpensIsReportedOnTheRolesThatItAdmits(t *testing.T) {
	l := graphed(t)
	l.cloud.roles["deploy"].trust = closedTrust
	l.cloud.roles["deploy"].attached[adminARN] = true
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.must(l.setTrust("deploy", accountTrust))
	wantCause(t, l.want("opened RW308 orders"), "UpdateAssumeRolePolicy", roleARN("deploy"))
	l.pass(time.Hour)
	l.want()
	l.must(l.setTrust("deploy", closedTrust))
	l.want("resolved RW308 orders mended")
}

// TestAPolicyThatBothUse changes a policy that the execution role and the role that it may assume have: both are in one message.
func TestAPolicyThatBothUse(t *testing.T) {
	l := graphed(t)
	l.cloud.policies[team] = harmless
	l.cloud.roles["deploy"].attached[team] = true
	l.role("batch", accountTrust).attached[team] = true
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.must(l.setTeam(everything))
	f := wantCause(t, l.want("opened RW308 orders"), "CreatePolicyVersion", team)
	if !strings.Contains(f.Title, "deploy") {
		t.Error(f.Title)
	}
	l.pass(time.Hour)
	l.want()
	l.must(l.setTeam(harmless))
	l.want("resolved RW308 orders mended")
}

// TestAFunctionThatGetsAPowerfulRole gives a function whose code the execution role may change another role.
func TestAFunctionThatGetsAPowerfulRole(t *testing.T) {
	l := graphed(t)
	l.role("admin", goodTrust).attached[adminARN] = true
	l.role("plain", goodTrust)
	l.cloud.roles["orders"].inline["deploy"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:UpdateFunctionCode","Resource":"` + functionARN("hook") + `"}]}`
	l.function("hook", "plain")
	l.swept()
	l.pass(time.Hour)
	l.messages, l.outgoing, l.chats = nil, nil, nil
	l.function("hook", "admin")
	l.must(l.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": "hook", "role": roleARN("admin")},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN("hook"), "role": roleARN("admin"), "functionName": "hook"}}))
	found := false
	for _, m := range l.messages {
		for _, f := range m.Opened {
			if f.Check == "RW308" && message.RoleName(f.Role) == "orders" {
				found = f.Cause != nil && f.Cause.Elsewhere == functionARN("hook")
			}
		}
	}
	if !found {
		t.Errorf("told: %+v", l.messages)
	}
}

// TestAGraphIsReadOnce counts what a reconcile reads of the inventory: the head, and no page that is in memory.
func TestAnInventoryIsReadOnce(t *testing.T) {
	l := settled(t)
	var read []string
	l.store.Hooks.Inventory = func(page string) error { read = append(read, page); return nil }
	l.must(l.setTrust("orders", goodTrust))
	if !slices.Equal(read, []string{""}) {
		t.Errorf("a reconcile read %q, want the head", read)
	}
}

// TestManyRolesThatReachAChange makes a role an administrator that 120 execution roles may assume: they are slices of the change, and people
// receive one message.
func TestManyRolesThatReachAChange(t *testing.T) {
	l := graphed(t)
	for i := range 119 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust).inline["deploy"] = assumesDeploy
	}
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.outgoing, l.chats = nil, nil
	l.must(l.attach("deploy"))
	l.pass(time.Minute)
	if got := l.forMachines(); len(got) != 120 {
		t.Errorf("machines received %d findings, want 120: %v", len(got), got)
	}
	if got := l.forPeople(); len(got) != 1 || !strings.Contains(got[0], "120 roles") {
		t.Errorf("people received %q", got)
	}
	l.pass(time.Hour)
	l.messages, l.outgoing, l.chats = nil, nil, nil
	l.must(l.detach("deploy"))
	l.pass(time.Hour)
	if got := l.forMachines(); len(got) != 120 {
		t.Errorf("machines received %d findings, want 120 resolved: %v", len(got), got)
	}
	if got := l.forPeople(); len(got) != 1 {
		t.Errorf("people received %q", got)
	}
}

// TestAChangeInSlicesTakesTheRolesThatReachIt changes a policy that 60 roles have which roles without it may assume.
func TestAChangeInSlicesTakesTheRolesThatReachIt(t *testing.T) {
	l := graphed(t)
	l.cloud.policies[team] = harmless
	l.cloud.roles["deploy"].attached[team] = true
	for i := range 60 {
		l.role(fmt.Sprintf("r%03d", i), accountTrust).attached[team] = true
	}
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.outgoing, l.chats = nil, nil
	l.must(l.setTeam(everything))
	l.pass(time.Hour)
	if got := l.forMachines(); len(got) != 1 || got["opened RW308 orders"] != 1 {
		t.Errorf("machines received %v", got)
	}
	if got := l.forPeople(); len(got) != 1 {
		t.Errorf("people received %q", got)
	}
}

// TestACrashAfterTheInventoryIsCommitted loses the invocation before the roles that a change affects are committed.
func TestACrashAfterTheInventoryIsCommitted(t *testing.T) {
	l := settled(t)
	body := l.attach("deploy")
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if len(states) > 0 {
			panic("crash")
		}
		return nil
	}
	func() {
		defer func() { _ = recover() }()
		l.deliver(body)
		t.Error("no crash")
	}()
	l.store.Hooks.BeforeCommit = nil
	l.watch = l.another()
	l.pass(2 * time.Minute)
	wantCause(t, l.want("opened RW308 orders"), "AttachRolePolicy", roleARN("deploy"))
	l.must(body) // The queue delivers the record again.
	l.pass(time.Hour)
	l.want()
}

// TestACrashBeforeTheInventoryIsCommitted loses it before: the record comes again.
func TestACrashBeforeTheInventoryIsCommitted(t *testing.T) {
	l := settled(t)
	body := l.attach("deploy")
	l.store.Hooks.BeforeInventory = func([]message.Outgoing) error { panic("crash") }
	func() {
		defer func() { _ = recover() }()
		l.deliver(body)
		t.Error("no crash")
	}()
	l.store.Hooks.BeforeInventory = nil
	l.watch = l.another()
	l.must(body)
	wantCause(t, l.want("opened RW308 orders"), "AttachRolePolicy", roleARN("deploy"))
	l.pass(time.Hour)
	l.want()
}

// TestTwoChangesThatMakeAPathTogether lets a role assume another one in one execution environment, while another environment makes that one
// an administrator: neither sees the other's change when it reads the inventory, and whoever commits second finds the path.
func TestTwoChangesThatMakeAPathTogether(t *testing.T) {
	l := graphed(t)
	l.role("admin", accountTrust)
	l.swept()
	l.pass(time.Hour)
	l.want()
	edge := l.putInline("deploy", "admin", strings.ReplaceAll(assumesDeploy, "role/deploy", "role/admin"))
	delete(l.cloud.roles["deploy"].inline, "admin")
	powers, other, calls := l.attach("admin"), l.another(), 0
	l.store.Hooks.BeforeInventory = func([]message.Outgoing) error {
		if calls++; calls > 1 {
			return nil
		}
		l.cloud.roles["deploy"].inline["admin"] = strings.ReplaceAll(assumesDeploy, "role/deploy", "role/admin")
		return other.Handle(context.Background(), l.items(edge))[0].Err
	}
	l.must(powers)
	f := wantCause(t, l.want("opened RW308 orders"), "AttachRolePolicy", roleARN("admin"))
	if calls != 3 || !strings.Contains(f.Detail, "orders → sts:AssumeRole deploy → sts:AssumeRole admin") {
		t.Errorf("%d commits: %s", calls, f.Detail)
	}
	l.pass(time.Hour)
	l.want()
	l.must(l.detach("admin"))
	l.want("resolved RW308 orders mended")
}

// TestTwoReadsOfARoleThatOverlap has another execution environment read a role anew while one commits what it was before.
func TestTwoReadsOfARoleThatOverlap(t *testing.T) {
	l := settled(t)
	tagged, other, once := l.record("TagRole", map[string]any{"roleName": "deploy"}), l.another(), true
	l.cloud.roles["deploy"].tags = map[string]string{"team": "pay"}
	l.store.Hooks.BeforeInventory = func([]message.Outgoing) error {
		if !once {
			return nil
		}
		once = false
		return other.Handle(context.Background(), l.items(l.attach("deploy")))[0].Err
	}
	l.must(tagged)
	l.want("opened RW308 orders")
	l.pass(time.Hour)
	l.want()
}

// TestAReadThatDoesNotShowTheChangeOfARoleOutOfScope has IAM answer with what the role was: the record comes again.
func TestAReadThatDoesNotShowTheChangeOfARoleOutOfScope(t *testing.T) {
	l := settled(t)
	old := l.cloud.snapshot(role.Ref{Partition: "aws", Account: account, Name: "deploy", ARN: roleARN("deploy")})
	body := l.attach("deploy")
	l.cloud.lag = map[string]role.Snapshot{"deploy": old}
	l.fails(body)
	l.want()
	l.cloud.lag = nil
	l.pass(time.Minute)
	l.want("opened RW308 orders")
}

// TestAnInventoryThatCannotBeRead keeps the findings, tells operations, and is repaired by a sweep.
func TestAnInventoryThatCannotBeRead(t *testing.T) {
	for _, page := range []bool{false, true} {
		t.Run(fmt.Sprintf("page %v", page), func(t *testing.T) {
			l := settled(t)
			l.must(l.attach("deploy"))
			l.want("opened RW308 orders")
			l.pass(2 * time.Hour)
			before := l.findings("orders")
			swept := l.counted.sweeps
			repaired := false
			l.store.Hooks.AfterInventory = func([]message.Outgoing) error { repaired = true; return nil }
			l.store.Hooks.Inventory = func(name string) error {
				if repaired || (name != "") != page || page && !strings.HasPrefix(name, "sweep-1-") {
					return nil
				}
				return errors.New("unexpected end of the item")
			}
			l.watch = l.another()
			l.must(l.setTrust("orders", goodTrust))
			l.want()
			if got := l.findings("orders"); len(got) != 1 || got[0].ID != before[0].ID {
				t.Errorf("stored: %+v", got)
			}
			if len(l.notices) != 1 || !strings.Contains(l.notices[0], "cannot read what it knows") {
				t.Errorf("operations were told %q", l.notices)
			}
			l.pass(10 * time.Minute)
			l.want()
			if l.counted.sweeps != swept+1 || len(l.notices) != 2 || !strings.Contains(l.notices[1], "again") {
				t.Errorf("%d sweeps, operations were told %q", l.counted.sweeps-swept, l.notices)
			}
			l.must(l.detach("deploy"))
			l.want("resolved RW308 orders mended")
		})
	}
}

// TestASweepFindsWhatNoRecordToldOfAnotherRole makes the role an administrator without a record.
func TestASweepFindsWhatNoRecordToldOfAnotherRole(t *testing.T) {
	l := settled(t)
	l.cloud.roles["deploy"].attached[adminARN] = true
	l.now = l.now.Add(25 * time.Hour)
	l.swept()
	l.pass(time.Minute)
	l.want("opened RW308 orders")
}
