package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/settings"
)

// accepted is what a rule of a linter finds of resources, and why it stays. A finding that is not in the list fails, and so does an
// entry that nothing is found for.
type accepted struct {
	// rules are those of cdk-nag (https://github.com/cdklabs/cdk-nag/blob/main/RULES.md) and checkov
	// (https://www.checkov.io/5.Policy%20Index/cloudformation.html) that mean the same.
	rules []string
	// resources are how the logical IDs begin.
	resources []string
	reason    string
}

var acceptedFindings = []accepted{
	{[]string{"AwsSolutions-IAM5"}, []string{"FunctionRole"}, "Any role and function may change, and lists take no resource. infra/permissions.go and infra/selfreads.go have the reason of each action on a pattern, and a test holds that it reads."},
	{[]string{"AwsSolutions-IAM5"}, []string{"CommandRole"}, "A log stream has a name of its own, and the name of an index stands after that of the table. The partition keys of the items are in the conditions."},
	{[]string{"AwsSolutions-IAM5"}, []string{"Reader"}, "The role reads an account as the function reads its own, with the same list of reasons: infra/reader.go says which of it, and a test holds that it reads."},
	{[]string{"AwsSolutions-IAM5"}, []string{"Sender"}, "The default bus of any Region of the account, for heartbeats alone, which a condition names."},
	{[]string{"AwsSolutions-SQS3"}, []string{"DeadLetters"}, "It is the dead-letter queue of rules, which the rule does not see: EventBridge names it in their targets."},
	{[]string{"CKV_AWS_27"}, []string{"Queue", "Records", "DeadLetters"}, "SSE-SQS encrypts the queue. EventBridge could not send to a queue with a customer managed key that is disabled."},
	{[]string{"CKV_AWS_26"}, []string{"Operations"}, "An alarm has to arrive when a key is disabled, and CloudWatch may not use the key that AWS manages for SNS."},
	{[]string{"CKV_AWS_119"}, []string{"Table"}, "The setting tableKey names a customer managed key. Without it, a key that AWS owns encrypts the table."},
	{[]string{"CKV_AWS_158"}, []string{"Log", "CommandLog"}, "The setting logKey names a customer managed key. Without it, a key of CloudWatch Logs encrypts the log group."},
	{[]string{"CKV_AWS_116"}, []string{"Function"}, "Only the tick invokes the function asynchronously, and the next tick does what a lost one would have done. Changes have the dead-letter queue of their queue."},
	{[]string{"CKV_AWS_116"}, []string{"Command", "ChatCommand"}, "A command function is invoked synchronously: who calls it reads what failed."},
	{[]string{"CKV_AWS_117"}, []string{"Function", "Command", "ChatCommand"}, "The function calls public endpoints of AWS and nothing in a VPC. In one it would need endpoints for seven services, by the hour."},
	{[]string{"CKV_AWS_115"}, []string{"Command", "ChatCommand"}, "Few people may invoke it. A reserved concurrency takes from what the account has."},
	{[]string{"CKV_AWS_115"}, []string{"Function"}, "The mapping bounds the concurrency. A reserved concurrency takes from what the account has, which a new account may not have to give."},
	{[]string{"CKV_AWS_45"}, []string{"Function"}, "The settings of a hub name its account, whose ID is no secret."},
	{[]string{"CKV_AWS_173"}, []string{"Function", "Command", "ChatCommand"}, "The variables hold names, ARNs and settings, and no secret. Lambda encrypts them with a key that AWS manages."},
}

// acceptance finds the entry for what a rule found of a resource.
func acceptance(rule, resource string) int {
	return slices.IndexFunc(acceptedFindings, func(a accepted) bool {
		return slices.Contains(a.rules, rule) && slices.ContainsFunc(a.resources, func(prefix string) bool { return strings.HasPrefix(resource, prefix) })
	})
}

// linted are the settings whose templates are checked: with everything and with nothing, the hub of an organization, and a member.
var linted = []struct{ context, account string }{{oneRegion, ""}, {withKey, ""}, {severalRegions, ""}, {inHub, hubAccount}, {inHub, memberAccount}}

