package watch_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	cannotAssume = "The role defined for the function cannot be assumed by Lambda."
	cannotDo     = "The function's execution role doesn't have permission to perform this operation."
	mappingID    = "3d5b7f10-9c2e-4a68-b1d0-2f4e6a8c0b12"
)

// refused is the record of a refused call.
func (l *lab) refused(name, why string, parameters map[string]any) []byte {
	return l.record(name, parameters, map[string]any{"errorCode": "InvalidParameterValueException", "errorMessage": why})
}

// created is the record of a CreateFunction that succeeded, which it also makes.
func (l *lab) created(name, roleName string) []byte {
	l.function(name, roleName)
	return l.record("CreateFunction20150331", map[string]any{"functionName": name, "role": roleARN(roleName)},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN(name), "role": roleARN(roleName), "version": "$LATEST"}})
}

// pointers are the roles that the note of a refused call for a function names.
func (l *lab) pointers(function string) []string {
	l.t.Helper()
	arns, err := l.store.Refused(context.Background(), functionARN(function))
	if err != nil {
		l.t.Fatal(err)
	}
	return arns
}

// refusedForOrders is a lab in which CreateFunction of checkout was refused with the role orders; spare is a role that works.
func refusedForOrders(t *testing.T) (*lab, []byte) {
	l := newLab(t)
	l.swept()
	l.role("orders", badTrust)
	l.role("spare", goodTrust)
	return l, l.refused("CreateFunction20150331", cannotAssume, map[string]any{"functionName": "checkout", "role": roleARN("orders")})
}

func TestThePointerOfARefusedCallSurvivesACrashBeforeTheCommit(t *testing.T) {
	l, body := refusedForOrders(t)
	l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { return errors.New("the table is down") }
	l.fails(body)
	if got := l.pointers("checkout"); !slices.Equal(got, []string{roleARN("orders")}) {
		t.Fatalf("pointers %v: a commit that follows would have none", got)
	}
	l.store.Hooks.BeforeCommit = nil
	l.must(body)
	l.pass(time.Hour)
	l.want("opened RW117 orders")
	l.must(l.created("checkout", "spare"))
	l.want("resolved RW117 orders unused")
	if got := l.pointers("checkout"); len(got) != 0 {
		t.Errorf("pointers %v are left", got)
	}
}

func TestThePointerOfARefusedCallSurvivesACrashAfterTheCommit(t *testing.T) {
	l, body := refusedForOrders(t)
	lose := func([]finding.State, []message.Outgoing) error { return errors.New("the answer was lost") }
	l.store.Hooks.AfterCommit = lose
	l.fails(body)
	l.store.Hooks.AfterCommit = nil
	l.must(body)
	l.now = l.now.Add(3 * time.Minute)
	l.tick()
	l.pass(time.Hour)
	l.want("opened RW117 orders")
	success := l.created("checkout", "spare")
	l.store.Hooks.AfterCommit = lose
	l.fails(success)
	if got := l.pointers("checkout"); len(got) != 1 {
		t.Fatalf("pointers %v: the record that is delivered again would not find the role", got)
	}
	l.store.Hooks.AfterCommit = nil
	l.must(success)
	l.now = l.now.Add(3 * time.Minute)
	l.tick()
	l.want("resolved RW117 orders unused")
	if got := l.pointers("checkout"); len(got) != 0 {
		t.Errorf("pointers %v are left", got)
	}
}

// A refused call that names a role is about that one, and not about the role that the function keeps.
func TestARefusedCallThatNamesARoleIsNotAboutThePresentOne(t *testing.T) {
	l := orders(t)
	l.role("broken", badTrust)
	l.cloud.failing = map[string]error{"orders": errThrottled}
	l.must(l.refused("UpdateFunctionConfiguration20150331v2", cannotAssume, map[string]any{"functionName": "checkout", "role": roleARN("broken")}))
	l.pass(time.Hour)
	l.want("opened RW117 broken")
	if n := l.queue.Len(); n != 0 {
		t.Errorf("%d items wait for a read of orders", n)
	}
}

// A refused call is made good where what it was to make is there, whatever record has it read.
func TestAFunctionThatIsThereMakesARefusedCallGood(t *testing.T) {
	l, body := refusedForOrders(t)
	l.must(body)
	l.pass(time.Hour)
	l.want("opened RW117 orders")
	l.function("checkout", "spare")
	l.must(l.record("UpdateFunctionCode20150331v2", map[string]any{"functionName": "checkout"},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN("checkout"), "role": roleARN("spare"), "version": "$LATEST"}}))
	l.want("resolved RW117 orders unused")
}

