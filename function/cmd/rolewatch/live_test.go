package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const (
	liveTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	liveLogs  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`
	liveAdmin = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

// TestALiveAccountIsScanned builds an account on each emulator, and scans it as a user does.
func TestALiveAccountIsScanned(t *testing.T) {
	for _, e := range []struct {
		name  string
		start func(testing.TB, ...awstest.Option) string
		args  []string
		finds []string
	}{
		// moto knows no function URLs.
		{"moto", awstest.Moto, []string{"--checks", "RW1,RW201,RW206,RW220,RW301,RW407,RW408"}, []string{"RW301", "RW407", "RW201"}},
		{"ministack", awstest.Ministack, nil, []string{"RW301", "RW407", "RW410", "RW201"}},
	} {
		t.Run(e.name, func(t *testing.T) {
			endpoint := e.start(t)
			build(t, awstest.Config(t, endpoint))
			for key, value := range map[string]string{
				"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": awstest.Region,
			} {
				t.Setenv(key, value)
			}
			var out, errs bytes.Buffer
			w := world{in: &bytes.Buffer{}, out: &out, err: &errs, now: time.Now}
			if code := run(t.Context(), &w, append([]string{"scan", "--region", awstest.Region, "--format", "json"}, e.args...)); code != exitFound {
				t.Fatalf("exit code %d: %s", code, errs.String())
			}
			for _, id := range e.finds {
				if !strings.Contains(out.String(), `"check":"`+id+`"`) {
					t.Errorf("the scan does not tell %s:\n%s", id, out.String())
				}
			}
			if !strings.Contains(out.String(), `"summary":{"functions":2,"roles":2,`) {
				t.Errorf("the scan ends otherwise:\n%s", out.String())
			}
			if strings.Contains(out.String(), "role/other") {
				t.Error("a role that is not for Lambda was told")
			}
			if e.name == "ministack" {
				verifyExport(t, &w, &out)
			}
		})
	}
}

// verifyExport writes the account down, and holds the scan of that to the scan of the account itself.
func verifyExport(t *testing.T, w *world, out *bytes.Buffer) {
	t.Helper()
	lived := findings(out.String())
	dir := filepath.Join(t.TempDir(), "account")
	out.Reset()
	if code := run(t.Context(), w, []string{"export", "--region", awstest.Region, dir}); code != exitDone {
		t.Fatalf("export: exit code %d: %s", code, w.err)
	}
	if code := run(t.Context(), w, []string{"scan", "--account", dir, "--format", "json"}); code != exitFound {
		t.Fatalf("scan of the export: exit code %d: %s", code, w.err)
	}
	if diff := cmp.Diff(lived, findings(out.String())); diff != "" || len(lived) == 0 {
		t.Errorf("the scan of the export tells something else (-live +export):\n%s", diff)
	}
	if code := run(t.Context(), w, []string{"export", "--region", awstest.Region, dir}); code != exitError {
		t.Errorf("an export over another one: exit code %d", code)
	}
	text, err := os.ReadFile(filepath.Join(dir, "functions-"+awstest.Region+".json"))
	if err != nil || strings.Contains(string(text), "s3cr3t") || !strings.Contains(string(text), "SECRET") {
		t.Errorf("the functions are written with the values of variables, or without their names: %v\n%s", err, text)
	}
}

// findings are the IDs of what a scan found.
func findings(output string) (out []string) {
	for line := range strings.Lines(output) {
		var f struct{ ID string }
		if json.Unmarshal([]byte(line), &f, json.MatchCaseInsensitiveNames(true)) == nil && f.ID != "" {
			out = append(out, f.ID)
		}
	}
	slices.Sort(out)
	return out
}

// build makes a function with an administrator's role that anyone can invoke, and one that cannot write its log.
func build(t *testing.T, cfg aws.Config) {
	t.Helper()
	ctx, i, l := t.Context(), iam.NewFromConfig(cfg), lambda.NewFromConfig(cfg)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, policies := range map[string]map[string]string{"admin": {"all": liveAdmin}, "quiet": {}, "other": {"logs": liveLogs}} {
		trust := liveTrust
		if name == "other" {
			trust = strings.Replace(trust, "lambda", "ec2", 1)
		}
		_, err := i.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
		must(err)
		for policy, text := range policies {
			_, err := i.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: &policy, PolicyDocument: &text})
			must(err)
		}
	}
	var code bytes.Buffer
	z := zip.NewWriter(&code)
	file, err := z.Create("index.py")
	must(err)
	_, err = file.Write([]byte("def handler(event, context):\n    return None\n"))
	must(err)
	must(z.Close())
	for _, name := range []string{"admin", "quiet"} {
		got, err := i.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
		must(err)
		_, err = l.CreateFunction(ctx, &lambda.CreateFunctionInput{
			FunctionName: aws.String(name + "-function"), Role: got.Role.Arn, Runtime: lambdatypes.RuntimePython312, Handler: aws.String("index.handler"),
			Code:        &lambdatypes.FunctionCode{ZipFile: code.Bytes()},
			Environment: &lambdatypes.Environment{Variables: map[string]string{"SECRET": "s3cr3t"}},
		})
		must(err)
	}
	_, err = l.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: aws.String("admin-function"), StatementId: aws.String("everybody"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*"),
	})
	must(err)
}

// breaking is an account whose second page of roles never comes.
type breaking struct{ cause error }

func (breaking) Regions() []string       { return []string{"us-east-1"} }
func (breaking) Users(string) role.Users { return role.Users{Complete: true} }
func (breaking) Missing() []string       { return nil }
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
	result, err := scan(t.Context(), breaking{context.Canceled}, rules, func(string) {})
	err = result.tell(&w, formatText, err)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "broke off") || !strings.Contains(out.String(), "1 role in scope") {
		t.Errorf("error %v, output %s", err, out.String())
	}
}
