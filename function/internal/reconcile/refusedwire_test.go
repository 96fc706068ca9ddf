package reconcile_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// asked has every setting, of each of the three states.
func asked() *role.Asked {
	why := role.Because("the record does not show it")
	return &role.Asked{
		Role: "arn:aws:iam::111122223333:role/orders", LogGroup: role.None[string](), Network: role.Have(role.Network{Subnets: []string{"subnet-1"}}),
		DeadLetter: role.NotRead[string](why), Tracing: role.Have(false), Layers: role.Have([]string{"arn:aws:lambda:us-east-1:111122223333:layer:a:1"}),
		Mounts: role.Have([]role.Mount{{ARN: "arn:aws:elasticfilesystem:us-east-1:111122223333:access-point/fsap-1"}}), Memory: role.Have(512), Durable: role.NotRead[bool](why),
		SnapStart: role.Have(true), Image: role.None[bool](), Environment: role.NotRead[bool](role.Denied("lambda:GetFunctionConfiguration")),
		KMSKey: role.Have("arn:aws:kms:us-east-1:111122223333:key/1"), Source: role.Have(role.Source{Kind: role.SourceSQS, Access: []role.Access{{Type: "BASIC_AUTH"}}}),
		Destinations: role.Have(role.Destinations{Qualifier: "live", Failure: "arn:aws:sqs:us-east-1:111122223333:dead"}),
	}
}

// wholeRefusal is what a state holds of a refused call, and wholeChange what a work item carries of it. Each has every field.
func wholeRefusal() check.Refusal {
	return check.Refusal{
		Function: "arn:aws:lambda:us-east-1:111122223333:function:orders", EventID: "e1", Event: "CreateEventSourceMapping20150331", Time: now, ErrorCode: "E",
		Error: "no", Actor: "sam", Configures: "mapping", Of: "arn:aws:sqs:us-east-1:111122223333:orders", Asked: asked(), Unnamed: true, Count: 3,
		First: now.Add(-time.Hour), Tries: 2,
	}
}

func wholeChange() reconcile.Change {
	return reconcile.Change{
		Change: finding.Change{EventID: "e1"}, Part: role.PartRefusal, Effect: reconcile.PartSet, Role: "orders", RoleID: "AROAORDERS", Hash: "aa", Canonical: "bb", Value: "v",
		Function: "f", Moved: true, Refused: true, Success: true, Configures: "invocation", Of: []string{"live"}, Asked: asked(), Unnamed: true,
		Within: []role.Part{role.PartTrust}, Facet: "url", Statement: "cc", Statements: []string{"dd"}, Found: true, Provider: "p", Principal: "user/ci", Account: "444455556666", TagKeys: []string{"team"},
	}
}

// TestRefusedCallsAreStoredWhole holds that every field of a refused call that states and work items have survives a round trip. A
// field that is added fails here until it has a value.
func TestRefusedCallsAreStoredWhole(t *testing.T) {
	fields := 0
	for _, v := range []any{wholeRefusal(), wholeChange(), *asked()} {
		value := reflect.ValueOf(v)
		for i := range value.NumField() {
			if field := value.Type().Field(i); field.IsExported() {
				if fields++; value.Field(i).IsZero() {
					t.Errorf("%s.%s has no value here", value.Type(), field.Name)
				}
			}
		}
		text, err := json.Marshal(v, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		again := reflect.New(value.Type())
		if err := json.Unmarshal(text, again.Interface(), json.RejectUnknownMembers(true)); err != nil || !reflect.DeepEqual(v, again.Elem().Interface()) {
			t.Errorf("%s is read as %+v, %v", text, again.Elem(), err)
		}
	}
	if fields < 35 {
		t.Errorf("%d fields", fields)
	}
	t.Logf("%d fields", fields)
}

// TestRefusedCallsOfTheLastReleaseAreRead reads each of them without the fields that were added since, and with one that is not
// known yet.
func TestRefusedCallsOfTheLastReleaseAreRead(t *testing.T) {
	const refusal = `{"function":"f","eventId":"e1","event":"CreateFunction20150331","time":"2026-03-02T09:00:00Z","errorCode":"E","error":"no","actor":"sam"}`
	var s finding.State
	if err := json.Unmarshal([]byte(`{"schema":1,"arn":"a","exists":true,"refusals":[`+refusal+`]}`), &s); err != nil || len(s.Refusals) != 1 {
		t.Fatalf("read as %+v, %v", s, err)
	}
	r := s.Refusals[0]
	if n, first := r.Refused(); n != 1 || !first.Equal(r.Time) || r.Asked != nil || r.Configures != "" || r.Unnamed || r.Subject() != "f\x00\x00" {
		t.Errorf("read as %+v", r)
	}
	if text, err := json.Marshal(r); err != nil || string(text) != refusal {
		t.Errorf("written as %s, %v", text, err)
	}
	var c reconcile.Change
	later := strings.Replace(queued, `"refused":true`, `"refused":true,"later":{"a":1}`, 1)
	if err := json.Unmarshal([]byte(later), &c); err != nil || !c.Refused || c.Asked != nil || c.Unnamed || c.Of != nil {
		t.Errorf("read as %+v, %v", c, err)
	}
}
