package settings

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

const whole = `{
	"checks": {"RW109": {"off": true}, "RW304": {"severity": "low"}, "RW5": {"on": true}, "RW502": {"off": true}},
	"trustedAccounts": ["111122223333"],
	"organization": {"id": "o-a1b2c3d4e5", "accounts": ["111122223333", "444455556666"]},
	"layerAccounts": ["580247275435"],
	"managers": ["arn:aws:iam::*:role/deploy*"],
	"never": [{"name": "no key deletion", "action": ["kms:ScheduleKeyDeletion"], "resource": "*",
		"condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}],
	"exceptions": [{"checks": ["RW3"], "tag": "rolewatch-exception", "value": "break glass", "reason": "accepted by Jo", "until": "2026-12-31"}],
	"tagExceptions": ["RW501", "RW304"]
}`

func wholeRules(t *testing.T) Rules {
	t.Helper()
	rules, err := FromFile([]byte(whole), known)
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range rules.Never {
		_ = n.Condition.Compact()
		rules.Never[i] = n
	}
	return rules
}

func TestWhatTheRulesComeTo(t *testing.T) {
	rules := wholeRules(t)
	want := inforce.Rules{
		Changes: map[string]inforce.Change{"RW109": {Off: true}, "RW304": {Severity: check.Low}, "RW501": {On: true}, "RW502": {Off: true}},
		Exceptions: inforce.Exceptions{
			List: []check.Exception{{
				Checks: []string{"RW304", "RW308"}, Tag: "rolewatch-exception", Value: "break glass", Reason: "accepted by Jo",
				Until: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC),
			}},
			ByTag: []string{"RW304", "RW501"},
		},
	}
	if diff := cmp.Diff(want, rules.InForce(known)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p := rules.Parameters()
	if len(p.Never) != 1 || p.Never[0].Document == nil {
		t.Fatalf("never %+v", p.Never)
	}
	s := p.Never[0].Document.Statements
	if len(s) != 1 || s[0].Effect != policy.Deny || s[0].Actions[0].Text != "kms:ScheduleKeyDeletion" || len(s[0].Conditions) != 1 {
		t.Errorf("statements %+v", s)
	}
	p.Never = nil
	if diff := cmp.Diff(check.Parameters{
		TrustedAccounts: []string{"111122223333"}, Organization: "o-a1b2c3d4e5", OrganizationAccounts: []string{"111122223333", "444455556666"},
		LayerAccounts: []string{"580247275435"}, Managers: []string{"arn:aws:iam::*:role/deploy*", "arn:aws:sts::*:assumed-role/deploy*/*"},
	}, p); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	all, err := FromFile([]byte(`{"tagExceptions": true}`), known)
	if got := all.InForce(known).Exceptions.ByTag; err != nil || len(got) != len(known) {
		t.Errorf("%v may be excepted by tag, %v", got, err)
	}
}

// TestActors gives a role's sessions with the role, by whichever of the two services a manager names it; a user and a session
// stand for themselves.
func TestActors(t *testing.T) {
	for manager, more := range map[string]string{
		"arn:aws:iam::111122223333:role/ci/deploy":             "arn:aws:sts::111122223333:assumed-role/deploy/*",
		"arn:aws:sts::111122223333:role/deploy":                "arn:aws:sts::111122223333:assumed-role/deploy/*",
		"arn:*:iam::*:role/deploy*":                            "arn:*:sts::*:assumed-role/deploy*/*",
		"arn:aws:iam::111122223333:user/deploy":                "",
		"arn:aws:sts::111122223333:assumed-role/deploy/runner": "",
	} {
		want := []string{manager}
		if more != "" {
			want = append(want, more)
		}
		if got := (Rules{Managers: []string{manager}}).Parameters().Managers; !slices.Equal(got, want) {
			t.Errorf("actors of %s: %q, want %q", manager, got, want)
		}
	}
}

