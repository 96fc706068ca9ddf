package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
	"github.com/rolewatch/rolewatch/function/policy"
)

// emulator is an emulator with the account of build in it, which its tests only read.
type emulator struct {
	name, endpoint string
	// denied are the calls that it does not answer as AWS does, and finds are checks with findings.
	denied, finds []string
}

// TestALiveAccount builds an account on each emulator, and has the commands read it as a user does.
func TestALiveAccount(t *testing.T) {
	for _, e := range []emulator{
		{name: "moto", denied: []string{"ListFunctionEventInvokeConfigs", "ListFunctionUrlConfigs", "ListCapacityProviders"}, finds: []string{"RW101", "RW201", "RW301", "RW407"}},
		{name: "ministack", denied: []string{"ListCapacityProviders"}, finds: []string{"RW101", "RW201", "RW301", "RW407", "RW410"}},
	} {
		t.Run(e.name, func(t *testing.T) {
			start, tests := awstest.Moto, []func(*testing.T, emulator){isScanned, isDiagnosed}
			if e.name == "ministack" {
				start, tests = awstest.Ministack, append(tests, whatIsDeniedIsToldOnce, aScanGoesOnWithoutACall, anExportFillsAFolder)
			}
			e.endpoint = start(t)
			build(t, awstest.Config(t, e.endpoint), e.name == "ministack")
			for _, test := range tests {
				name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
				t.Run(name[strings.LastIndexByte(name, '.')+1:], func(t *testing.T) { test(t, e) })
			}
		})
	}
}