// A second function whose call is refused with the role is noted beside the first one, which sorts before it.
func TestEachFunctionOfARefusedCallIsNoted(t *testing.T) {
	l, body := refusedForOrders(t)
	l.must(body)
	l.now = l.now.Add(time.Minute)
	l.must(l.refused("CreateFunction20150331", cannotAssume, map[string]any{"functionName": "invoice", "role": roleARN("orders")}))
	for _, function := range []string{"checkout", "invoice"} {
		if got := l.pointers(function); !slices.Equal(got, []string{roleARN("orders")}) {
			t.Errorf("%s: pointers %v", function, got)
		}
	}
}

// A pointer that leads to nothing is followed once, and taken away; so is one that does not name a role.
func TestAPointerThatLeadsToNothingIsTakenAway(t *testing.T) {
	followed := 0
	for _, arn := range []string{roleARN("orders"), roleARN("never-made"), "", "orders", "arn:aws:iam::" + account + ":user/sam"} {
		l := newLab(t)
		l.swept()
		l.role("orders", goodTrust)
		l.role("spare", goodTrust)
		if err := l.store.PutRefused(context.Background(), functionARN("checkout"), arn); err != nil {
			t.Fatal(err)
		}
		l.must(l.created("checkout", "spare"))
		l.pass(time.Hour)
		l.want()
		if got := l.pointers("checkout"); len(got) != 0 {
			t.Errorf("the pointer to %q is left: %v", arn, got)
		}
		followed++
	}
	t.Logf("%d pointers", followed)
}

// mapped is a lab in which checkout has a mapping of a queue that is disabled.
func mapped(t *testing.T) *lab {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.function("checkout", "orders")
	versions := l.cloud.functions[functionARN("checkout")]
	versions[0].Config = role.UnreadConfig(role.Because("not of interest"))
	versions[0].Config.Sources = role.Have([]role.Source{{UUID: mappingID, Kind: role.SourceSQS, ARN: "arn:aws:sqs:" + region + ":" + account + ":orders", State: "Disabled"}})
	l.swept()
	return l
}

func TestARefusedMappingThatIsNamedByItsIDAlone(t *testing.T) {
	l := mapped(t)
	update := map[string]any{"uUID": mappingID, "enabled": true}
	l.must(l.refused("UpdateEventSourceMapping20150331", cannotDo, update))
	l.pass(time.Hour)
	f := l.want("opened RW117 orders")[0].Opened[0]
	if !strings.Contains(f.Detail, "sqs:ReceiveMessage") || !slices.Equal(l.pointers("checkout"), []string{roleARN("orders")}) {
		t.Errorf("detail %q, pointers %v", f.Detail, l.pointers("checkout"))
	}
	// A record without Lambda's answer names the mapping by its ID alone, too.
	l.now = l.now.Add(time.Minute)
	l.must(l.record("UpdateEventSourceMapping20150331", update))
	l.want("resolved RW117 orders mended")
	if got := l.pointers("checkout"); len(got) != 0 {
		t.Errorf("pointers %v are left", got)
	}
}

func TestARefusedMappingWhoseFunctionCannotBeReadIsReportedToOperations(t *testing.T) {
	l := mapped(t)
	l.cloud.denied = map[string]bool{"lambda:GetEventSourceMapping": true}
	l.must(l.refused("UpdateEventSourceMapping20150331", cannotDo, map[string]any{"uUID": mappingID, "enabled": true}))
	l.pass(time.Hour)
	l.want()
	if len(l.notices) != 1 || !strings.Contains(l.notices[0], "lambda:GetEventSourceMapping") {
		t.Errorf("operations received %q", l.notices)
	}
}

// What the refused call was about is not in its record: another mapping that is made does not make it good.
func TestARefusedMappingWhoseSourceIsHiddenIsNotMadeGoodByAnother(t *testing.T) {
	l := mapped(t)
	l.must(l.refused("CreateEventSourceMapping20150331", cannotDo, map[string]any{"functionName": "checkout", "eventSourceArn": "HIDDEN_DUE_TO_SECURITY_REASONS"}))
	l.pass(time.Hour)
	if f := l.want("opened RW117 orders")[0].Opened[0]; !strings.Contains(f.Detail, "could not determine the cause") {
		t.Errorf("detail %q", f.Detail)
	}
	l.must(l.record("CreateEventSourceMapping20150331", map[string]any{"functionName": "checkout", "eventSourceArn": "arn:aws:sqs:" + region + ":" + account + ":other"},
		map[string]any{"responseElements": map[string]any{"functionArn": functionARN("checkout"), "uUID": "1", "eventSourceArn": "arn:aws:sqs:" + region + ":" + account + ":other"}}))
	l.pass(time.Hour)
	l.want()
}

