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
		"iam LendRole": true, "iam CreateUser": true, "iam GetRole": false, "iam ListRoles": false, "iam AddRoleToInstanceProfile": false, "ec2 LendRole": false,
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

// FuzzUnread holds that whatever is not understood is passed over or names something, and never panics.
func FuzzUnread(f *testing.F) {
	for _, e := range Catalog() {
		if body, ok := Sample(e.Source, e.Name); ok {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if c, ok := ParseUnread(body, "new"); ok && (c.Time.IsZero() || c.Role.IsZero() && c.Function.IsZero()) {
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
