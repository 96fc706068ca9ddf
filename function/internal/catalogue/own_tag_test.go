package catalogue_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// whereTagged is a trust policy whose Allow statements require a tag of the role in addition; false where that is not said in one way.
func whereTagged(text string) (string, bool) {
	var document map[string]any
	if json.Unmarshal([]byte(text), &document) != nil {
		return "", false
	}
	statements, several := document["Statement"].([]any)
	if !several {
		statements = []any{document["Statement"]}
	}
	for _, one := range statements {
		statement, is := one.(map[string]any)
		if !is || statement["Effect"] != "Allow" {
			continue
		}
		conditions := map[string]any{}
		if given, has := statement["Condition"]; has {
			if conditions, is = given.(map[string]any); !is {
				return "", false
			}
		}
		for operator := range conditions {
			if strings.EqualFold(operator, "StringEquals") {
				return "", false
			}
		}
		conditions["StringEquals"] = map[string]any{"aws:ResourceTag/of-the-test": "yes"}
		statement["Condition"] = conditions
	}
	document["Statement"] = statements
	out, err := json.Marshal(document, json.Deterministic(true))
	return string(out), err == nil
}

// aboutTrust are the checks whose findings a trust policy may lead to.
func aboutTrust() []*check.Check {
	return slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool {
		return !(c.ID < "RW200" || c.ID > "RW400" && c.ID < "RW407" || c.ID == "RW502")
	})
}

// lines are findings without what names statements.
func lines(r check.Result) (out []string) {
	for _, d := range r.Diagnostics {
		out = append(out, fmt.Sprintf("%s %s of %d functions", d.Check.ID, d.Severity, len(d.Functions)))
	}
	slices.Sort(out)
	return out
}

// A condition in the trust policy that the tags of the role meet changes no finding, and nobody is found that may assume the role by
// statements with one that they do not meet.
func TestATagOfTheRoleIsKnownWhereverItsTrustPolicyIsEvaluated(t *testing.T) {
	asked, checks := 0, aboutTrust()
	for _, s := range scenarios(t) {
		run := func(value string, change func(string) (string, bool)) ([]string, bool) {
			subject := s.content.subject(t)
			trust, known := subject.Role.Trust.Get()
			if !known || trust.Document == nil {
				return nil, false
			}
			text, ok := change(trust.Text.Or(""))
			tags := map[string]string{"of-the-test": value}
			maps.Copy(tags, subject.Role.Tags.Or(nil))
			subject.Role.Tags = role.Have(tags)
			subject.Role.Trust = role.Have(role.NewPolicy(role.PartTrust, text, policy.Trust))
			return lines(check.Run(checks, subject)), ok
		}
		before, known := run("yes", func(text string) (string, bool) { return text, true })
		after, ok := run("yes", whereTagged)
		if !known || !ok {
			continue
		}
		if !slices.Equal(before, after) {
			t.Errorf("%s: before %q, after %q", s.name(), before, after)
		}
		nobody, _ := run("no", whereTagged)
		if nobody = slices.DeleteFunc(nobody, func(line string) bool { return line < "RW200" }); len(nobody) > 0 {
			t.Errorf("%s: nobody may assume the role, and %q", s.name(), nobody)
		}
		if len(before) > 0 {
			asked++
		}
	}
	if asked < 50 {
		t.Errorf("%d cases have findings about the trust policy", asked)
	}
}
