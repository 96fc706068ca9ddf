package events

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestBodiesThatAreNotJSON(t *testing.T) {
	whole := sample(t, "iam.CreateRole")
	tests := []struct {
		name, body string
		line       int
	}{
		{"empty", "", 1},
		{"blank", " \n ", 1},
		{"prose", "hello", 1},
		{"a byte order mark", "\ufeff{}", 1},
		{"a list without end", "[", 1},
		{"bad UTF-8", "{\"eventName\":\"\xff\"}", 1},
		{"an unpaired surrogate", `{"eventName":"\ud800"}`, 1},
		{"two values", "{}\n{}", 2},
		{"a comma too many", "{\n\"eventSource\":\"iam.amazonaws.com\",\n}", 2},
		{"a doubled name", "{\"eventName\":\"CreateRole\",\n\"eventName\":\"DeleteRole\"}", 2},
		{"a doubled name far down", `{"eventSource":"ec2.amazonaws.com","eventName":"x","a":{"b":[{"c":1,"c":2}]}}`, 1},
		{"nested too deep", strings.Repeat(`{"detail":`, 10_001) + "1" + strings.Repeat("}", 10_001), 1},
		{"lists nested too deep", strings.Repeat("[", 100_000), 1},
	}
	for _, tt := range tests {
		c, err := Parse([]byte(tt.body))
		var bad *MalformedError
		if !errors.As(err, &bad) {
			t.Errorf("%s: Parse = %+v, %v, want a MalformedError", tt.name, c, err)
			continue
		}
		if !strings.HasPrefix(bad.Reason, "not valid JSON: ") || bad.Offset < 0 || bad.Line != tt.line || len(bad.Error()) > 600 {
			t.Errorf("%s: offset %d, line %d: %.700s", tt.name, bad.Offset, bad.Line, bad)
		}
	}
	for n := range whole {
		if _, err := Parse(whole[:n]); !errors.As(err, new(*MalformedError)) && n < len(whole)-1 {
			t.Fatalf("the first %d bytes of a record: %v, want a MalformedError", n, err)
		}
	}
}

func TestTruncatedRecordOfAnotherServiceIsMalformed(t *testing.T) {
	body := `{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","eventVersion":"1.08"`
	if _, err := Parse([]byte(body)); !errors.As(err, new(*MalformedError)) {
		t.Errorf("got %v, want a MalformedError", err)
	}
	wantNotListed(t, []byte(body+"}"))
}

