package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// Each Region gets the rules that are right there, and IAM's only where IAM's records are.
func TestRegionsGetTheirRules(t *testing.T) {
	global, regional := 0, 0
	for _, p := range events.Patterns() {
		if p.Global {
			global++
		} else {
			regional++
		}
	}
	// The home stack's rules are those of its own Region, those of its bus, and the schedule. Every other stack has one for its
	// heartbeat and one for its alarm, and so has the bus that they go to.
	const signals = 2
	tests := map[string]map[string]int{
		oneRegion:  {"rolewatch": global + regional + 1},
		globalHome: {"rolewatch": global + regional + regional + signals + 1, "rolewatch-rules-ap-southeast-2": regional + signals},
		severalRegions: {
			// One more is that of the command functions.
			"rolewatch": regional + global + regional + signals + 1 + 1, "rolewatch-rules-eu-west-1": regional + signals,
			"rolewatch-rules-us-east-1": global + signals,
		},
	}
	for context, want := range tests {
		got := make(map[string]int)
		for name, tm := range synthesize(t, context) {
			got[name] = len(tm.properties("AWS::Events::Rule"))
			iam := 0
			for id, pattern := range patternsOf(t, tm) {
				if text(t, pattern["source"]) == `["aws.iam"]` && tm.find("AWS::Events::Rule")[id]["EventBusName"] == nil {
					iam++
				}
			}
			inGlobal := name == "rolewatch-rules-us-east-1" || name == "rolewatch" && context != severalRegions
			if (iam > 0) != inGlobal {
				t.Errorf("%s of %s has %d rules for IAM", name, context, iam)
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s: rules %v, want %v", context, got, want)
		}
	}
}

// The other Regions send to the home Region's bus, with a role that can do nothing else, and without references to
// another stack.
func TestOtherRegionsSendToTheBus(t *testing.T) {
	templates, sent := synthesize(t, severalRegions), 0
	const bus = `{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":events:eu-central-1:",{"Ref":"AWS::AccountId"},":event-bus/rolewatch"]]}`
	for name, tm := range templates {
		if strings.Contains(text(t, tm.root), "Fn::ImportValue") {
			t.Errorf("%s refers to another stack", name)
		}
		if name == deploy.StackName {
			continue
		}
		roleID, role := tm.roleOf("events.amazonaws.com")
		statements := list(at(list(role["Policies"])[0], "PolicyDocument", "Statement"))
		if got := text(t, statements); got != `[{"Action":"events:PutEvents","Effect":"Allow","Resource":`+bus+`}]` {
			t.Errorf("the sender's policy is %s", got)
		}
		for _, rule := range tm.properties("AWS::Events::Rule") {
			for _, target := range list(rule["Targets"]) {
				sent++
				if got := text(t, at(target, "Arn")); got != bus || referred(at(target, "RoleArn")) != roleID {
					t.Errorf("%s sends to %s as %v", name, got, at(target, "RoleArn"))
				}
			}
		}
	}
	if sent < 2 {
		t.Errorf("%d targets were looked at", sent)
	}
	home := templates[deploy.StackName]
	busID, properties := home.only("AWS::Events::EventBus")
	listening := 0
	for _, rule := range home.properties("AWS::Events::Rule") {
		if referred(rule["EventBusName"]) == busID {
			listening++
		}
	}
	if properties["Name"] != deploy.BusName || listening == 0 {
		t.Errorf("bus %v with %d rules", properties["Name"], listening)
	}
	if n := len(homeOf(t, oneRegion).find("AWS::Events::EventBus")); n != 0 {
		t.Errorf("one Region has %d buses", n)
	}
}

// The same source, in whatever folder it was built, gives the same templates; another gives another asset.
func TestSynthesisIsDeterministic(t *testing.T) {
	first, second := synthesize(t, severalRegions), synthesize(t, severalRegions)
	if len(first) != 3 {
		t.Fatalf("%d stacks", len(first))
	}
	for name, tm := range first {
		one, two := text(t, tm.root), text(t, second[name].root)
		if one != two {
			t.Errorf("%s differs from one time to the next", name)
		}
	}
	other := synthesizeWith(t, severalRegions, bootstrap(t, "#!/bin/sh\nexit 1\n"))
	if text(t, other[deploy.StackName].root) == text(t, first[deploy.StackName].root) {
		t.Error("another function has the same template")
	}
}

// In cdk.json the context is an object, on the command line its text.
func TestContextIsAnObjectOrItsText(t *testing.T) {
	asObject := synthesize(t, object{"regions": []any{"us-east-1"}, "logRetentionDays": 30})
	asText := synthesize(t, `{"regions":["us-east-1"],"logRetentionDays":30}`)
	if text(t, asObject[deploy.StackName].root) != text(t, asText[deploy.StackName].root) {
		t.Error("they give different templates")
	}
}

func TestWhatIsOddAboutTheSettingsIsAWarning(t *testing.T) {
	for context, want := range map[string]string{oneRegion: "rolewatch: warning: rolewatch.emails: neither emails nor slack is set", withKey: ""} {
		var warnings bytes.Buffer
		if _, err := newApp(options{
			Known: settings.Known(), Bootstrap: bootstrap(t, "x"), Outdir: t.TempDir(), Context: object{contextKey: context}, Warnings: &warnings,
		}); err != nil {
			t.Fatal(err)
		}
		if got := warnings.String(); (want == "") != (got == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s: warnings %q", context, got)
		}
	}
}

func TestBadContextIsAnError(t *testing.T) {
	for _, tt := range []struct {
		context any
		want    string
	}{
		{`{"settle":"1h"}`, `rolewatch.settle "1h"`},
		{object{"regions": []any{"moon"}}, `rolewatch.regions ["moon"]`},
		{object{"colour": "red"}, `rolewatch.colour "red"`},
		{"us-east-1", "rolewatch us-east-1"},
		{object{"checks": object{"RW999": object{"off": true}}}, "rolewatch.checks"},
	} {
		_, err := newApp(options{
			Known: settings.Known(), Bootstrap: bootstrap(t, "x"), Outdir: t.TempDir(), Context: object{contextKey: tt.context},
		})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v lacks %q", tt.context, err, tt.want)
		}
	}
}

