package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCanonicalText(t *testing.T) {
	d := parseFor(t, `{
		"Statement": {
			"Resource": ["b", "a", "b"],
			"Sid": "",
			"Principal": {"Service": "lambda.amazonaws.com", "AWS": ["arn:aws-cn:iam::222222222222:root", "111111111111"]},
			"Effect": "Allow",
			"NotAction": "s3:*",
			"Condition": {"StringLike": {"b": [true, 1], "a": "\u0041\""}, "Bool": {"c": []}, "Null": {}}
		},
		"Id": "i"
	}`, Resource)
	want := `{"Id":"i","Statement":[{"NotAction":["s3:*"],"Condition":{"Bool":{"c":[]},"StringLike":{"a":["A\""],"b":["1","true"]}},` +
		`"Effect":"Allow","Principal":{"AWS":["111111111111","222222222222"],"Service":["lambda.amazonaws.com"]},` +
		`"Resource":["a","b"]}],"Version":"2008-10-17"}`
	if diff := cmp.Diff(want, string(d.Canonical())); diff != "" {
		t.Error(diff)
	}
}

const canonicalBase = `{"Version":"2012-10-17","Statement":[
	{"Sid":"A","Effect":"Allow","Principal":{"AWS":["111111111111","arn:aws:iam::222222222222:role/r"]},"Action":["sts:AssumeRole","sts:TagSession"]},
	{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringEquals":{"a":["1","2"],"b":"true"}}}]}`

// TestWhatCanonicalLeavesOut changes the base in ways that IAM does or undoes; TestWhatCanonicalKeeps in ways that make
// another policy of it.
func TestWhatCanonicalLeavesOut(t *testing.T) {
	compareBase(t, canonicalOf, true, [][2]string{
		{"\n\t", " "},
		{`"111111111111"`, `"arn:aws:iam::111111111111:root"`},
		{`"111111111111","arn:aws:iam::222222222222:role/r"`, `"arn:aws:iam::222222222222:role/r","111111111111"`},
		{`["sts:AssumeRole","sts:TagSession"]`, `["sts:TagSession","sts:AssumeRole","sts:TagSession"]`},
		{`"Action":"sts:AssumeRole"`, `"Action":["sts:AssumeRole"]`},
		{`"Principal":"*"`, `"Principal":{"AWS":["*"]}`},
		{`"Effect":"Deny"`, `"Sid":"","Effect":"Deny"`},
		{`"Sid":"A"`, `"Condition":{},"Sid":"A"`},
		{`"Sid":"A"`, `"Condition":{"StringLike":{}},"Sid":"A"`},
		{`{"a":["1","2"],"b":"true"}`, `{"b":true,"a":[2,1,"2"]}`},
		{`sts:TagSession`, `sts:Tag\u0053ession`},
	})
}

func TestWhatCanonicalKeeps(t *testing.T) {
	compareBase(t, canonicalOf, false, [][2]string{
		{`2012-10-17`, `2008-10-17`},
		{`"Sid":"A"`, `"Sid":"B"`},
		{`"Effect":"Allow"`, `"Effect":"Deny"`},
		{`"111111111111"`, `"arn:aws:iam::111111111111:user/root"`},
		{`"111111111111"`, `"arn:aws:sts::111111111111:root"`},
		{`"111111111111",`, ``},
		{`"AWS":["111111111111"`, `"Service":["111111111111"`},
		{`"Principal":"*"`, `"NotPrincipal":"*"`},
		{`"Action":"sts:AssumeRole"`, `"NotAction":"sts:AssumeRole"`},
		{`sts:TagSession`, `sts:tagsession`},
		{`"a":["1","2"]`, `"a":["1"]`},
		{`"a":["1","2"]`, `"c":["1","2"]`},
		{`StringEquals`, `StringLike`},
		{`{"Sid":"A"`, `{"Effect":"Deny","Principal":"*","Action":"*"},{"Sid":"A"`},
	})
	d, e := parseFor(t, canonicalBase, Trust), parseFor(t, canonicalBase, Trust)
	e.Statements[0], e.Statements[1] = e.Statements[1], e.Statements[0]
	if string(d.Canonical()) == string(e.Canonical()) {
		t.Error("the order of statements does not show")
	}
}

func canonicalOf(d *Document) string { return string(d.Canonical()) }

// compareBase replaces texts of the base, and says whether a form of it stays the same.
func compareBase(t *testing.T, form func(*Document) string, same bool, changes [][2]string) {
	t.Helper()
	base := form(parseFor(t, canonicalBase, Trust))
	for _, c := range changes {
		if !strings.Contains(canonicalBase, c[0]) {
			t.Fatalf("the base has no %s", c[0])
		}
		got := form(parseFor(t, strings.ReplaceAll(canonicalBase, c[0], c[1]), Trust))
		if (got == base) != same {
			t.Errorf("%s for %s: same is not %v: %s", c[1], c[0], same, got)
		}
	}
}

// TestCanonicalIsAPolicy parses what Canonical writes: nothing is lost in it, and it is its own canonical text.
func TestCanonicalIsAPolicy(t *testing.T) {
	count := 0
	for name, d := range managedPolicies(t) {
		again, err := Parse(d.Canonical(), Identity)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(string(d.Canonical()), string(again.Canonical())); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		count++
	}
	if count == 0 {
		t.Fatal("no policy")
	}
	t.Logf("%d policies", count)
}