// TestNoRuleOfCDKNagFindsMore runs the AwsSolutions rules over the templates.
func TestNoRuleOfCDKNagFindsMore(t *testing.T) {
	checked, used := 0, map[int]bool{}
	for _, l := range linted {
		dir := t.TempDir()
		app, err := newApp(options{Known: settings.Known(), Bootstrap: bootstrap(t, "x"), Outdir: dir, Context: object{contextKey: l.context}, Account: l.account})
		if err != nil {
			t.Fatal(err)
		}
		formats := []cdknag.NagReportFormat{cdknag.NagReportFormat_JSON}
		awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Reports: jsii.Bool(true), ReportFormats: &formats}), nil)
		app.Synth(nil)
		files, err := filepath.Glob(filepath.Join(dir, "AwsSolutions-*-NagReport.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%d reports, %v", len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var report struct {
				Lines []struct {
					Rule       string `json:"ruleId"`
					Resource   string `json:"resourceId"`
					Compliance string `json:"compliance"`
					Info       string `json:"ruleInfo"`
				} `json:"lines"`
			}
			if err := json.Unmarshal(text, &report); err != nil {
				t.Fatal(err)
			}
			for _, l := range report.Lines {
				checked++
				if l.Compliance == "Compliant" || l.Compliance == "N/A" {
					continue
				}
				// The ID is the path of a construct: rolewatch/Function/Resource.
				_, resource, _ := strings.Cut(l.Resource, "/")
				i := acceptance(l.Rule, resource)
				if i < 0 {
					t.Errorf("%s of %s is %s: %s", l.Rule, l.Resource, l.Compliance, l.Info)
					continue
				}
				used[i] = true
			}
		}
	}
	if checked < 50 {
		t.Fatalf("only %d rules were checked", checked)
	}
	wantUsed(t, used, "AwsSolutions-")
	t.Logf("%d rules were checked", checked)
}

// TestNoCheckOfCheckovFindsMore runs checkov over the same templates.
func TestNoCheckOfCheckovFindsMore(t *testing.T) {
	venv := os.Getenv("ROLEWATCH_TEST_CHECKOV")
	if venv == "" {
		t.Skip("ROLEWATCH_TEST_CHECKOV is not set: make test sets it to a virtual environment with checkov")
	}
	// checkov takes seconds to start, and so checks all templates at once.
	dir, used := t.TempDir(), map[int]bool{}
	for i, l := range linted {
		for _, tm := range synthesizeIn(t, l.context, l.account) {
			text, err := os.ReadFile(tm.file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d-%s.json", i, tm.name)), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	passed, failed := checkov(t, venv, dir)
	if passed < 50 {
		t.Fatalf("only %d checks passed", passed)
	}
	for _, f := range failed {
		_, resource, _ := strings.Cut(f.Resource, ".")
		i := acceptance(f.Check, resource)
		if i < 0 {
			t.Errorf("%s of %s in %s: %s", f.Check, f.Resource, f.File, f.Name)
			continue
		}
		used[i] = true
	}
	wantUsed(t, used, "CKV")
}

type checkovFinding struct {
	Check    string `json:"check_id"`
	Name     string `json:"check_name"`
	Resource string `json:"resource"`
	File     string `json:"file_path"`
}

// checkov checks the templates of a folder, without a call to its vendor.
func checkov(t *testing.T, venv, dir string) (passed int, failed []checkovFinding) {
	t.Helper()
	cmd := exec.Command(filepath.Join(venv, "bin", "checkov"), "--directory", dir, "--framework", "cloudformation", "--output", "json", "--skip-download", "--soft-fail")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("checkov: %v\n%s", err, out)
	}
	var report struct {
		Results struct {
			Passed []checkovFinding `json:"passed_checks"`
			Failed []checkovFinding `json:"failed_checks"`
		} `json:"results"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("checkov: %v\n%s", err, out)
	}
	return len(report.Results.Passed), report.Results.Failed
}

// wantUsed holds that each entry with a rule of a linter accepts something.
func wantUsed(t *testing.T, used map[int]bool, linter string) {
	t.Helper()
	for i, a := range acceptedFindings {
		if a.reason == "" || len(a.rules) == 0 {
			t.Errorf("%+v has no reason or no rule", a)
		}
		if slices.ContainsFunc(a.rules, func(r string) bool { return strings.HasPrefix(r, linter) }) && !used[i] {
			t.Errorf("nothing is found by %s", fmt.Sprint(a.rules))
		}
	}
}
