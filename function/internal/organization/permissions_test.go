package organization_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// TestTheSessionPolicyOnlyReads parses the session policy as IAM would, and looks each action up in the list of AWS's actions.
func TestTheSessionPolicyOnlyReads(t *testing.T) {
	text := organization.SessionPolicy(nil)
	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: the policy has at most 2,048 characters.
	if len(text) > 2048 {
		t.Errorf("the session policy has %d characters", len(text))
	}
	if _, err := policy.Parse([]byte(text), policy.Session); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for _, p := range organization.Permissions {
		a, ok := actions.Lookup(p.Action)
		if !ok || a.Level != actions.Read && a.Level != actions.List {
			t.Errorf("%s is no action that reads: %+v", p.Action, a)
		}
		if seen[p.Action] || p.Reason == "" || !strings.Contains(text, `"`+p.Action+`"`) {
			t.Errorf("%s is there twice, without a reason or not in the session policy", p.Action)
		}
		seen[p.Action] = true
	}
	if len(seen) < 15 {
		t.Errorf("%d permissions", len(seen))
	}
}

// templateAction finds an action in a list of the template.
var templateAction = regexp.MustCompile(`(?m)^ +- ([a-z]+:[A-Za-z]+)$`)

// TestTheDocumentedRoleHasThePermissions holds the template of docs/organization.md to the list.
func TestTheDocumentedRoleHasThePermissions(t *testing.T) {
	text, err := os.ReadFile("../../../docs/organization.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented, want []string
	for _, m := range templateAction.FindAllSubmatch(text, -1) {
		documented = append(documented, string(m[1]))
	}
	for _, p := range organization.Permissions {
		want = append(want, p.Action)
	}
	if !slices.Equal(documented, want) {
		t.Errorf("the template allows %q, and the role needs %q", documented, want)
	}
	if !strings.Contains(string(text), organization.DefaultRole) {
		t.Errorf("the page does not name the role %s", organization.DefaultRole)
	}
}
