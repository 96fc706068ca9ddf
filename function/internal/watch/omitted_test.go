package watch_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

var omitted = map[string]any{"reason": "requestParameters too large", "omitted": true, "originalSize": 102500}

// TestAPaddedRecordLeadsToTheRolesThatChanged pads the policy of one role among several: only that one is reconciled, and the
// message names who called, as likely.
func TestAPaddedRecordLeadsToTheRolesThatChanged(t *testing.T) {
	for _, denied := range []bool{false, true} {
		l := newLab(t, finds("RW301", check.Critical, everything, byPart))
		for _, name := range []string{"orders", "billing", "payments"} {
			l.role(name, goodTrust)
			l.function(name+"-api", name)
		}
		l.swept()
		l.want()
		l.cloud.roles["billing"].inline["all"] = everything
		if denied {
			l.cloud.unsupported = map[string]bool{"iam:ListRoles": true}
		}
		before := l.cloud.reads
		l.must(l.record("PutRolePolicy", omitted))
		if denied {
			l.want() // Nothing has a finding yet, and the roles cannot be listed: the sweep finds it.
			continue
		}
		told := l.want("opened RW301 billing")
		f := told[0].Opened[0]
		if f.Cause == nil || f.Cause.Certainty != finding.Likely || told[0].Changes[0].Actor.Name != "mallory" {
			t.Errorf("cause %+v, changes %+v", f.Cause, told[0].Changes)
		}
		if n := l.cloud.reads - before; n != 1 {
			t.Errorf("%d roles were read one by one", n)
		}
	}
}

// TestAPaddedRecordOfAnotherKindIsNotBlamed pads a trust policy while an inline policy changed by itself.
func TestAPaddedRecordOfAnotherKindIsNotBlamed(t *testing.T) {
	l := newLab(t, finds("RW301", check.Critical, everything, byPart))
	l.role("orders", goodTrust)
	l.function("orders-api", "orders")
	l.swept()
	l.cloud.roles["orders"].inline["all"] = everything
	l.must(l.record("UpdateAssumeRolePolicy", omitted))
	if f := l.want("opened RW301 orders")[0].Opened[0]; f.Cause != nil {
		t.Errorf("cause %+v", f.Cause)
	}
	// A record that was refused, or that names its role in the answer, needs no search.
	l.must(l.record("PutRolePolicy", omitted, map[string]any{"errorCode": "LimitExceededException"}))
	l.want()
}

// TestARoleThatWasReturnedBringsNoBlame acquires a role that was made just now, and one that was there.
func TestARoleThatWasReturnedBringsNoBlame(t *testing.T) {
	for created, blamed := range map[string]bool{"Mar 2, 2026 9:00:01 AM": true, "Feb 1, 2026 9:00:00 AM": false, "": false} {
		l := newLab(t, finds("RW301", check.Critical, everything, byPart))
		l.role("orders", goodTrust).inline["all"] = everything
		l.must(l.record("AcquireRole", map[string]any{"templateArn": "arn:aws:iam::aws:role-template/x"}, map[string]any{"responseElements": map[string]any{
			"role": map[string]any{"roleName": "orders", "arn": roleARN("orders"), "roleId": "AROAORDERS", "createDate": created}}}))
		if f := l.want("opened RW301 orders")[0].Opened[0]; (f.Cause != nil) != blamed {
			t.Errorf("created %q: cause %+v", created, f.Cause)
		}
	}
}

// A record that is not understood, and names a function, has the function and its role read.
func TestARecordThatIsNotUnderstoodAndNamesAFunctionIsFollowed(t *testing.T) {
	l := orders(t)
	l.cloud.roles["orders"].trust = badTrust
	body := l.record("PutFunctionFutureConfig20991231", map[string]any{"functionName": functionARN("checkout")})
	change, ok := events.ParseUnread(body, "there is no such call")
	if !ok {
		t.Fatal("the record names nothing")
	}
	if o := l.watch.Handle(t.Context(), []watch.Item{{ID: "m", Body: body, Change: change, Receives: 1}})[0]; o != (watch.Outcome{}) {
		t.Fatalf("outcome %+v", o)
	}
	l.pass(2 * time.Minute)
	l.want("opened RW102 orders")
}

// Where the Region is none of those that are watched, which a replay may read, a padded record of Lambda has the functions read that are known
// of, and those of no other account.
func TestAPaddedRecordLeadsToTheFunctionsThatAreKnown(t *testing.T) {
	for _, of := range []string{account, "444455556666"} {
		l := newLab(t)
		l.config.Regions = nil
		l.watch = l.another()
		l.role("broken", badTrust)
		l.swept()
		f := role.Function{ARN: "arn:aws:lambda:" + region + ":" + of + ":function:checkout", Version: "$LATEST", Role: roleARN("broken"), LastModified: role.Have(l.now)}
		l.cloud.functions[f.ARN] = []role.Function{f}
		body := l.record("CreateFunction20150331", omitted)
		change, err := events.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		handle := func() {
			t.Helper()
			if o := l.watch.Handle(t.Context(), []watch.Item{{ID: "m", Body: body, Change: change, Receives: 1}})[0]; o != (watch.Outcome{}) {
				t.Fatalf("outcome %+v", o)
			}
		}
		handle()
		l.pass(2 * time.Minute)
		if of == account {
			l.want("opened RW102 broken")
		} else {
			l.want()
		}
		l.cloud.fail = errThrottled
		waited := l.queue.Len()
		if handle(); l.queue.Len() != waited+1 {
			t.Errorf("%d items wait, and %d did before the record could not be followed", l.queue.Len(), waited)
		}
	}
}
