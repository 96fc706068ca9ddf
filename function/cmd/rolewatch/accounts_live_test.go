package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// line is a line of JSON of a scan of many accounts, as far as the tests read it.
type line struct {
	Account  accountName     `json:"account"`
	Check    string          `json:"check"`
	Role     string          `json:"role"`
	Summary  *map[string]any `json:"summary"`
	NotRead  *trouble        `json:"notRead"`
	Skipped  *skipped        `json:"skipped"`
	Unknown  *map[string]any `json:"unknown"`
	Excepted *map[string]any `json:"excepted"`
}

// linesOf reads the lines of a scan.
func linesOf(t *testing.T, out string) (lines []line) {
	t.Helper()
	for text := range strings.Lines(out) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// found are the checks with their accounts, each once.
func found(lines []line) (out []string) {
	for _, l := range lines {
		if l.Check != "" {
			out = append(out, l.Account.Name+" "+l.Check)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// total is the last line, which sums up.
func total(t *testing.T, lines []line) map[string]any {
	t.Helper()
	last := lines[len(lines)-1]
	if last.Summary == nil || last.Account.ID != "" {
		t.Fatalf("the last line is %+v", last)
	}
	return *last.Summary
}

// TestTheAccountsOfAnOrganizationAreScanned has accounts with and without the reader role, and one that is closed.
func TestTheAccountsOfAnOrganizationAreScanned(t *testing.T) {
	o := makeOrganization(t)
	out, errs, code := runLine(t, "scan", "--organization", "--region", awstest.Region, "--format", "json")
	if code != exitFound {
		t.Fatalf("exit code %d: %s\n%s", code, errs, out)
	}
	lines := linesOf(t, out)
	if got := found(lines); !slices.Contains(got, "payments RW301") || slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, " ") }) {
		t.Errorf("found %q", got)
	}
	byName := map[string][]line{}
	for _, l := range lines {
		if l.Account.ID != "" && l.Account.ID != o.ids[l.Account.Name] && l.Account.ID != managementAccount {
			t.Errorf("an account is %+v, of %v", l.Account, o.ids)
		}
		if l.Check != "" && !strings.Contains(l.Role, ":"+l.Account.ID+":") {
			t.Errorf("a finding of %s is in account %+v", l.Role, l.Account)
		}
		byName[l.Account.Name] = append(byName[l.Account.Name], l)
	}
	if got := byName["payments"][0].Account.OU; got != "Root/Workloads/Production" {
		t.Errorf("payments is in %q", got)
	}
	logs := byName["logs"]
	if len(logs) != 1 || logs[0].NotRead == nil || logs[0].NotRead.Why != "sts:AssumeRole was denied for the role rolewatch-reader" || logs[0].NotRead.SettledBy == "" {
		t.Errorf("the account without the role: %+v", logs)
	}
	if old := byName["old"]; len(old) != 1 || old[0].Skipped == nil || old[0].Skipped.State != "SUSPENDED" {
		t.Errorf("the closed account: %+v", old)
	}
	sums := total(t, lines)
	for key, want := range map[string]float64{"accounts": 3, "accountsNotRead": 1, "accountsSkipped": 1, "accountsNotSelected": 0, "functions": 2} {
		if sums[key] != want {
			t.Errorf("%s: %v, want %v", key, sums[key], want)
		}
	}
}

// TestTheTextOfManyAccounts has the tables by account and by check, and says once what was not read.
func TestTheTextOfManyAccounts(t *testing.T) {
	o := makeOrganization(t)
	out, errs, code := runLine(t, "scan", "--organization", "--region", awstest.Region, "--except", managementAccount)
	if code != exitFound || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{
		"account " + o.ids["payments"] + " (payments) in Root/Workloads/Production\n",
		"not read: 1 account: " + o.ids["logs"] + " (logs): sts:AssumeRole was denied for the role rolewatch-reader\n",
		"skipped: account " + o.ids["old"] + " (old) in Root is in the state SUSPENDED\n",
		"ACCOUNT       NAME      OU", "SEVERITY  CHECK  FINDINGS  ACCOUNTS",
		"2 accounts scanned, 1 not read, 1 skipped, 1 not selected\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the text lacks %q:\n%s", want, out)
		}
	}
	whole, _, code := runLine(t, "scan", "--organization", "--region", awstest.Region, "--accounts", o.ids["shop"]+","+o.ids["payments"], "--details")
	if code != exitFound || strings.Count(whole, "== account ") != 2 || !strings.Contains(whole, "(shop)") {
		t.Errorf("with --details, exit code %d:\n%s", code, whole)
	}
}

