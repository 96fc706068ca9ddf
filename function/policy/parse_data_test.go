package policy

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// faultsOfIAM maps what IAM says of a fault to what a violation says of it, or to the rule it names. IAM's general
// messages ("Syntax errors", "legacy parsing") name no fault, so any will do.
var faultsOfIAM = []struct {
	iam, ours string
	rule      int
}{
	{iam: "Policy document must be version", rule: 3},
	{iam: "must be prefaced by a vendor", ours: "start with the prefix of its service"},
	{iam: "Vendor a a is not valid", ours: `service prefix "a a" of an action is not valid`},
	{iam: "can contain only one colon", ours: "can contain only one colon"},
	{iam: `must be in ARN format or "*"`, ours: `must be in ARN format or "*"`},
	{iam: "Partition", ours: "the partition"},
	{iam: "must contain resources", ours: "must contain resources"},
	{iam: "must contain actions", ours: "must contain actions"},
	{iam: "IAM resource path", ours: "the path of the IAM resource"},
	{iam: "Resource vendor must be fully qualified", ours: "its vendor"},
	{iam: "contain region information", ours: "contain region information"},
	{iam: "can not contain region information", ours: "can not contain region information"},
	{iam: "Statement IDs (SID)", ours: "must be unique", rule: 5},
	{iam: "Syntax errors in policy."},
	{iam: "The policy failed legacy parsing"},
}

func TestDocumentsThatIAMRefuses(t *testing.T) {
	type refused struct {
		Document jsontext.Value `json:"document"`
		Message  string         `json:"error_message"`
	}
	for i, c := range externaldata.List[refused](t, "policy-grammar/invalid.json") {
		src := []byte(c.Document)
		if src[0] == '"' {
			var plain string
			if err := json.Unmarshal(src, &plain); err != nil {
				t.Fatal(err)
			}
			src = []byte(plain)
		}
		var fault *ParseError
		if _, err := Parse(src, Identity); !errors.As(err, &fault) || len(fault.Violations) == 0 {
			t.Errorf("%d: taken, and IAM says %q: %s", i, c.Message, src)
			continue
		}
		if !namesFault(t, fault.Violations, c.Message) {
			t.Errorf("%d: IAM says %q, and we: %v", i, c.Message, fault)
		}
		for _, v := range fault.Violations {
			if v.Line < 1 || v.Column < 1 || v.Message == "" {
				t.Errorf("%d: %+v has no place", i, v)
			}
		}
	}
}

// namesFault says whether one of the violations is the fault that IAM's message names.
func namesFault(t *testing.T, violations []Violation, iam string) bool {
	t.Helper()
	for _, f := range faultsOfIAM {
		if !strings.Contains(iam, f.iam) {
			continue
		}
		for _, v := range violations {
			if strings.Contains(v.Message, f.ours) && (f.rule == 0 || f.rule == v.Rule) {
				return true
			}
		}
		return false
	}
	t.Errorf("IAM's message %q is not in the table", iam)
	return false
}

func TestDocumentsThatIAMTakes(t *testing.T) {
	for i, src := range externaldata.List[jsontext.Value](t, "policy-grammar/valid.json") {
		if _, err := Parse(src, Identity); err != nil {
			t.Errorf("%d: %v: %s", i, err, src)
		}
	}
}

func TestManagedPoliciesParseAndPrintBack(t *testing.T) {
	policies := externaldata.ManagedPolicies(t)
	values := 0
	for name, src := range policies {
		doc, err := Parse(src, Identity)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(doc.Source()) != string(src) || len(doc.Statements) == 0 {
			t.Errorf("%s: printed back as another", name)
		}
		if again, err := Apply(doc); err != nil || string(again) != string(src) {
			t.Errorf("%s: an edit of nothing changes it: %v", name, err)
		}
		values += checkSpans(t, doc)
	}
	if values == 0 {
		t.Fatal("no value was checked")
	}
	t.Logf("%d policies, %d values", len(policies), values)
}