// isScanned scans the account. An export of it tells the same.
func isScanned(t *testing.T, e emulator) {
	talkTo(t, denying(t, e.endpoint, e.denied...))
	settings := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(settings, []byte(`{"tagExceptions": ["RW410"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errs, code := runLine(t, "scan", "--region", awstest.Region, "--region", awstest.Region, "--format", "json", "--settings", settings)
	if code != exitFound {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, id := range e.finds {
		if !strings.Contains(out, `"check":"`+id+`"`) {
			t.Errorf("the scan does not tell %s:\n%s", id, out)
		}
	}
	if !strings.Contains(out, `"summary":{"functions":4,"roles":4,`) || !strings.Contains(out, `"excepted":{`) {
		t.Errorf("the scan ends otherwise:\n%s", out)
	}
	if strings.Contains(out, "role/other") {
		t.Error("a role that is not for Lambda was told")
	}
	verifyExport(t, out, len(e.denied), settings)
}

// talkTo leads the SDK's default configuration to an emulator.
func talkTo(t *testing.T, endpoint string) {
	t.Helper()
	for key, value := range map[string]string{
		"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": awstest.Region,
	} {
		t.Setenv(key, value)
	}
}

// runLine runs one command line.
func runLine(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), &world{in: &bytes.Buffer{}, out: &o, err: &e, now: time.Now}, args)
	return o.String(), e.String(), code
}

// verifyExport writes the account down, and holds the scan of that to what the scan of the account itself told.
func verifyExport(t *testing.T, lived string, missing int, settings string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "[prod]", "account")
	if _, errs, code := runLine(t, "export", "--region", awstest.Region, dir); code != exitDone || strings.Count(errs, "not written") != missing {
		t.Fatalf("export: exit code %d: %s", code, errs)
	}
	if diff := diffFindings(t, lived, dir, "--settings", settings); diff != "" {
		t.Errorf("the scan of the export tells something else (-live +export):\n%s", diff)
	}
	if _, _, code := runLine(t, "export", "--region", awstest.Region, dir); code != exitError {
		t.Errorf("an export over another one: exit code %d", code)
	}
	text, err := os.ReadFile(filepath.Join(dir, "functions-"+awstest.Region+".json"))
	if err != nil || strings.Contains(string(text), "s3cr3t") || !strings.Contains(string(text), "SECRET") {
		t.Errorf("the functions are written with the values of variables, or without their names: %v\n%s", err, text)
	}
}

// diffFindings scans an export and tells what it finds otherwise than a scan did that found something.
func diffFindings(t *testing.T, lived, dir string, args ...string) string {
	t.Helper()
	out, errs, code := runLine(t, append([]string{"scan", "--account", dir, "--format", "json"}, args...)...)
	if code != exitFound {
		t.Fatalf("scan of the export: exit code %d: %s", code, errs)
	}
	want := findings(t, lived)
	if len(want) == 0 {
		t.Fatalf("the scan found nothing to compare:\n%s", lived)
	}
	return cmp.Diff(want, findings(t, out))
}

// findings are what a scan found, be it excepted, each as its line has it but for the times of the scan, in the order of
// their IDs.
func findings(t *testing.T, output string) (out []map[string]any) {
	t.Helper()
	for line := range strings.Lines(output) {
		var f map[string]any
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if spared, ok := f["excepted"].(map[string]any); ok {
			f = spared
		}
		if f["id"] == nil {
			continue
		}
		delete(f, "firstSeen")
		delete(f, "lastSeen")
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b map[string]any) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	return out
}

// breaking is an account whose second page of roles never comes.
type breaking struct{ cause error }

func (breaking) Regions() []string       { return []string{"us-east-1"} }
func (breaking) Users(string) role.Users { return role.Users{Complete: true} }
func (breaking) Providers(context.Context, string) (role.Providers, error) {
	return role.Providers{Complete: true}, nil
}
func (breaking) Missing() []role.Gap { return nil }
func (b breaking) Role(context.Context, role.Ref) (role.Snapshot, error) {
	return role.Snapshot{}, b.cause
}

func (breaking) FunctionPage(context.Context, string, string) ([]role.Function, string, error) {
	return nil, "", nil
}

func (b breaking) RolePage(_ context.Context, marker string) ([]role.Snapshot, string, error) {
	if marker != "" {
		return nil, "", b.cause
	}
	ref := role.Ref{Partition: "aws", Account: "111122223333", Name: "admin"}
	return []role.Snapshot{{
		Ref: ref, Identity: role.Have(role.Identity{ARN: ref.Key()}), Trust: role.Have(role.NewPolicy("trust", liveTrust, policy.Trust)),
	}}, "more", nil
}

// TestAScanThatBreaksOffTellsWhatItHas breaks one off between two pages.
func TestAScanThatBreaksOffTellsWhatItHas(t *testing.T) {
	var out bytes.Buffer
	w := world{in: &bytes.Buffer{}, out: &out, err: &bytes.Buffer{}, now: time.Now}
	rules := ruling{set: inforce.New(catalogue.Checks(), inforce.Rules{}), now: time.Now}
	found, err := scan.Run(t.Context(), breaking{context.Canceled}, rules.scanning(func(string) {}))
	err = (&scanPrinter{world: &w, format: formatText}).print(found, err)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the scan stopped") || !strings.Contains(out.String(), "1 role in scope") {
		t.Errorf("error %v, output %s", err, out.String())
	}
}

// endless is an account whose pages of roles never end, and do not ask whether anybody still waits for them.
type endless struct {
	breaking
	interrupt context.CancelFunc
}

func (e endless) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	if marker != "" {
		e.interrupt()
	}
	return e.breaking.RolePage(ctx, "")
}

// TestAnInterruptedScanSaysThatThereMayBeMore interrupts one whose account does not notice.
func TestAnInterruptedScanSaysThatThereMayBeMore(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	var out bytes.Buffer
	w := world{in: &bytes.Buffer{}, out: &out, err: &bytes.Buffer{}, now: time.Now}
	rules := ruling{set: inforce.New(catalogue.Checks(), inforce.Rules{}), now: time.Now}
	found, err := scan.Run(ctx, endless{interrupt: interrupt}, rules.scanning(func(string) {}))
	err = (&scanPrinter{world: &w, format: formatJSON}).print(found, err)
	if !errors.Is(err, context.Canceled) || !strings.Contains(out.String(), `"roles":1,"`) || !strings.Contains(out.String(), `"partial":true`) {
		t.Errorf("error %v, output %s", err, out.String())
	}
}