func TestAFileIsTheObjectOrTheWholeOfCDKJSON(t *testing.T) {
	for _, text := range []string{
		`{"checks": {"RW109": {"off": true}}}`, `{"home": "eu-west-1", "checks": {"RW109": {"off": true}}}`,
		`{"app": "go run ./infra", "context": {"rolewatch": {"regions": ["us-east-1"], "checks": {"RW109": {"off": true}}}}}`,
	} {
		got, err := FromFile([]byte(text), known)
		if diff := cmp.Diff(Rules{Checks: map[string]Check{"RW109": {Off: true}}}, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		``: "must be a JSON object", `[]`: "must be a JSON object", `null`: "must be a JSON object", `{"checks":{},"checks":{}}`: "duplicate",
		`{"context":{}}`: `no "rolewatch"`, `{"context":7}`: "context", `{"context":{"rolewatch":7}}`: "must be an object",
		`{"context":{"rolewatch":{"checks":{"RW9":{}}}}}`: "context.rolewatch.checks.RW9 {}: ",
	} {
		if _, err := FromFile([]byte(text), known); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v lacks %q", text, err, want)
		}
	}
}

// faults are settings that are wrong, each with what the error says.
var faults = []struct{ text, want string }{
	{`{"checks":{"RW999":{"off":true}}}`, `checks.RW999 {"off":true}: "RW999" is not a check`},
	{`{"checks":{"RW1":{"off":true}}}`, ""},
	{`{"checks":{"RW2":{"off":true}}}`, `"RW2" is not a check`},
	{`{"checks":{"RW305":{"off":true}}}`, `did you mean RW304, RW308?`},
	{`{"checks":{"rw304":{"off":true}}}`, `is not the ID of a check; did you mean RW304?`},
	{`{"checks":{"pass-role-star":{"off":true}}}`, `did you mean RW304?`},
	{`{"checks":{"R":{"off":true}}}`, `"R" is not a check`},
	{`{"checks":{"RW304":{"severity":"dire"}}}`, `checks.RW304.severity "dire": it must be low, medium, high or critical`},
	{`{"checks":{"RW304":{"severity":3}}}`, `checks.RW304.severity 3: it must be a string`},
	{`{"checks":{"RW304":{"sevrity":"low"}}}`, `there is no such key; did you mean severity?`},
	{`{"checks":{"RW304":{"off":"yes"}}}`, `checks.RW304.off "yes": it must be true or false`},
	{`{"checks":{"RW304":{"off":true,"on":true}}}`, `both on and off`},
	{`{"checks":{"RW304":null}}`, `null is not a value`},
	{`{"checks":["RW304"]}`, `checks ["RW304"]: it must be an object`},
	{`{"check":{}}`, `check {}: there is no such key; did you mean checks?`},
	{`{"trustedAccounts":["1111"]}`, `trustedAccounts[0] "1111": it is not an account ID of 12 digits`},
	{`{"trustedAccounts":[111122223333]}`, `trustedAccounts[0] 111122223333: it must be a string`},
	{`{"trustedAccounts":"111122223333"}`, `it must be a list`},
	{`{"layerAccounts":["111122223333","111122223333"]}`, `layerAccounts[1] "111122223333": it is named twice`},
	{`{"organization":{"id":"a1"}}`, `organization.id "a1": it is not the ID of an organization`},
	{`{"organization":{"accounts":["x"]}}`, `organization.accounts[0] "x"`},
	{`{"organization":{"acounts":[]}}`, `did you mean accounts?`},
	{`{"managers":["deploy"]}`, `managers[0] "deploy": it is not a pattern`},
	{`{"managers":["arn:aws:s3:::bucket"]}`, `it is not a pattern`},
	{`{"managers":["arn:aws:iam::*"]}`, `it is not a pattern`},
	{`{"managers":["arn:aws:iam::*:"]}`, `it is not a pattern`},
	{`{"managers":["*:aws:iam::*:role/deploy"]}`, `it is not a pattern`},
	{`{"managers":["arn:aws:iam::*:role/ci/*"]}`, `names a path and no role`},
	{`{"managers":["arn:aws:iam::*:role/ci/deploy", "arn:aws:iam::111122223333:user/ci/*", "arn:aws:sts::*:assumed-role/*"]}`, ``},
	{`{"never":{"name":"x"}}`, `never {"name":"x"}: it must be a list`},
	{`{"never":[{"action":"s3:*","resource":"*"}]}`, `it lacks "name"`},
	{`{"never":[{"name":"x","action":"s3","resource":"*"}]}`, `never[0].action "s3": `},
	{`{"never":[{"name":"x","action":["s3:*",7],"resource":"*"}]}`, `never[0].action[1] ["s3:*",7]: `},
	{`{"never":[{"name":"x","resource":"*"}]}`, `never[0] {"name":"x","resource":"*"}: `},
	{`{"never":[{"name":"x","action":"s3:*"}]}`, `never[0] {"name":"x","action":"s3:*"}: `},
	{`{"never":[{"name":"x","action":"s3:*","notAction":"s3:*","resource":"*"}]}`, `never[0]`},
	{`{"never":[{"name":"x","action":"s3:*","resource":"*","condition":{"StringIs":{"aws:a":"b"}}}]}`, `never[0].condition.StringIs`},
	{`{"never":[{"name":"x","action":"s3:*","resource":"*","principal":"*"}]}`, `never[0].principal "*": there is no such key`},
	{`{"never":[{"name":"x","action":"s3:*","resource":"*"},{"name":"x","action":"sqs:*","resource":"*"}]}`, `never[1].name "x": it is named twice`},
	{`{"exceptions":[{}]}`, `exceptions[0] {}: it lacks "tag"`},
	{`{"never":[{}]}`, `never[0] {}: it lacks "name"`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","until":"2026-12-31"}]}`, `it lacks "reason"`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","reason":"r"}]}`, `it lacks "until"`},
	{`{"exceptions":[{"tag":"t","reason":"r","until":"2026-12-31"}]}`, `it lacks "checks"`},
	{`{"exceptions":[{"checks":[ ],"tag":"t","reason":"r","until":"2026-12-31"}]}`, `exceptions[0].checks []: it names no check`},
	{`{"exceptions":[{"checks":["RW303"],"tag":"t","reason":"r","until":"2026-12-31"}]}`, `exceptions[0].checks[0] "RW303": it is not a check; did you mean RW304, RW308?`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"","reason":"r","until":"2026-12-31"}]}`, `exceptions[0].tag "": it is empty`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"a,b","reason":"r","until":"2026-12-31"}]}`, `it cannot be the key of a tag`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","value":"a;b","reason":"r","until":"2026-12-31"}]}`, `it cannot be the value of a tag`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","reason":" ","until":"2026-12-31"}]}`, `exceptions[0].reason " ": it is empty`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","reason":"r","until":"31.12.2026"}]}`, `exceptions[0].until "31.12.2026": it is neither a day such as 2026-12-31 nor`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","reason":"r","until":"2026-02-30"}]}`, `neither a day`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","reason":"r","until":"2026-12-31T18:00:00+02:00"}]}`, ``},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","reason":"r","until":"2020-12-31"}]}`, ``},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","reason":"r","until":"2026-12-31"},{"checks":["RW3"],"tag":"t","reason":"s","until":"2027-12-31"}]}`,
		`exceptions[0] is already an exception from RW304 by this tag and value`},
	{`{"exceptions":[{"checks":["RW304"],"tag":"t","value":"a","reason":"r","until":"2026-12-31"},{"checks":["RW304"],"tag":"t","value":"b","reason":"r","until":"2026-12-31"}]}`, ``},
	{`{"tagExceptions":"all"}`, `it must be true, false or a list of checks`},
	{`{"tagExceptions":["RW404"]}`, `tagExceptions[0] "RW404": it is not a check; did you mean RW304?`},
}

