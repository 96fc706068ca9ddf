package policyjson

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

// drawPolicy draws a policy of a kind: sound ones, some that break the grammar, and some whose JSON is faulty.
func drawPolicy(t *rapid.T, kind policy.Kind, label string) *policy.Document {
	members := []string{`"Resource":"*"`, `"Resource" : "arn:aws:s3:::b/${aws:username}"`, `"NotResource":["a\u00e9<&>"]`, `"Resource":"*","Resource":"b"`, `"Resource":"*","Other":"\ud800"`}
	if kind == policy.Trust {
		members = []string{`"Sid":"A"`, `"Sid":"\ud800"`}
	}
	one := rapid.SampledFrom(members).Draw(t, label)
	if kind == policy.Trust || kind == policy.Resource || kind == policy.RCP {
		one += `,"Principal":"*"`
	}
	effect := rapid.SampledFrom([]string{"Allow", "Deny", "allow"}).Draw(t, label+" effect")
	d, err := policyfile.Parse([]byte(fmt.Sprintf("{\"Version\":\"2012-10-17\",\n \"Statement\":[{\"Effect\":%q,\"Action\":[\"s3:*\",\"sts:*\"],%s}]}", effect, one)), kind)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func drawParts(t *rapid.T, kind policy.Kind, name string) []policy.Part {
	var parts []policy.Part
	for i := range rapid.IntRange(0, 2).Draw(t, name) {
		label := fmt.Sprintf("%s[%d]", name, i)
		parts = append(parts, policy.Part{Name: label, Document: drawPolicy(t, kind, label)})
	}
	return parts
}

func drawLevels(t *rapid.T, kind policy.Kind, name string) [][]policy.Part {
	var levels [][]policy.Part
	for i := range rapid.IntRange(0, 2).Draw(t, name) {
		levels = append(levels, drawParts(t, kind, fmt.Sprintf("%s[%d]", name, i)))
	}
	return levels
}

func drawSet(t *rapid.T, request policy.Request) policy.Set {
	set := policy.Set{
		Identity: drawParts(t, policy.Identity, "identity"), Boundaries: drawParts(t, policy.Boundary, "boundary"),
		Endpoint: drawParts(t, policy.Resource, "endpoint"),
		SCPs:     drawLevels(t, policy.SCP, "scp"), RCPs: drawLevels(t, policy.RCP, "rcp"),
	}
	if rapid.Bool().Draw(t, "has a resource policy") {
		kind := policy.Resource
		if strings.HasPrefix(request.Action, "sts:") {
			kind = policy.Trust
		}
		set.Resource = &policy.Part{Name: "resource", Document: drawPolicy(t, kind, "resource")}
	}
	if rapid.Bool().Draw(t, "has a session policy") {
		set.Session = &policy.Part{Name: "session", Document: drawPolicy(t, policy.Session, "session")}
	}
	return set
}

func drawRequest(t *rapid.T) policy.Request {
	r := policy.Request{
		Principal: rapid.SampledFrom([]string{"arn:aws:iam::111122223333:user/ann", "lambda.amazonaws.com", "*"}).Draw(t, "principal"),
		Action:    "s3:GetObject", Resource: rapid.SampledFrom([]string{"*", "arn:aws:s3:::b/<k>\u2028\"é"}).Draw(t, "resource"),
		ResourceAccount: rapid.SampledFrom([]string{"", "111122223333"}).Draw(t, "account"),
	}
	if rapid.Bool().Draw(t, "for a role") {
		r.Action, r.Resource = "sts:AssumeRole", "arn:aws:iam::111122223333:role/r"
	}
	r.Context.Keys = map[string]policy.ContextValue{}
	for _, key := range []string{"aws:sourceip", "aws:principaltag/cost team", "s3:x-amz-acl", "nosuch:key", "aws:multifactorauthpresent"} {
		switch rapid.IntRange(0, 3).Draw(t, key) {
		case 0:
			r.Context.Keys[key] = policy.ContextValue{Presence: policy.KeyUnknown}
		case 1:
			values := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "true", "é\x00\""}), 0, 3).Draw(t, key+" values")
			r.Context.Keys[key] = policy.ContextValue{Presence: policy.KeyPresent, Values: values}
		}
	}
	return r
}

