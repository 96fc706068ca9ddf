package settings

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// overriding is a hub with settings for the root, a unit and an account.
const overriding = `{
	"checks": {"RW304": {"severity": "high"}, "RW5": {"off": true}}, "trustedAccounts": ["111111111111"], "managers": ["arn:aws:iam::*:role/all"],
	"organization": {"id": "o-a1b2c3d4e5", "hub": {"account": "111122223333"}, "overrides": {
		"r-ab12": {"trustedAccounts": ["222222222222"], "owners": ["team"]},
		"ou-ab12-c3d4e5f6": {"checks": {"RW304": {"off": true}, "RW308": {"severity": "low"}}, "managers": ["arn:aws:iam::*:role/unit"]},
		"444455556666": {"checks": {"RW308": {"severity": "medium"}}, "managers": [], "account": {"name": "pay"}}
	}}}`

// The nearest override counts, key by key: an account's before its unit's, and that before the root's.
func TestTheNearestOverrideCounts(t *testing.T) {
	rules, err := FromFile([]byte(overriding), known)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		account string
		units   []string
		want    []string
	}{
		{"111122223333", nil, []string{"checks.RW304={\"severity\":\"high\"}", "checks.RW5={\"off\":true}", "managers=[\"arn:aws:iam::*:role/all\"]", "trustedAccounts=[\"111111111111\"]"}},
		{"777788889999", []string{"r-ab12", "ou-ab12-c3d4e5f6"}, []string{
			"checks.RW304={\"off\":true} from ou-ab12-c3d4e5f6", "checks.RW308={\"severity\":\"low\"} from ou-ab12-c3d4e5f6", "checks.RW5={\"off\":true}",
			"managers=[\"arn:aws:iam::*:role/unit\"] from ou-ab12-c3d4e5f6", "owners=[\"team\"] from r-ab12", "trustedAccounts=[\"222222222222\"] from r-ab12"}},
		{"444455556666", []string{"r-ab12", "ou-ab12-c3d4e5f6"}, []string{
			"account={\"name\":\"pay\"} from 444455556666", "checks.RW304={\"off\":true} from ou-ab12-c3d4e5f6", "checks.RW308={\"severity\":\"medium\"} from 444455556666", "checks.RW5={\"off\":true}",
			"managers=[] from 444455556666", "owners=[\"team\"] from r-ab12", "trustedAccounts=[\"222222222222\"] from r-ab12"}},
	} {
		var got []string
		for _, l := range rules.Explain(c.account, c.units) {
			if l.Key == "organization" {
				continue
			}
			line := l.Key + "=" + string(l.Value)
			if l.From != "" {
				line += " from " + l.From
			}
			got = append(got, line)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s in %v:\n%s\nwant\n%s", c.account, c.units, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
	// What is set for all stays as it was.
	if all, _ := rules.For("000000000000", nil); len(all.Managers) != 1 || len(rules.Checks) != 2 {
		t.Errorf("managers %v, checks %v", all.Managers, rules.Checks)
	}
	// The function reads what the deployment writes.
	text, _ := rules.File()
	again, err := unpack(string(text), nil, known)
	if err != nil || fmt.Sprint(again.Explain("444455556666", []string{"r-ab12"})) != fmt.Sprint(rules.Explain("444455556666", []string{"r-ab12"})) {
		t.Errorf("read back: %v, %v", again, err)
	}
}

func TestAnOverrideThatCannotBeMeantIsNamed(t *testing.T) {
	for _, c := range []struct{ overrides, want string }{
		{`{"Production": {"managers": []}}`, `organization.overrides.Production {"managers":[]}: "Production" is neither the ID of an account nor that of an organizational unit`},
		{`{"1234": {"managers": []}}`, `"1234" is neither the ID of an account`},
		{`{"444455556666": {}}`, `organization.overrides.444455556666 {}: it sets nothing`},
		{`{"444455556666": {"routes": []}}`, `organization.overrides.444455556666.routes []: `},
		{`{"444455556666": {"organization": {}}}`, `organization.overrides.444455556666.organization {}: `},
		{`{"444455556666": {"checks": {"RW999": {"off": true}}}}`, `organization.overrides.444455556666.checks.RW999`},
		{`{"444455556666": []}`, `organization.overrides.444455556666 []: it must be an object`},
		{`{"444455556666": {"owners": []}, "444455556666": {"owners": []}}`, `444455556666`},
	} {
		_, err := FromFile([]byte(`{"organization": {"id": "o-a1b2c3d4e5", "hub": {"account": "111122223333"}, "overrides": `+c.overrides+`}}`), known)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.overrides, err, c.want)
		}
	}
	if _, err := FromFile([]byte(`{"organization": {"id": "o-a1b2c3d4e5", "overrides": {"444455556666": {"owners": []}}}}`), known); err == nil || !strings.Contains(err.Error(), `it lacks "hub"`) {
		t.Errorf("without a hub: %v", err)
	}
}