func TestFaultsNameKeyAndValue(t *testing.T) {
	refused := 0
	for _, tt := range faults {
		_, err := FromFile([]byte(tt.text), known)
		_, inContext := FromContext([]byte(tt.text), known)
		if tt.want == "" {
			if err != nil || inContext != nil {
				t.Errorf("%s: %v, %v", tt.text, err, inContext)
			}
			continue
		}
		refused++
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:\nerror %v\nlacks %q", tt.text, err, tt.want)
		}
		if inContext == nil || !strings.HasPrefix(inContext.Error(), "rolewatch.") {
			t.Errorf("%s: in the context: %v", tt.text, inContext)
		}
		if _, err := unpack(tt.text, noFile, known); err == nil || !strings.HasPrefix(err.Error(), variableRules+" ") {
			t.Errorf("%s: in the environment: %v", tt.text, err)
		}
	}
	if refused < 40 {
		t.Errorf("only %d faults were tried", refused)
	}
}

// All faults together in one text are all told at once.
func TestFaultsAreToldAllAtOnce(t *testing.T) {
	text := `{"colour":"red","checks":{"RW999":{"of":true},"RW304":{"severity":"dire"}},"trustedAccounts":["1","2"],
		"never":[{"name":"x","action":"s3","resource":7}],"exceptions":[{"tag":"","until":"soon"}],"tagExceptions":7}`
	_, err := FromFile([]byte(text), known)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"colour", `"RW999" is not a check`, "checks.RW999.of", "checks.RW304.severity", "trustedAccounts[0]", "trustedAccounts[1]", "never[0].action",
		"never[0].resource", `lacks "checks"`, `lacks "reason"`, "exceptions[0].tag", "exceptions[0].until", "tagExceptions",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	rules, err := FromFile([]byte(`{
		"never": [{"name": "a", "notAction": "x:y", "resource": "*"}, {"name": "b", "action": ["kms:ScheduleKeyDelete", "kms:*", "s3:GetObject"], "resource": "*"}],
		"exceptions": [{"checks": ["RW3"], "tag": "t", "reason": "r", "until": "2026-03-01"}, {"checks": ["RW3"], "tag": "u", "reason": "r", "until": "2026-03-02"}]
	}`), known)
	if err != nil {
		t.Fatal(err)
	}
	got := rules.Warnings(time.Date(2026, 3, 2, 23, 59, 59, 0, time.UTC))
	want := []string{
		`exceptions[0].until "2026-03-01": it has passed, and the exception exempts nothing`,
		`never[1].action "kms:ScheduleKeyDelete": it matches no action of the list of AWS actions of ` + actions.AsOf().Format(time.DateOnly),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := rules.Warnings(time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)); len(got) != 3 {
		t.Errorf("a second later: %q", got)
	}
}