func TestLinterFindsNothing(t *testing.T) {
	venv := os.Getenv("ROLEWATCH_TEST_VENV")
	if venv == "" {
		t.Skip("ROLEWATCH_TEST_VENV is not set: make test sets it to a virtual environment with cfn-lint")
	}
	linter := filepath.Join(venv, "bin", "cfn-lint")
	if _, err := os.Stat(linter); err != nil {
		t.Fatalf("ROLEWATCH_TEST_VENV (%q) has no cfn-lint: %v", venv, err)
	}
	templates := 0
	for _, l := range []struct{ context, account string }{{oneRegion, ""}, {globalHome, ""}, {severalRegions, ""}, {inHub, hubAccount}, {inHub, memberAccount}} {
		for _, tm := range synthesizeIn(t, l.context, l.account) {
			region := "us-east-1"
			if tm.name == deploy.StackName && (l.context == severalRegions || l.context == inHub) {
				region = "eu-central-1"
			} else if r, ok := strings.CutPrefix(tm.name, deploy.StackName+"-rules-"); ok {
				region = r
			}
			if out := lint(t, linter, region, tm.file); len(out) > 0 {
				t.Errorf("%s of %s in %q:\n%s", tm.name, l.context, l.account, out)
			}
			templates++
		}
	}
	if out := lint(t, linter, "us-east-1", memberOf(t, inHub).file); len(out) > 0 {
		t.Errorf("the template of a member:\n%s", out)
	}
	if templates != 13 {
		t.Errorf("%d templates were linted", templates)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"Resources":{"Q":{"Type":"AWS::SQS::Queue","Properties":{"Colour":"red"}}}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := lint(t, linter, "us-east-1", broken); !bytes.Contains(out, []byte("Colour")) {
		t.Errorf("the linter finds nothing wrong with a queue that has a colour: %s", out)
	}
}

func lint(t *testing.T, linter, region, file string) []byte {
	t.Helper()
	out, err := exec.Command(linter, "--regions", region, "--", file).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return out
}

// TestLongRulesAreDeployedBesideTheBinary trusts more accounts than an environment holds.
func TestLongRulesAreDeployedBesideTheBinary(t *testing.T) {
	var accounts []any
	for i := range 2000 {
		accounts = append(accounts, fmt.Sprintf("%012d", i+1))
	}
	dir := t.TempDir()
	app, err := newApp(options{
		Known: settings.Known(), Bootstrap: bootstrap(t, "x"), Outdir: dir, Context: object{contextKey: object{"trustedAccounts": accounts}},
	})
	if err != nil {
		t.Fatal(err)
	}
	app.Synth(nil)
	files, err := filepath.Glob(filepath.Join(dir, "asset.*", settings.RulesFile))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	rules, err := os.ReadFile(files[0])
	if err != nil || !bytes.Contains(rules, []byte(`"000000002000"`)) {
		t.Errorf("%d bytes of rules, %v", len(rules), err)
	}
	if info, err := os.Stat(filepath.Join(filepath.Dir(files[0]), "bootstrap")); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("the bootstrap beside them: %v, %v", info, err)
	}
}