// shape is a set without the white space and the escapes of its policies.
func shape(t *rapid.T, set policy.Set) []string {
	var out []string
	for _, p := range set.Parts() {
		text := jsontext.Value(p.Document.Source())
		if text.IsValid() {
			if err := text.Format(); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, fmt.Sprintf("%s %d %d %s", p.Name, p.Document.Kind, len(p.Document.Violations), text))
	}
	return out
}

// TestRequestsSurviveTheirJSON writes requests with their policies, and reads them again.
func TestRequestsSurviveTheirJSON(t *testing.T) {
	reader := NewReader()
	rapid.Check(t, func(t *rapid.T) {
		request := drawRequest(t)
		set := drawSet(t, request)
		written, err := NewRequest(request, set)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		gotRequest, gotSet, err := reader.Read(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		equal := cmp.Comparer(func(a, b policy.ContextValue) bool {
			return a.Presence == b.Presence && slices.Equal(a.Values, b.Values)
		})
		if diff := cmp.Diff(request.Context.Keys, gotRequest.Context.Keys, equal); diff != "" {
			t.Fatal(diff)
		}
		if gotRequest.Principal != request.Principal || gotRequest.Action != request.Action || gotRequest.Resource != request.Resource ||
			gotRequest.ResourceAccount != request.ResourceAccount {
			t.Fatalf("%+v became %+v", request, gotRequest)
		}
		if diff := cmp.Diff(shape(t, set), shape(t, gotSet)); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
		if len(set.SCPs) != len(gotSet.SCPs) || len(set.RCPs) != len(gotSet.RCPs) {
			t.Fatalf("%d and %d levels, want %d and %d", len(gotSet.SCPs), len(gotSet.RCPs), len(set.SCPs), len(set.RCPs))
		}
		want, got := policy.Evaluate(request, set), policy.Evaluate(gotRequest, gotSet)
		if diff := cmp.Diff(NewVerdict(want), NewVerdict(got)); diff != "" {
			t.Fatal(diff)
		}
		rewritten, err := NewRequest(gotRequest, gotSet)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(rewritten); err != nil || string(again) != string(text) {
			t.Fatalf("%s became %s, %v", text, again, err)
		}
	})
}

func TestKeysAreSpelledAsDocumented(t *testing.T) {
	written, err := NewRequest(policy.Request{Principal: "*", Action: "s3:GetObject", Resource: "*", Context: policy.Context{
		Keys: map[string]policy.ContextValue{
			"aws:sourceip": {Presence: policy.KeyPresent, Values: []string{"192.0.2.1"}}, "aws:requesttag/team": {Presence: policy.KeyPresent},
			"aws:sourcevpc": {Presence: policy.KeyUnknown}, "nosuch:key": {},
		},
	}}, policy.Set{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(written)
	const want = `{"principal":"*","action":"s3:GetObject","resource":"*","context":{"aws:RequestTag/team":[],"aws:SourceIp":["192.0.2.1"]},"unknown":["aws:SourceVpc"]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
}

func TestWhatHasNoJSONFormIsAnError(t *testing.T) {
	for name, write := range map[string]func(*policy.Request, *policy.Set){
		"a key known in part": func(r *policy.Request, _ *policy.Set) {
			r.Context.Keys = map[string]policy.ContextValue{"aws:sourcearn": {Presence: policy.KeyPrefixed, Values: []string{"arn:"}}}
		},
		"keys that are not listed": func(r *policy.Request, _ *policy.Set) { r.Context.RestUnknown = true },
		"absent families":          func(r *policy.Request, _ *policy.Set) { r.Context.AbsentPrefixes = []string{"aws:"} },
		"kinds that were not read": func(_ *policy.Request, s *policy.Set) { s.Unread = []string{"scp"} },
		"a policy that was not":    func(_ *policy.Request, s *policy.Set) { s.Identity = []policy.Part{{Name: "p"}} },
		"a resource policy":        func(_ *policy.Request, s *policy.Set) { s.Resource = &policy.Part{Name: "p"} },
		"an SCP":                   func(_ *policy.Request, s *policy.Set) { s.SCPs = [][]policy.Part{{{Name: "p"}}} },
	} {
		var request policy.Request
		var set policy.Set
		write(&request, &set)
		if _, err := NewRequest(request, set); err == nil || !strings.HasPrefix(err.Error(), "write request: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRefusedPoliciesHaveTheirPlace wants the place in the request for a policy in its own text, and the place in the
// policy for one that was encoded.
func TestRefusedPoliciesHaveTheirPlace(t *testing.T) {
	const document = `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"${var.x}"}]}`
	quoted, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	const start = `{"principal":"*","action":"s3:GetObject","resource":"*","identity":[`
	for _, c := range []struct{ text, at, want string }{
		{start + `{"PolicyDocument":` + document + `}]}`, "${var.x}", "identity: policy 0: PolicyDocument.Statement[0].Resource: ${var.x} is a reference of Terraform; resolve it first"},
		{start + string(quoted) + `]}`, `"{\"Statement`, "identity: policy 0: line 1, column 61 of the policy's own text: Statement[0].Resource: ${var.x} is a reference of Terraform; resolve it first"},
	} {
		_, _, err := NewReader().Read([]byte(c.text))
		var field *FieldError
		var refused *policyfile.NotAPolicyError
		if !errors.As(err, &field) || !errors.As(err, &refused) || err.Error() != c.want || !strings.HasPrefix(c.text[field.Offset:], c.at) {
			t.Errorf("%s: %v, %+v", c.text, err, field)
		}
	}
}

