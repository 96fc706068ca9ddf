package watch_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// wantNotices fails unless operations was told each of these once, and nothing else.
func (l *lab) wantNotices(calls ...string) {
	l.t.Helper()
	if len(l.notices) != len(calls) {
		l.t.Errorf("operations was told %d times: %q", len(l.notices), l.notices)
	}
	for _, call := range calls {
		text := strings.Join(strings.Fields(strings.Join(l.notices, " ")), " ")
		if n := strings.Count(text, call+" is not supported by the endpoint (HTTP status code 404)"); n != 1 || strings.Contains(text, "denied "+call) {
			l.t.Errorf("operations was told %d times of %s: %q", n, call, l.notices)
		}
	}
}

// TestACallThatIsNotSupportedMakesNoRecordADeadLetter lets the endpoint lack each call that a record or a sweep takes. Every
// item is handled; what the call would have read is unknown, and operations is told once.
func TestACallThatIsNotSupportedMakesNoRecordADeadLetter(t *testing.T) {
	arn := "arn:aws:iam::" + account + ":policy/team"
	tried := 0
	for call, item := range map[string]func(*lab) []byte{
		"iam:ListAttachedRolePolicies": func(l *lab) []byte { return l.setTrust("orders", goodTrust+" ") },
		"iam:ListEntitiesForPolicy": func(l *lab) []byte {
			return l.record("CreatePolicyVersion", map[string]any{"policyArn": arn, "policyDocument": everything, "setAsDefault": true})
		},
		"lambda:ListVersionsByFunction": func(l *lab) []byte {
			return l.record("UpdateFunctionCode20150331v2", map[string]any{"functionName": "checkout"})
		},
		"lambda:GetEventSourceMapping": func(l *lab) []byte {
			return l.record("UpdateEventSourceMapping20150331", map[string]any{"uUID": "14e0db71"}, map[string]any{
				"errorCode": "InvalidParameterValueException", "errorMessage": "The role defined for the function cannot be assumed by Lambda.",
			})
		},
		"lambda:ListTags": func(l *lab) []byte {
			l.cloud.functions[functionARN("checkout")][0].Config.Tags = role.NotRead[map[string]string](role.Unsupported("lambda:ListTags", "HTTP status code 404"))
			return l.record("UpdateFunctionCode20150331v2", map[string]any{"functionName": "checkout"})
		},
	} {
		tried++
		l := orders(t)
		l.cloud.unsupported = map[string]bool{call: true}
		l.must(item(l))
		l.must(item(l))
		l.pass(time.Hour)
		l.want()
		l.wantNotices(call)
	}
	if tried == 0 {
		t.Fatal("no call was tried")
	}
}

// TestAFunctionThatCannotBeReadIsTakenFromTheIndex lacks the call that lists a function's versions: its roles are those that
// the index has.
func TestAFunctionThatCannotBeReadIsTakenFromTheIndex(t *testing.T) {
	l := orders(t)
	l.cloud.unsupported = map[string]bool{"lambda:ListVersionsByFunction": true}
	l.cloud.roles["orders"].trust = badTrust
	l.must(l.record("UpdateFunctionCode20150331v2", map[string]any{"functionName": "checkout"}))
	l.pass(2 * time.Minute)
	l.want("opened RW102 orders")
	l.wantNotices("lambda:ListVersionsByFunction")
}

// TestASweepGoesOnWithoutTheFunctionsOfARegion lacks the call that lists functions: roles are reconciled all the same, who
// uses them is unknown, and the next sweep is a day later.
func TestASweepGoesOnWithoutTheFunctionsOfARegion(t *testing.T) {
	l := newLab(t)
	l.role("admin", goodTrust).inline["all"] = everything
	l.cloud.unsupported = map[string]bool{"lambda:ListFunctions": true}
	l.swept()
	l.pass(time.Hour)
	l.want("opened RW301 admin")
	l.wantNotices("lambda:ListFunctions")
	users, err := l.store.Users(t.Context(), account, roleARN("admin"))
	if err != nil || users.Complete {
		t.Errorf("who uses the role is known: %+v, %v", users, err)
	}
	before, err := l.store.SweepState(t.Context(), account)
	if err != nil || before.Complete != before.Generation || before.Indexed != 0 {
		t.Errorf("the sweep is %+v, %v", before, err)
	}
	l.cloud.unsupported = nil
	l.now = l.now.Add(25 * time.Hour)
	l.swept()
	if users, err = l.store.Users(t.Context(), account, roleARN("admin")); err != nil || !users.Complete {
		t.Errorf("who uses the role is unknown: %+v, %v", users, err)
	}
}

// TestASweepThatCannotListRolesEnds lacks both calls that list roles: nothing can be judged, and operations is told which call
// is missing.
func TestASweepThatCannotListRolesEnds(t *testing.T) {
	l := newLab(t)
	l.role("admin", goodTrust).inline["all"] = everything
	l.cloud.unsupported = map[string]bool{"iam:ListRoles": true}
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.wantNotices("iam:ListRoles")
}

// TestAFunctionThatCannotBeReadIsUnknown changes a function whose versions cannot be listed: the index keeps the role that it was seen
// with, and what else it had is unknown.
func TestAFunctionThatCannotBeReadIsUnknown(t *testing.T) {
	l := orders(t)
	arn := functionARN("checkout")
	l.cloud.functions[arn][0].Config.LogGroup = role.Have("/before")
	l.swept()
	l.cloud.unsupported = map[string]bool{"lambda:ListVersionsByFunction": true}
	l.must(l.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": "checkout"}))
	versions, err := l.store.Versions(context.Background(), arn)
	if err != nil || len(versions) != 1 || versions[0].Role == "" {
		t.Fatalf("%v, %+v", err, versions)
	}
	if group := versions[0].Config.LogGroup; group.State() != role.Unknown || !strings.Contains(group.Why(), "ListVersionsByFunction") {
		t.Errorf("its log group is %q, unknown because %q", group.Or(""), group.Why())
	}
}

// TestARecordOfLambdaThatNamesNoFunctionLeadsToASweep changes a function by a record without its parameters.
func TestARecordOfLambdaThatNamesNoFunctionLeadsToASweep(t *testing.T) {
	l := orders(t)
	l.swept()
	l.cloud.functions[functionARN("checkout")][0].Config.LogGroup = role.Have("/after")
	l.must(l.record("UpdateFunctionConfiguration20150331v2", omitted))
	l.pass(time.Minute)
	versions, err := l.store.Versions(context.Background(), functionARN("checkout"))
	if err != nil || len(versions) != 1 || versions[0].Config.LogGroup.Or("") != "/after" {
		t.Errorf("%v, %+v", err, versions)
	}
}
