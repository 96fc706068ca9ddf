package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/policy"
)

// edit is a policy before and after.
type edit struct {
	Title string         `json:"title"`
	Kind  string         `json:"kind"`
	Old   jsontext.Value `json:"existing"`
	New   jsontext.Value `json:"new"`
	// Expected is PASS when nothing is newly allowed, and FAIL when something is.
	Expected string         `json:"expected"`
	File     jsontext.Value `json:"file"`
}

// diffJSON compares an edit by the command line.
func diffJSON(t *testing.T, e edit) (difference, int) {
	t.Helper()
	old := filepath.Join(t.TempDir(), "old.json")
	if err := os.WriteFile(old, e.Old, 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	w := world{in: bytes.NewReader(e.New), out: &out, err: &errs, now: time.Now}
	code := run(context.Background(), &w, []string{"diff", "--kind", e.Kind, "--format", "json", old, "-"})
	var d difference
	if err := json.Unmarshal(out.Bytes(), &d, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%s: %v; %s", e.Title, err, errs.String())
	}
	return d, code
}

// checkWitnesses asks eval about every witness, with the policy as it was and as it is.
func checkWitnesses(t *testing.T, e edit, d difference) int {
	t.Helper()
	var asked []string
	for _, g := range d.Grants {
		for _, document := range []jsontext.Value{e.Old, e.New} {
			request := g.Witness
			if e.Kind == "identity" {
				request.Identity = append(request.Identity, document)
			} else {
				request.ResourcePolicy = document
			}
			text, err := json.Marshal(request)
			if err != nil {
				t.Fatal(err)
			}
			asked = append(asked, string(text))
		}
	}
	if len(asked) == 0 {
		return 0
	}
	answers := evalLines(t, strings.Join(asked, "\n"))
	for i, answer := range answers {
		isNew := i%2 == 1
		if allowed := strings.HasPrefix(answer, `{"decision":"allowed"`); allowed != isNew || strings.HasPrefix(answer, `{"error"`) {
			t.Errorf("%s: %s\nis answered %s", e.Title, asked[i], answer)
		}
	}
	return len(answers)
}

// edits are one of each kind, and one that needs an assumption.
func edits() []edit {
	policyOf := func(statement string) jsontext.Value {
		return jsontext.Value(`{"Version":"2012-10-17","Statement":[` + statement + `]}`)
	}
	const lambda = `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`
	return []edit{
		{Title: "a new action", Kind: "identity", Expected: "FAIL",
			Old: policyOf(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`),
			New: policyOf(`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}`)},
		{Title: "a deny gone, and a role to assume", Kind: "identity", Expected: "FAIL",
			Old: policyOf(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"},{"Effect":"Deny","Action":"sts:*","Resource":"arn:aws:iam::111122223333:role/admin"}`),
			New: policyOf(`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}`)},
		{Title: "less than before", Kind: "identity", Expected: "PASS",
			Old: policyOf(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`),
			New: policyOf(`{"Effect":"Allow","Action":"s3:Get*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`)},
		{Title: "another account", Kind: "trust", Expected: "FAIL",
			Old: policyOf(lambda), New: policyOf(lambda + `,{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/ci"},"Action":"sts:AssumeRole"}`)},
		{Title: "the same, written otherwise", Kind: "trust", Expected: "PASS",
			Old: policyOf(lambda), New: policyOf(strings.ReplaceAll(lambda, `"sts:AssumeRole"`, `["sts:assumerole"]`))},
		{Title: "everybody", Kind: "resource", Expected: "FAIL",
			Old: policyOf(`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:q"}`),
			New: policyOf(`{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:q","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}}`)},
	}
}

// TestWitnessesAreRequestsForEval pipes what diff prints into eval.
func TestWitnessesAreRequestsForEval(t *testing.T) {
	answers := 0
	for _, e := range edits() {
		d, code := diffJSON(t, e)
		want := map[string]int{"PASS": exitDone, "FAIL": exitFound}[e.Expected]
		if code != want || d.NewAccess == nil || *d.NewAccess != (code == exitFound) {
			t.Errorf("%s: exit code %d, want %d; %+v", e.Title, code, want, d)
		}
		answers += checkWitnesses(t, e, d)
	}
	if answers == 0 {
		t.Fatal("no witness was asked about")
	}
	t.Logf("%d answers", answers)
}

// TestWitnessesOfRealEdits does so with AWS's own examples of edits.
func TestWitnessesOfRealEdits(t *testing.T) {
	cases := externaldata.List[edit](t, "new-access/cases.json")
	answers, codes := 0, map[int]int{}
	for _, e := range cases {
		d, code := diffJSON(t, e)
		codes[code]++
		answers += checkWitnesses(t, e, d)
		if want := map[string]int{"PASS": exitDone, "FAIL": exitFound}[e.Expected]; code != want {
			t.Errorf("%s, %s: exit code %d, want %d", e.File, e.Title, code, want)
		}
	}
	if answers == 0 || codes[exitDone] == 0 || len(codes) != 2 {
		t.Fatalf("%d answers, exit codes %v", answers, codes)
	}
	t.Logf("%d cases, %d answers, exit codes %v", len(cases), answers, codes)
}

// TestAComparisonIsWrittenWhole writes a comparison that has everything.
func TestAComparisonIsWrittenWhole(t *testing.T) {
	document := func(text string, kind policy.Kind) *policy.Document {
		d, _ := policy.Parse([]byte(text), kind)
		if d == nil {
			t.Fatalf("parse %s", text)
		}
		return d
	}
	old := document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"aws:principalorgid":"o-1"}}}]}`, policy.Identity)
	d := document(`{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}`, policy.Identity)
	ref := policy.StatementRef{Policy: "identity", Statement: &d.Statements[0], Document: d, Effect: policy.Allow}
	granted := policy.Grant{
		Action: "s3:Get*", Resource: "*", Actions: []string{"s3:GetObject"}, Statement: ref,
		Witness: policy.Witness{
			Request: policy.Request{
				Principal: "arn:aws:iam::111122223333:role/r", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "111122223333",
				Context: policy.Context{Keys: map[string]policy.ContextValue{
					"aws:sourceip": {Presence: policy.KeyPresent, Values: []string{"1", "2"}}, "aws:b": {Presence: policy.KeyPresent}, "aws:c": {},
				}},
			},
			AssumedIdentity: document(`{"Id": "i"}`, policy.Identity),
			AssumedResource: document(`{"Id":"r"}`, policy.Resource),
		},
	}
	c := policy.Comparison{More: true, Grants: []policy.Grant{granted}, Unknown: []policy.Undecidable{
		{Action: "*", Statement: ref, Why: "it is too hard", Keys: []string{"aws:x"}, Unread: []string{"scp"}}, {Action: "*", Resource: "*", Why: "there is too much", Exceeded: true},
	}}
	idle := []policy.Ineffective{{Grant: granted, Verdict: policy.Verdict{BlockedBy: []string{"scp"}}}}
	run := differing{kind: "identity", old: policy.Set{Identity: []policy.Part{{Name: "identity", Document: old}}}}
	changes := policy.Review(run.old, run.new, c)
	out, err := run.difference(c, changes, idle)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := writeJSON(&text, out); err != nil {
		t.Fatal(err)
	}
	want := `{"newAccess":true,"grants":[{"action":"s3:Get*","resource":"*","statement":0,"sid":"S","actions":["s3:GetObject"],"gravity":"read","without":["aws:PrincipalOrgID"],` +
		`"witness":{"principal":"arn:aws:iam::111122223333:role/r","action":"s3:GetObject","resource":"arn:aws:s3:::b/k","resourceAccount":"111122223333",` +
		`"context":{"aws:SourceIp":["1","2"],"aws:b":[]},"identity":[{"Id":"i"}],"resourcePolicy":{"Id":"r"}}}],` +
		`"unknown":[{"action":"*","statement":0,"sid":"S","why":"it is too hard","keys":["aws:x"],"unread":["scp"],"settledBy":"AWS does not document the value of aws:x in the request. Check whether the requests meet the condition, or exempt the role from it."},{"action":"*","resource":"*","why":"there is too much","settledBy":"The comparison exceeded its budget of work. Use fewer statements in the policies."}],"more":true,` +
		`"withoutEffect":[{"action":"s3:Get*","resource":"*","statement":0,"sid":"S","verdict":{"decision":"implicitDeny","blockedBy":["scp"],"statements":[]}}]}` + "\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, shown := range map[string]string{"summary": run.summary(c, changes, idle), "details": run.detailed(c, changes, idle)} {
		for _, part := range []string{
			" in account 111122223333\n", "      with aws:SourceIp \"1\", \"2\"\n", "      with aws:b no value\n", "  without the condition on aws:PrincipalOrgID\n",
			"      assuming that the principal's own policies allow it\n", "      assuming that the resource's policy does not deny it\n",
			"undecided: *, by the new identity policy", "undecided: * on *\n  there is too much\n", "  it is too hard\n  it depends on the keys aws:x\n  not read: scp\n",
			"more is newly allowed than what is listed: 1 grant newly allowed, 2 undecided\n",
			"without effect: s3:Get* on *, by the new identity policy, statement S, Allow, line 1\n  other policies on the new side do not allow it: scp\n",
		} {
			if !strings.Contains(shown, part) {
				t.Errorf("%q is not in the %s\n%s", part, name, shown)
			}
		}
	}
}