// A record that CloudTrail has cut does not show whether the call named another role.
func TestARefusedCallWhoseRoleIsNotShownIsNotCertain(t *testing.T) {
	for name, parameters := range map[string]map[string]any{
		"cut":    {"omitted": true, "originalSize": 102401, "functionName": "checkout"},
		"hidden": {"functionName": "checkout", "role": "HIDDEN_DUE_TO_SECURITY_REASONS"},
	} {
		t.Run(name, func(t *testing.T) {
			l := mapped(t)
			l.must(l.refused("UpdateFunctionConfiguration20150331v2", cannotAssume, parameters))
			l.pass(time.Hour)
			f := l.want("opened RW117 orders")[0].Opened[0]
			if strings.Contains(f.Title, "because of") || !strings.Contains(f.Detail, "does not show whether the call named another role") {
				t.Errorf("%s: %s", f.Title, f.Detail)
			}
		})
	}
}

// Records without an ID are told apart by what they say, and one that is delivered again counts once.
func TestRefusedCallsWithoutAnIDAreToldApart(t *testing.T) {
	l := newLab(t)
	l.swept()
	l.role("orders", badTrust)
	var bodies [][]byte
	for _, name := range []string{"checkout", "invoice"} {
		body := l.record("CreateFunction20150331", map[string]any{"functionName": name, "role": roleARN("orders")},
			map[string]any{"errorCode": "InvalidParameterValueException", "errorMessage": cannotAssume, "eventID": nil})
		bodies = append(bodies, body, body)
	}
	l.must(bodies...)
	l.must(bodies...)
	states, err := l.store.Load(context.Background(), []string{roleARN("orders")})
	if err != nil || len(states[0].Refusals) != 2 {
		t.Fatalf("remembered: %+v, %v", states[0].Refusals, err)
	}
	for _, r := range states[0].Refusals {
		if n, _ := r.Refused(); n != 1 {
			t.Errorf("%s counts %d times", r.Function, n)
		}
	}
}

// A role that was made by a call without responseElements is the one that its request names.
func TestACreateRoleWithoutAResponse(t *testing.T) {
	l := newLab(t)
	l.function("checkout", "orders")
	l.swept()
	l.want("opened RW101 orders")
	l.role("orders", goodTrust)
	l.must(l.record("CreateRole", map[string]any{"roleName": "orders", "assumeRolePolicyDocument": goodTrust}))
	l.want("resolved RW101 orders mended")
}

// The record of a later call that CloudTrail has cut does not show what it asked for: that need not be what the earlier one did.
func TestACallWhoseParametersAreCutDoesNotInheritThoseOfAnEarlierOne(t *testing.T) {
	l := mapped(t)
	l.must(l.refused("UpdateFunctionConfiguration20150331v2", cannotDo, map[string]any{"functionName": "checkout", "tracingConfig": map[string]any{"mode": "Active"}}))
	l.pass(time.Hour)
	if f := l.want("opened RW117 orders")[0].Opened[0]; !strings.Contains(f.Detail, "xray:PutTraceSegments") {
		t.Errorf("detail %q", f.Detail)
	}
	l.must(l.refused("UpdateFunctionConfiguration20150331v2", cannotDo, map[string]any{"functionName": "checkout", "omitted": true}))
	l.pass(time.Hour)
	if f := l.want("changed RW117 orders")[0].Changed[0]; strings.Contains(f.Detail, "xray") || !strings.Contains(f.Detail, "does not show whether the call named another role") {
		t.Errorf("detail %q", f.Detail)
	}
}

// Without its message, nothing says that a call was refused because of a role.
func TestARefusedCallWithoutAMessageIsNotBlamedOnARole(t *testing.T) {
	handled := 0
	for _, message := range []any{nil, "", "HIDDEN_DUE_TO_SECURITY_REASONS"} {
		l := mapped(t)
		l.must(l.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": "checkout"},
			map[string]any{"errorCode": "InvalidParameterValueException", "errorMessage": message}))
		l.pass(time.Hour)
		l.want()
		handled++
	}
	t.Logf("%d records", handled)
}