func TestWhatIsNotListed(t *testing.T) {
	tests := []struct{ name, body string }{
		{"another service", `{"eventSource":"ec2.amazonaws.com","eventName":"RunInstances"}`},
		{"another call", `{"eventSource":"iam.amazonaws.com","eventName":"CreateInstanceProfile"}`},
		{"another service's call of the same name", `{"eventSource":"organizations.amazonaws.com","eventName":"CreatePolicy"}`},
		{"a read", `{"eventSource":"iam.amazonaws.com","eventName":"CreateRole","readOnly":true}`},
		{"a read, in quotes", `{"eventSource":"iam.amazonaws.com","eventName":"CreateRole","readOnly":"true"}`},
		{"a data event", `{"eventSource":"lambda.amazonaws.com","eventName":"CreateFunction20150331","eventCategory":"Data"}`},
		{"an insight", `{"eventVersion":"1.07","eventType":"AwsCloudTrailInsight","eventCategory":"Insight","insightDetails":{"eventSource":"iam.amazonaws.com","eventName":"CreateRole"}}`},
		{"an insight in an event", `{"detail-type":"AWS Insight via CloudTrail","source":"aws.cloudtrail","detail":{"eventCategory":"Insight"}}`},
		{"a digest", `{"awsAccountId":"111122223333","digestStartTime":"2031-03-04T09:00:00Z","logFiles":[]}`},
		{"a schedule's event", `{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`},
		{"an event with another detail", `{"detail-type":"State Change","source":"aws.lambda","detail":{"state":"x"}}`},
		{"an event with a text for detail", `{"detail-type":"Greeting","source":"example.shop","detail":"hello"}`},
		{"a record in another source's event", `{"detail-type":"AWS API Call via CloudTrail","source":"example.shop","detail":{"eventSource":"iam.amazonaws.com","eventName":"CreateRole"}}`},
	}
	for _, tt := range tests {
		other := wantNotListed(t, []byte(tt.body))
		if other.Why == "" && other.Name == "" {
			t.Errorf("%s: %v says nothing", tt.name, other)
		}
	}
	const want = `parse event: not listed: "ec2.amazonaws.com" "RunInstances"`
	if got := wantNotListed(t, []byte(tests[0].body)).Error(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMalformedFields(t *testing.T) {
	set := func(path string, value any) func(object) {
		return func(r object) {
			names := strings.Split(path, ".")
			for _, name := range names[:len(names)-1] {
				r = r[name].(object)
			}
			r[names[len(names)-1]] = value
		}
	}
	tests := []struct {
		sample, set string
		value       any
		field       string
	}{
		{"iam.CreateRole", "eventName", nil, "eventName"},
		{"iam.CreateRole", "eventName", 1, "eventName"},
		{"iam.CreateRole", "eventSource", object{}, "eventSource"},
		{"iam.CreateRole", "eventTime", nil, "eventTime"},
		{"iam.CreateRole", "eventTime", "Jul 10, 2023", "eventTime"},
		{"iam.CreateRole", "eventTime", 1689033279, "eventTime"},
		{"iam.CreateRole", "eventVersion", "2.0", "eventVersion"},
		{"iam.CreateRole", "eventVersion", "10", "eventVersion"},
		{"iam.CreateRole", "eventVersion", ".1", "eventVersion"},
		{"iam.CreateRole", "eventVersion", 1.08, "eventVersion"},
		{"iam.CreateRole", "readOnly", "no", "readOnly"},
		{"iam.CreateRole", "userIdentity", "dana", "userIdentity"},
		{"iam.CreateRole", "userIdentity.sessionContext.sessionIssuer.userName", []any{}, "userIdentity.sessionContext.sessionIssuer.userName"},
		{"iam.CreateRole", "requestParameters", []any{}, "requestParameters"},
		{"iam.CreateRole", "requestParameters", "x", "requestParameters"},
		{"iam.CreateRole", "requestParameters.roleName", 7, "requestParameters.roleName"},
		{"iam.CreateRole", "requestParameters.tags", object{}, "requestParameters.tags"},
		{"iam.CreateRole", "requestParameters.tags", []any{object{"key": 1}}, "requestParameters.tags.0.key"},
		{"iam.CreateRole", "requestParameters.assumeRolePolicyDocument", object{}, "requestParameters.assumeRolePolicyDocument"},
		{"iam.CreateRole", "responseElements.role.createDate", true, "responseElements.role.createDate"},
		{"iam.DeleteRole", "requestParameters.roleName", nil, "requestParameters.roleName"},
		{"iam.DeleteRole", "requestParameters.roleName", "", "requestParameters.roleName"},
		{"iam.DeleteRole", "requestParameters.roleName", "service-role/orders", "requestParameters.roleName"},
		{"iam.AttachRolePolicy", "requestParameters.policyArn", false, "requestParameters.policyArn"},
		{"iam.CreatePolicyVersion", "requestParameters.setAsDefault", "true", "requestParameters.setAsDefault"},
		{"iam.CreateRole", "requestParameters.path", "service-role", "requestParameters.path"},
		{"iam.CreateRole", "requestParameters.path", "/service-role", "requestParameters.path"},
		{"iam.CreateRole", "requestParameters.path", "service-role/", "requestParameters.path"},
		{"iam.CreateRole", "recipientAccountId", "acme", "recipientAccountId"},
		{"lambda.DeleteFunction", "requestParameters.functionName", []any{"x"}, "requestParameters.functionName"},
		{"lambda.CreateFunction", "requestParameters.role", object{}, "requestParameters.role"},
		{"lambda.CreateFunction", "requestParameters.environment", 3, "requestParameters.environment"},
		{"lambda.CreateFunction", "responseElements.role", 3, "responseElements.role"},
		{"lambda.TagResource", "requestParameters.resource", nil, "requestParameters.resource"},
		{"lambda.TagResource", "requestParameters.tags.team", 3, "requestParameters.tags.team"},
	}
	for _, tt := range tests {
		body := edited(t, tt.sample, set(tt.set, tt.value))
		bad := wantMalformed(t, body, tt.field)
		if bad.Line > 0 && !bytes.HasPrefix(body[bad.Offset:], encoded(t, tt.value)[:1]) && len(strings.Split(tt.field, ".")) == len(strings.Split(tt.set, ".")) {
			t.Errorf("%s: byte %d is %.20q, not the value at fault", bad, bad.Offset, body[bad.Offset:])
		}
	}
}

func TestMalformedEvents(t *testing.T) {
	event := func(edit func(object)) []byte {
		var e object
		if err := json.Unmarshal(sample(t, "iam.DeleteRole"), &e); err != nil {
			t.Fatal(err)
		}
		edit(e)
		return encoded(t, e)
	}
	wantMalformed(t, event(func(e object) { delete(e, "detail") }), "detail")
	wantMalformed(t, event(func(e object) { e["detail"] = nil }), "detail")
	wantMalformed(t, event(func(e object) { e["detail"] = []any{} }), "detail")
	wantMalformed(t, event(func(e object) { e["detail"] = object{} }), "detail.eventSource")
	wantMalformed(t, event(func(e object) { e["source"] = nil }), "source")
	wantMalformed(t, event(func(e object) { e["source"] = 1 }), "source")
	wantMalformed(t, event(func(e object) { e["detail-type"] = 1 }), "detail-type")
	wantMalformed(t, event(func(e object) { delete(e["detail"].(object), "eventName") }), "detail.eventName")
	bad := wantMalformed(t, event(func(e object) { e["detail"].(object)["requestParameters"] = object{"roleName": 1} }), "detail.requestParameters.roleName")
	if !strings.Contains(bad.Error(), "is a number, want a string (line 1, byte ") {
		t.Errorf("the error reads %q", bad)
	}
	for _, body := range []string{"null", "7", `"x"`, "[]", "true", "{}", `{"Records":[]}`} {
		if _, err := Parse([]byte(body)); !errors.As(err, new(*MalformedError)) {
			t.Errorf("Parse(%s): %v, want a MalformedError", body, err)
		}
	}
}

// An event carries a record by what its type says or, without a type, by its source. A body with one of a record's two names is a record.
func TestWhichEventsAreToCarryARecord(t *testing.T) {
	for _, source := range []string{"aws.iam", "aws.lambda", "aws.organizations"} {
		wantMalformed(t, []byte(`{"source":"`+source+`","detail":{}}`), "detail.eventSource")
		wantMalformed(t, []byte(`{"source":"`+source+`","detail":"x"}`), "detail")
		wantNotListed(t, []byte(`{"source":"`+source+`","detail-type":"State Change","detail":{}}`))
	}
	wantNotListed(t, []byte(`{"source":"aws.events","detail":{}}`))
	wantNotListed(t, []byte(`{"detail":{}}`))
	wantMalformed(t, []byte(`{"source":"aws.events","detail":{"eventName":"CreateRole"}}`), "detail.eventSource")
	wantMalformed(t, []byte(`{"source":"aws.events","detail":{"eventSource":"iam.amazonaws.com"}}`), "detail.eventName")
	wantMalformed(t, []byte(`{"digestStartTime":"2031-03-04T09:00:00Z","eventName":"CreateRole"}`), "eventSource")
}

func TestWordingOfTheTypeDoesNotMatter(t *testing.T) {
	body := bytes.Replace(sample(t, "iam.DeleteRole"), []byte("AWS API Call via CloudTrail"), []byte("Amazon API Call via CloudTrail"), 1)
	if c := parse(t, body); c.Role.Name != "orders-worker" {
		t.Errorf("got %+v", c.Role)
	}
}

func TestOmittedPartsAreLegal(t *testing.T) {
	c := parse(t, edited(t, "iam.UpdateAssumeRolePolicy", func(r object) {
		r["requestParameters"] = object{"omitted": true, "originalSize": 102401, "reason": "requestParameters exceeds the limit"}
	}))
	if !c.Role.IsZero() || c.Document != nil {
		t.Errorf("an omitted request gives %+v, document %v", c.Role, c.Document)
	}
	c = parse(t, edited(t, "iam.PutRolePolicy", func(r object) {
		r["requestParameters"] = object{"omitted": true, "roleName": "orders", "policyDocument": `{"Version":"2012-`}
	}))
	if c.Role.Name != "orders" || c.Document != nil {
		t.Errorf("a cut request gives %+v, document %v, want the role alone", c.Role, c.Document)
	}
}

func TestMissingVersionAndIdentityAreFine(t *testing.T) {
	for _, field := range []string{"eventVersion", "eventCategory", "userIdentity", "userAgent", "sourceIPAddress", "readOnly", "responseElements", "eventID"} {
		for _, null := range []bool{false, true} {
			body := edited(t, "iam.DeleteRole", func(r object) {
				if delete(r, field); null {
					r[field] = nil
				}
			})
			if c := parse(t, body); c.Role.Name != "orders-worker" {
				t.Errorf("without %s: %+v", field, c)
			}
		}
	}
}

func TestTenMegabytes(t *testing.T) {
	long := strings.Repeat(fmt.Sprintf("%q, ", "padding"), 1_000_000)
	body := edited(t, "iam.DeleteRole", func(r object) { r["additionalEventData"] = object{"note": long} })
	if len(body) < 10<<20 {
		t.Fatalf("the body has only %d bytes", len(body))
	}
	if c := parse(t, body); c.Role.Name != "orders-worker" {
		t.Errorf("got %+v", c.Role)
	}
	if _, err := Parse(body[:len(body)-1]); !errors.As(err, new(*MalformedError)) {
		t.Errorf("cut short: %v", err)
	}
}