// TestAccountsAreChosen chooses accounts by IDs, units and exceptions, and makes the mistakes that there are.
func TestAccountsAreChosen(t *testing.T) {
	o := makeOrganization(t)
	list := filepath.Join(t.TempDir(), "accounts.txt")
	if err := os.WriteFile(list, []byte(o.ids["shop"]+"\n"+o.ids["logs"]+", "+o.ids["old"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want map[string]float64
	}{
		{[]string{"--ou", o.units["Workloads"], "--except", o.ids["payments"]}, exitDone, map[string]float64{"accounts": 1, "accountsNotSelected": 4}},
		{[]string{"--ou", o.root, "--accounts", ""}, exitUsage, nil},
		{[]string{"--accounts", "@" + list}, exitError, map[string]float64{"accounts": 1, "accountsNotRead": 1, "accountsSkipped": 1, "accountsNotSelected": 2}},
	} {
		args := append([]string{"scan", "--organization", "--region", awstest.Region, "--format", "json", "--checks", "RW3"}, c.args...)
		out, errs, code := runLine(t, args...)
		if code != c.code {
			t.Errorf("%q: exit code %d: %s\n%s", c.args, code, errs, out)
			continue
		}
		for key, want := range c.want {
			if got := total(t, linesOf(t, out))[key]; got != want {
				t.Errorf("%q: %s: %v, want %v", c.args, key, got, want)
			}
		}
	}
	for _, c := range []struct{ flag, value, want string }{
		{"--accounts", "999999999999", "--accounts: 999999999999: not in the organization o-"},
		{"--except", "999999999999,999999999998", "--except: 999999999999 and 999999999998: not in the organization o-"},
		{"--ou", "ou-abcd-12345678", "--ou: ou-abcd-12345678: not an organizational unit of the organization o-"},
		{"--except", strings.Join([]string{o.ids["payments"], o.ids["shop"], o.ids["logs"], o.ids["old"], managementAccount}, ","), "no account is left"},
	} {
		_, errs, code := runLine(t, "scan", "--organization", "--region", awstest.Region, c.flag, c.value)
		if code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("%s %s: exit code %d: %s", c.flag, c.value, code, errs)
		}
	}
}

// TestAnExportOfAnOrganizationGoesOn exports, adds the reader role that an account lacked, and exports again.
func TestAnExportOfAnOrganizationGoesOn(t *testing.T) {
	o := makeOrganization(t)
	dir := filepath.Join(t.TempDir(), "organization")
	export := func(want string, code int, args ...string) string {
		t.Helper()
		_, errs, got := runLine(t, append([]string{"export", "--organization", "--region", awstest.Region, dir}, args...)...)
		if got != code || !strings.Contains(errs, want) {
			t.Errorf("export %q: exit code %d, want %d and %q: %s", args, got, code, want, errs)
		}
		return errs
	}
	export("3 accounts exported, 0 there before, 1 not read, 1 skipped, 0 not selected\n", exitError)
	lived, _, _ := runLine(t, "scan", "--organization", "--region", awstest.Region, "--format", "json")
	out, errs, code := runLine(t, "scan", "--account", dir, "--format", "json")
	if code != exitFound {
		t.Fatalf("scan of the folder: exit code %d: %s", code, errs)
	}
	if want, got := found(linesOf(t, lived)), found(linesOf(t, out)); !slices.Equal(want, got) || len(want) == 0 {
		t.Errorf("the folder has %q, the accounts have %q", got, want)
	}
	if !strings.Contains(out, `"notRead":{"why":"sts:AssumeRole was denied for the role rolewatch-reader","settledBy":"Create the role`) {
		t.Errorf("the scan of the folder does not say what it lacks:\n%s", out)
	}
	before := stat(t, filepath.Join(dir, o.ids["payments"], "iam.json"))
	o.reader("logs", "secret")
	export("0 accounts exported, 3 there before, 1 not read", exitError)
	export("1 account exported, 3 there before, 0 not read", exitDone, "--external-id", "secret")
	if after := stat(t, filepath.Join(dir, o.ids["payments"], "iam.json")); !os.SameFile(before, after) {
		t.Error("an account that was there was written again")
	}
	export("1 account exported, 0 there before, 0 not read, 0 skipped, 4 not selected", exitDone, "--refresh", "--accounts", o.ids["payments"])
	if after := stat(t, filepath.Join(dir, o.ids["payments"], "iam.json")); os.SameFile(before, after) {
		t.Error("--refresh did not write the account again")
	}
	out, _, _ = runLine(t, "scan", "--account", dir, "--format", "json")
	if sums := total(t, linesOf(t, out)); sums["accounts"] != 4.0 || sums["accountsNotRead"] != 0.0 {
		t.Errorf("the whole folder: %v", sums)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("what was written on the way is still there: %q, %v", left, err)
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// TestThePoliciesOfTheOrganizationApplyToItsAccounts attaches a service control policy to a unit: in the accounts below it, and in no
// other, an administrator is none.
func TestThePoliciesOfTheOrganizationApplyToItsAccounts(t *testing.T) {
	o := makeOrganization(t)
	logs := newBuilder(t, o.in(o.ids["logs"]))
	logs.function("collect", logs.role("collect", "lambda", map[string]string{"all": liveAdmin}), nil)
	o.reader("logs", "")
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:Get*","iam:List*","lambda:List*","lambda:Get*","account:ListRegions","sts:*"],"Resource":"*"}]}`
	made, err := o.client.CreatePolicy(t.Context(), &organizations.CreatePolicyInput{
		Name: aws.String("nothing"), Description: aws.String("nothing"), Type: orgtypes.PolicyTypeServiceControlPolicy, Content: &deny,
	})
	if err != nil {
		t.Fatal(err)
	}
	o.attach(*made.Policy.PolicySummary.Id, o.units["Workloads"])
	out, errs, _ := runLine(t, "scan", "--organization", "--region", awstest.Region, "--format", "json", "--checks", "RW301")
	if got := found(linesOf(t, out)); !slices.Equal(got, []string{"logs RW301"}) {
		t.Errorf("found %q: %s\n%s", got, errs, out)
	}
}
