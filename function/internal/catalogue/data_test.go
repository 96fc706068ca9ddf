package catalogue_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// usedRole is a role of one function, with a trust policy and attached policies.
func usedRole(trust string, attached ...role.Policy) *check.Subject {
	ref := role.Ref{Partition: "aws", Account: usualAccount, Name: "orders", ARN: "arn:aws:iam::" + usualAccount + ":role/orders"}
	return &check.Subject{Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Role: &role.Snapshot{
		Ref: ref, Identity: role.Have(role.Identity{ARN: ref.ARN, ID: "AROAORDERS"}),
		Trust:  role.Have(role.NewPolicy("trust", trust, policy.Trust)),
		Inline: role.Have([]role.Policy(nil)), Attached: role.Have(attached), Boundary: role.None[role.Policy](),
		SCPs: role.None[[][]policy.Part](), RCPs: role.None[[][]policy.Part](),
		Users: role.Users{Complete: true, List: []role.Function{{
			ARN: "arn:aws:lambda:us-east-1:" + usualAccount + ":function:orders-api", Version: "$LATEST", Role: ref.ARN, Config: plainConfig(),
		}}},
	}}
}

// TestRealDocumentsAsTrustPolicies judges every document that IAM is known to refuse or to take, whatever it was written
// for, as a trust policy: evidence is its own text, and a fix lets Lambda in.
func TestRealDocumentsAsTrustPolicies(t *testing.T) {
	var sources []string
	for _, c := range externaldata.List[struct {
		Document     jsontext.Value `json:"document"`
		ErrorMessage string         `json:"error_message"`
	}](t, "policy-grammar/invalid.json") {
		var text string
		if json.Unmarshal(c.Document, &text) != nil {
			text = string(c.Document)
		}
		sources = append(sources, text)
	}
	for _, source := range externaldata.List[jsontext.Value](t, "policy-grammar/valid.json") {
		sources = append(sources, string(source))
	}
	fixes := 0
	for _, source := range sources {
		s := usedRole(source)
		for _, d := range check.Run(catalogue.Checks(), s).Diagnostics {
			for _, e := range d.Evidence {
				if !strings.Contains(source, e.Text) {
					t.Errorf("%s: evidence is not the document's text: %q\n%s", d.Check.ID, e.Text, source)
				}
			}
			if d.Fix.Document == "" || !slices.Contains(mending, d.Check.ID) || strings.Contains(d.Fix.Summary, "hangs on") {
				continue
			}
			fixes++
			fixed := usedRole(d.Fix.Document)
			letsIn(t, fixed, d)
			if again := check.Run(catalogue.Checks(), fixed); speaks(again, d.Check.ID, d.Key) {
				t.Errorf("%s still speaks after its fix:\n%s\n%s", d.Check.ID, source, d.Fix.Document)
			}
		}
	}
	if len(sources) == 0 || fixes == 0 {
		t.Fatalf("%d documents, %d fixes", len(sources), fixes)
	}
	t.Logf("%d documents, %d fixes", len(sources), fixes)
}

// noiseTable says how many of AWS's managed policies make a check fire, for those that any does.
const noiseTable = "testdata/noise.txt"

// TestManagedPoliciesOfAWS attaches each of them alone to the role of one plain function, and counts which checks fire:
// the table is looked at by hand whenever it changes. Which are for administrators is known, and RW302 tells those from
// all others.
func TestManagedPoliciesOfAWS(t *testing.T) {
	policies := externaldata.ManagedPolicies(t)
	told := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		p := role.NewPolicy(role.ManagedPart("arn:aws:iam::aws:policy/"+name), string(policies[name]), policy.Identity)
		p.ARN = p.Part.String()
		seen := map[string]bool{}
		for _, d := range check.Run(catalogue.Checks(), usedRole(usualTrust, p)).Diagnostics {
			if !seen[d.Check.ID] {
				seen[d.Check.ID] = true
				told[d.Check.ID] = append(told[d.Check.ID], name)
			}
			for _, e := range d.Evidence {
				if !strings.Contains(string(policies[name])+usualTrust, e.Text) && e.Text != p.ARN {
					t.Errorf("%s: evidence of %s is not its text: %q", d.Check.ID, name, e.Text)
				}
			}
		}
	}
	var present []string
	for _, name := range []string{"AdministratorAccess", "IAMFullAccess", "PowerUserAccess"} {
		if _, ok := policies[name]; ok {
			present = append(present, name)
		}
	}
	if diff := cmp.Diff(present, told["RW302"]); diff != "" {
		t.Errorf("administrators' policies (-want +got):\n%s", diff)
	}
	got := fmt.Sprintf("%d policies\n", len(policies))
	for _, c := range catalogue.Checks() {
		names := told[c.ID]
		if len(names) == 0 {
			continue
		}
		got += fmt.Sprintf("%s %-28s %5d\n", c.ID, c.Slug, len(names))
		if testing.Verbose() {
			t.Logf("%s: %d: %s", c.ID, len(names), strings.Join(names[:min(len(names), 40)], " "))
		}
	}
	if *update {
		if err := os.WriteFile(noiseTable, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(noiseTable)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("what fires (-want +got):\n%s", diff)
	}
	t.Logf("%d policies", len(policies))
}

// TestWhatIsTakenAsPublished holds what stands in for a managed policy whose text was not read to what AWS publishes.
func TestWhatIsTakenAsPublished(t *testing.T) {
	held := 0
	for name, text := range externaldata.ManagedPolicies(t) {
		for _, path := range []string{"", "service-role/"} {
			arn := "arn:aws:iam::aws:policy/" + path + name
			unread := role.Policy{Part: role.ManagedPart(arn), ARN: arn, Text: role.NotRead[string](role.Denied("iam:GetPolicyVersion"))}
			e := effective.OfRole(usedRole("", unread).Role)
			if len(e.Assumed) == 0 {
				continue
			}
			held++
			document, err := policy.Parse(text, policy.Identity)
			if err != nil {
				t.Fatal(err)
			}
			real, ours := policy.Set{Identity: []policy.Part{{Name: arn, Document: document}}}, policy.Set{Identity: e.Set.Identity}
			for _, c := range []policy.Comparison{effective.Compare(ours, real, ask.NewBudget()), effective.Compare(real, ours, ask.NewBudget())} {
				if len(c.Grants)+len(c.Unknown) > 0 {
					t.Errorf("%s differs from what AWS publishes: %+v", name, c.Grants)
				}
			}
		}
	}
	if held != 11 {
		t.Errorf("%d policies are taken as published, want 11", held)
	}
}
