package events

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestWhatARecordNamesThatIsNotUnderstood gives each sample the name of a call that no row has, and breaks it.
func TestWhatARecordNamesThatIsNotUnderstood(t *testing.T) {
	named, files := 0, sampleFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want := parse(t, files[name])
		got, ok := ParseUnread(edited(t, name, func(r object) { r["eventName"] = "LendThing" }), "new")
		if want.Failed() {
			if ok {
				t.Errorf("%s: a refused call names %+v", name, got)
			}
			continue
		}
		if want.Role.Name != "" && want.Event.Subject == SubjectRole && (!ok || got.Role.Name != want.Role.Name) {
			t.Errorf("%s: the role %q, not named: %+v", name, want.Role.Name, got)
		}
		if !want.Function.IsZero() && want.Event.Subject == SubjectFunction && (!ok || got.Function.ARN != want.Function.ARN) {
			t.Errorf("%s: the function %q, not named: %+v", name, want.Function.ARN, got)
		}
		if ok {
			named++
			if got.Unread != "new" || got.Time != want.Time || got.Account != want.Account || got.Region != want.Region || got.ID != want.ID || got.Event.Look {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
	if named < 30 {
		t.Fatalf("%d samples name something", named)
	}
}

// TestOnlyCallsThatMayChangeSomethingAreUnread passes over other services, calls that read, and those that are known to be harmless.
func TestOnlyCallsThatMayChangeSomethingAreUnread(t *testing.T) {
	for name, want := range map[string]bool{
		"iam LendRole": true, "iam CreateInstanceProfile": true, "iam GetRole": false, "iam ListRoles": false, "iam AddRoleToInstanceProfile": false, "ec2 LendRole": false,
		"lambda PutThing20270101": true, "lambda PutThing": true, "lambda Invoke": false, "lambda PutFunctionConcurrency20171031": false, "lambda GetFunction20150331v2": false,
	} {
		service, call, _ := strings.Cut(name, " ")
		if got := MayTouch(service+".amazonaws.com", call); got != want {
			t.Errorf("%s may touch something: %v", name, got)
		}
	}
	for _, field := range []string{"eventTime", "requestParameters"} {
		if c, ok := ParseUnread(edited(t, "iam.PutRolePolicy", func(r object) { r["eventName"] = "LendRole"; r[field] = 17 }), "new"); ok {
			t.Errorf("%s of another form: %+v", field, c)
		}
	}
}

// TestWhatIsNotUnderstoodAndNamesNothing breaks each sample that changes something, so that it names nothing: it is handed out all the
// same, as Omitted, for what it may have changed is unknown.
func TestWhatIsNotUnderstoodAndNamesNothing(t *testing.T) {
	broken, files := 0, sampleFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want := parse(t, files[name])
		if want.Failed() || want.Event.Source == sourceOrganizations {
			continue
		}
		broken++
		c, ok := ParseUnread(edited(t, name, func(r object) { r["requestParameters"], r["responseElements"] = 17, 17 }), "broken")
		if !ok || !c.Omitted || c.Event.Name != want.Event.Name || c.Time != want.Time {
			t.Errorf("%s: %v, %+v", name, ok, c)
		}
	}
	if broken < 40 {
		t.Fatalf("%d samples were broken", broken)
	}
}

// TestARecordWithoutItsParametersNamesNothing takes the parameters and the response from each sample, or makes them null: it is
// Omitted, and not malformed.
func TestARecordWithoutItsParametersNamesNothing(t *testing.T) {
	cut, files := 0, sampleFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want := parse(t, files[name])
		if want.Failed() || want.Event.Source == sourceOrganizations {
			continue
		}
		for _, without := range []any{nil, object{"omitted": true, "reason": "too large"}} {
			cut++
			c := parse(t, edited(t, name, func(r object) { r["requestParameters"], r["responseElements"] = without, without }))
			if !c.Omitted || !c.NoRequest || !c.NoResponse {
				t.Errorf("%s with %v: %+v", name, without, c)
			}
		}
	}
	if cut < 80 {
		t.Fatalf("%d samples were cut", cut)
	}
}

// TestAnUnreadRecordIsReadAsOtherRecordsAre goes through what decides, for a record of any row, whether it counts and where it is.
func TestAnUnreadRecordIsReadAsOtherRecordsAre(t *testing.T) {
	unread := func(edit func(object)) (*Change, bool) {
		return ParseUnread(edited(t, "lambda.DeleteFunction", func(r object) {
			r["eventName"], r["responseElements"] = "LendFunction", nil
			edit(r)
		}), "new")
	}
	const arn = "arn:aws:lambda:eu-central-1:111122223333:function:orders-worker"
	for name, tt := range map[string]struct {
		edit func(object)
		want string
	}{
		"a record":                     {func(object) {}, arn},
		"without a category":           {func(r object) { delete(r, "eventCategory") }, arn},
		"of data":                      {func(r object) { r["eventCategory"] = "Data" }, ""},
		"refused":                      {func(r object) { r["errorCode"] = "AccessDenied" }, ""},
		"read-only":                    {func(r object) { r["readOnly"] = true }, ""},
		"with a detail of its own":     {func(r object) { r["detail"] = object{"eventSource": "ec2.amazonaws.com"} }, arn},
		"of another service":           {func(r object) { r["eventSource"] = "ec2.amazonaws.com" }, ""},
		"a function named to IAM":      {func(r object) { r["eventSource"] = sourceIAM }, ""},
		"without a Region":             {func(r object) { delete(r, "awsRegion") }, ""},
		"without an account":           {func(r object) { delete(r, "recipientAccountId"); delete(r, "userIdentity") }, ""},
		"with the caller's account":    {func(r object) { delete(r, "recipientAccountId") }, arn},
		"of a name that is no name":    {func(r object) { r["requestParameters"] = object{"functionName": "a b"} }, ""},
		"of an ARN without a Region":   {func(r object) { delete(r, "awsRegion"); r["requestParameters"] = object{"functionName": arn} }, arn},
		"of the ARN under another key": {func(r object) { r["requestParameters"] = object{"resourceArn": arn} }, arn},
	} {
		c, ok := unread(tt.edit)
		if ok != (tt.want != "") || ok && c.Function.ARN != tt.want {
			t.Errorf("%s: %v, %+v, want %q", name, ok, c, tt.want)
		}
	}
	var event object
	if err := json.Unmarshal(sample(t, "lambda.DeleteFunction"), &event); err != nil {
		t.Fatal(err)
	}
	event["detail"].(object)["eventName"] = "LendFunction"
	if c, ok := ParseUnread(encoded(t, event), "new"); !ok || c.Function.ARN != arn || c.Account != "111122223333" {
		t.Errorf("in an event: %v, %+v", ok, c)
	}
}

// FuzzUnread holds that whatever is not understood is passed over, names something or is of a row, and never panics.
func FuzzUnread(f *testing.F) {
	for _, e := range Catalog() {
		if body, ok := Sample(e.Source, e.Name); ok {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if c, ok := ParseUnread(body, "new"); ok && (c.Time.IsZero() || c.Omitted && c.Event.Subject == "") {
			t.Errorf("%q names nothing: %+v", body, c)
		}
		if c, err := Parse(body); err == nil && c.Omitted {
			text, _ := json.Marshal(c.Event.Subject)
			if c.Failed() {
				t.Errorf("a call that failed is taken for one whose parameters were omitted: %s", text)
			}
		}
	})
}