// TestFaultsOfRequestsHaveTheirPlace reads requests that are none. The place is that of the text behind the mark.
func TestFaultsOfRequestsHaveTheirPlace(t *testing.T) {
	const start = `{"principal":"*","action":"s3:GetObject","resource":"*",`
	for text, want := range map[string]string{
		`@[]`:                                   "the value must be a request, which is an object, not a list",
		`nul@`:                                  "it is not JSON",
		`{"principal":"*"@`:                     "it is not JSON: it ends too early",
		start + `@"Identity":[]}`:               `a request does not have a field "Identity"`,
		start + `"unknown":[],@"unknown":[]}`:   `the field "unknown" occurs more than once`,
		start + `"unknown":[]} @x`:              "more text follows the request",
		start + `"unknown":[@1]}`:               "unknown: the value must be a string, not a number",
		start + `"context":@[]}`:                "context: the value must be the context, which is an object, not a list",
		start + `"context":{"a:B":@null}}`:      `context: "a:B": the value must be a string, a number or a boolean, not null`,
		start + `"context":{"a:B":1,@"A:b":1}}`: "occurs more than once; keys are case insensitive",
		start + `"context":{"a:B":@"\ud800"}}`:  "an escape sequence that is not a character",
		start + `"identity":@{}}`:               "identity: the value must be a list of policies, not an object",
		start + `"identity":[@null]}`:           "identity: policy 0: the value must be a policy, not null",
		start + `"scps":[@{}]}`:                 "scps: level 0: the value must be a list of policies, not an object",
		start + `"rcps":[[],[@[]]]}`:            "rcps: level 1: policy 0: a policy is a JSON object, not a list",
		start + `"session":{@"Resources":{}}}`:  "session: Resources: this is a CloudFormation template",
		start + `"session":[@`:                  "session: it is not JSON: it ends too early",
		start + `"resourcePolicy":@true}`:       "resourcePolicy: a policy is a JSON object, not a boolean",
	} {
		before, after, _ := strings.Cut(text, "@")
		_, _, err := NewReader().Read([]byte(before + after))
		var field *FieldError
		if !errors.As(err, &field) || field.Offset != len(before) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %+v, want %s", text, err, field, want)
		}
	}
	for text, want := range map[string]string{
		"{\"principal\":\"\xff\"}":                                     "not in UTF-8",
		`{"principal":"*","action":"s3:GetObject"}`:                    "check resource: it is empty",
		start + `"context":{"a:b":1},"unknown":["A:B"]}`:               `the key "A:B" is both in context and in unknown`,
		start + `"context":null,"unknown":null,"resourceAccount":"1"}`: "check resource account",
	} {
		if _, _, err := NewReader().Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestTheRolesPolicy reads what is used as a trust policy.
func TestTheRolesPolicy(t *testing.T) {
	read := func(action, resource, document string) (policy.Kind, error) {
		_, set, err := NewReader().Read([]byte(fmt.Sprintf(`{"principal":"*","action":%q,"resource":%q,"resourcePolicy":%s}`, action, resource, document)))
		if err != nil {
			return 0, err
		}
		return set.Resource.Document.Kind, nil
	}
	const (
		role  = "arn:aws:iam::111122223333:role/r"
		trust = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}`
		named = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}]}`
		queue = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`
	)
	for _, c := range []struct {
		action, resource, document string
		kind                       policy.Kind
		err                        string
	}{
		{"sts:AssumeRole", role, trust, policy.Trust, ""},
		{"sts:AssumeRole", "*", trust, policy.Trust, ""},
		{"sts:AssumeRole", role, named, policy.Trust, ""},
		{"sts:AssumeRole", "*", named, policy.Resource, ""},
		{"s3:GetObject", "*", queue, policy.Resource, ""},
		{"sts:TagSession", role, `{"Role":{"AssumeRolePolicyDocument":` + trust + `}}`, policy.Trust, ""},
		{"sts:AssumeRole", role, queue, 0, "a trust policy has no resources"},
		{"sts:AssumeRole", role, `{"Policy":` + named + `,"PolicyName":"default"}`, 0, "want a trust policy"},
	} {
		kind, err := read(c.action, c.resource, c.document)
		if kind != c.kind || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s on %s with %s: kind %d, %v", c.action, c.resource, c.document, kind, err)
		}
	}
}

// FuzzReader gives any text: a request that is read can be written, and is the same when it is read again.
func FuzzReader(f *testing.F) {
	for _, text := range []string{
		`{"principal":"*","action":"s3:GetObject","resource":"*"}`,
		`{"principal":"*","action":"s3:GetObject","resource":"*","context":{"aws:x":["\u001b",1,true]},"unknown":["aws:y"],"scps":[[],["{\"Statement\":[]}"]]}`,
		`{"principal":"*","action":"sts:AssumeRole","resource":"*","resourcePolicy":{"Statement":[{"Sid":"\ud800","Principal":"*","Action":"sts:*"}]}}`,
		`{"principal":"*","action":"s3:GetObject","resource":"*","identity":[{"PolicyVersion":{"Document":{"Statement":[{"Action":"*","Resource":"a%20\u00e9"}]}}}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		request, set, err := NewReader().Read([]byte(text))
		if err != nil {
			var field *FieldError
			if errors.As(err, &field) && (field.Offset < 0 || field.Offset > len(text)) {
				t.Errorf("offset %d of %d", field.Offset, len(text))
			}
			return
		}
		written, err := NewRequest(request, set)
		if err != nil {
			t.Fatal(err)
		}
		out, err := json.Marshal(written)
		if err != nil {
			t.Fatal(err)
		}
		again, againSet, err := NewReader().Read(out)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if diff := cmp.Diff(NewVerdict(policy.Evaluate(request, set)), NewVerdict(policy.Evaluate(again, againSet))); diff != "" {
			t.Errorf("%s\n%s", diff, out)
		}
	})
}
