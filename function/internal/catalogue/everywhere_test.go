package catalogue_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// exposed is what the checks say of who else gets in: their IDs, keys and severities.
func exposed(s *check.Subject) (out []string) {
	r := check.Run(slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool { return !strings.HasPrefix(c.ID, "RW4") || c.Join != nil }), s)
	for _, d := range r.Diagnostics {
		out = append(out, d.Check.ID+" "+d.Severity.String()+" "+d.Key)
	}
	for _, u := range r.Undecided {
		out = append(out, u.Check.ID+" undecided "+u.Key)
	}
	slices.Sort(out)
	return out
}

// editedStatements is a policy with each of its Allow statements edited that does not name a service; changed is how many these are.
func editedStatements(t *testing.T, text string, edit func(statement map[string]any) bool) (out string, changed int) {
	t.Helper()
	var doc map[string]any
	if json.Unmarshal([]byte(text), &doc) != nil {
		return text, 0
	}
	list, ok := doc["Statement"].([]any)
	if !ok {
		list = []any{doc["Statement"]}
	}
	for _, one := range list {
		st, ok := one.(map[string]any)
		if !ok || st["Effect"] != "Allow" || st["NotPrincipal"] != nil {
			continue
		}
		if who, ok := st["Principal"].(map[string]any); ok && (who["Service"] != nil || who["Federated"] != nil) {
			continue
		}
		if edit(st) {
			changed++
		}
	}
	again, err := json.Marshal(doc, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(again), changed
}

// withPolicies is a subject whose trust policy and functions' policies are edited, and how many of their statements are.
func withPolicies(t *testing.T, s *check.Subject, edit func(statement map[string]any) bool) int {
	t.Helper()
	total := 0
	if trust, ok := s.Role.Trust.Get(); ok {
		text, n := editedStatements(t, trust.Text.Or(""), edit)
		if total += n; n > 0 {
			s.Role.Trust = role.Have(role.NewPolicy(role.PartTrust, text, policy.Trust))
		}
	}
	for i := range s.Role.Users.List {
		c := &s.Role.Users.List[i].Config
		for _, list := range [][]role.ResourcePolicy{c.Policies.Or(nil), c.SeenPolicies} {
			for j := range list {
				text, n := editedStatements(t, list[j].Text, edit)
				list[j].Text, total = text, total+n
			}
		}
	}
	return total
}

// TestAConditionThatTheWholeInternetMeetsIsNone adds conditions to every Allow statement of all cases that strangers meet anywhere: who
// else gets in stays the same.
func TestAConditionThatTheWholeInternetMeetsIsNone(t *testing.T) {
	for name, values := range map[string][]any{"IPv4": {"0.0.0.0/0"}, "IPv6": {"::/0"}, "both": {"0.0.0.0/0", "::/0"}, "halves": {"0.0.0.0/1", "128.0.0.0/1"}} {
		edits := 0
		for _, s := range scenarios(t) {
			subject := func() *check.Subject {
				c, err := parseCase(s.archive)
				if err != nil {
					t.Fatal(err)
				}
				return c.subject(t)
			}
			folded := strings.ToLower(string(txtar.Format(s.archive)))
			if strings.Contains(folded, "aws:sourceip") || strings.Contains(folded, "aws:sourcevpc") || strings.Contains(folded, "aws:vpcsourceip") {
				continue // Another condition on the network is not the same with this one.
			}
			if strings.Contains(folded, "aws:principalisawsservice") || strings.Contains(folded, "aws:principalservicename") {
				continue // That is for a service, whose call has no address.
			}
			after := subject()
			n := withPolicies(t, after, func(st map[string]any) bool {
				conditions, _ := st["Condition"].(map[string]any)
				if text, _ := json.Marshal(conditions); strings.Contains(strings.ToLower(string(text)), "aws:sourcearn") || strings.Contains(strings.ToLower(string(text)), "aws:sourceaccount") {
					return false // That is for a service, too.
				}
				if conditions == nil {
					conditions = map[string]any{}
				}
				conditions["IpAddress"] = map[string]any{"aws:SourceIp": values}
				st["Condition"] = conditions
				return true
			})
			if n == 0 {
				continue
			}
			edits += n
			if diff := cmp.Diff(exposed(subject()), exposed(after)); diff != "" {
				t.Errorf("%s of %s: the condition makes a difference (-without +with):\n%s", name, s.name(), diff)
			}
		}
		if edits < 100 {
			t.Errorf("%s: only %d statements were edited", name, edits)
		}
	}
}

// TestAnAccountIsTheSameInEachForm puts every form of a foreign principal in the place of an account in all cases of a function's
// policy that names one: the checks say the same.
func TestAnAccountIsTheSameInEachForm(t *testing.T) {
	const account = "444455556666"
	for _, action := range []any{"lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:GetFunction", "lambda:DeleteFunction", "lambda:*", []any{"lambda:Get*", "lambda:InvokeFunction"}} {
		var want []string
		for i, principal := range []any{
			map[string]any{"AWS": account}, map[string]any{"AWS": "arn:aws:iam::" + account + ":root"}, map[string]any{"AWS": []any{account}},
			map[string]any{"AWS": "arn:aws:iam::" + account + ":user/ann"}, map[string]any{"AWS": "arn:aws:iam::" + account + ":role/path/ci"},
			map[string]any{"AWS": "arn:aws:sts::" + account + ":assumed-role/ci/run"}, map[string]any{"AWS": "arn:aws:sts::" + account + ":federated-user/ann"},
			map[string]any{"AWS": []any{"111122223333", "arn:aws:iam::" + account + ":root"}},
		} {
			statement := map[string]any{"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "arn:aws:lambda:us-east-1:111122223333:function:orders-api"}
			text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}, json.Deterministic(true))
			if err != nil {
				t.Fatal(err)
			}
			s := usedRole(usualTrust)
			s.Role.Users.List[0].Config.Policies = role.Have([]role.ResourcePolicy{{Text: string(text)}})
			got := exposed(s)
			if i == 0 {
				if want = got; len(want) != 1 || !strings.HasPrefix(want[0], "RW412 ") {
					t.Fatalf("%v: %q", action, want)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v for %v differs from the account's ID (-want +got):\n%s", action, principal, diff)
			}
		}
	}
}