func TestSelect(t *testing.T) {
	for in, want := range map[string]string{"RW5": "RW501,RW502", "rw3,RW109": "RW109,RW304,RW308", " RW304": "RW304", "RW": "RW109,RW304,RW308,RW501,RW502"} {
		got, err := Select(strings.Split(in, ","), known)
		if err != nil || strings.Join(got, ",") != want {
			t.Errorf("%s is %v, %v, want %s", in, got, err, want)
		}
	}
	_, err := Select([]string{"RW7", "RW303", "", "RW304"}, known)
	for _, want := range []string{`"RW7" is not a check`, `"RW303" is not a check; did you mean RW304, RW308?`, `"" is not a check`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

// No text makes the reader panic, and rules that were read are read again as the same from the environment.
func TestRulesOfAnyText(t *testing.T) {
	read := 0
	rapid.Check(t, func(rt *rapid.T) {
		from := []byte(rapid.SampledFrom(append([]string{whole}, faultTexts()...)).Draw(rt, "text"))
		text := bytes.Clone(from)
		for range rapid.IntRange(0, 2).Draw(rt, "edits") {
			at := rapid.IntRange(0, len(text)-1).Draw(rt, "at")
			text[at] = rapid.SampledFrom([]byte(`{}[]",:0aR *`)).Draw(rt, "byte")
		}
		rules, err := FromFile(text, known)
		if err != nil {
			return
		}
		read++
		rules.InForce(known)
		rules.Parameters()
		rules.Warnings(time.Unix(0, 0))
		again, err := unpack(rules.pack(), fileOf(rules), known)
		if err != nil || again.text() != rules.text() {
			rt.Fatalf("%s reads as %+v, and again as %+v, %v", text, rules, again, err)
		}
	})
	if read == 0 {
		t.Error("no rules were read")
	}
}

func faultTexts() []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.text)
	}
	return out
}
