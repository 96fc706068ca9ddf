package capture_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/capture"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	logs  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`
)

// emulated is an account with a function that has an alias and a resource policy, and a role with policies of each kind.
func emulated(t *testing.T, endpoint string) aws.Config {
	t.Helper()
	cfg := awstest.Config(t, endpoint)
	ctx, roles, functions := t.Context(), iam.NewFromConfig(cfg), lambda.NewFromConfig(cfg)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	name := aws.String("orders")
	limits := awstest.MakePolicy(t, roles, "limits", logs)
	arn := awstest.MakeRole(t, roles, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trust), PermissionsBoundary: &limits})
	_, err := roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("a+b"), PolicyDocument: aws.String(logs)})
	must(err)
	_, err = roles.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: aws.String(awstest.MakePolicy(t, roles, "queues", logs))})
	must(err)
	awstest.MakeFunction(t, functions, &lambda.CreateFunctionInput{FunctionName: aws.String("shop"), Role: &arn, Publish: true})
	_, err = functions.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: aws.String("shop"), Name: aws.String("live"), FunctionVersion: aws.String("1")})
	awstest.Made(t, err)
	_, err = functions.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: aws.String("shop"), StatementId: aws.String("s3"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("s3.amazonaws.com"),
	})
	awstest.Made(t, err)
	return cfg
}

// write writes the account down, and gives what is missing and the folder.
func write(t *testing.T, cfg aws.Config, account string) (missing []string, dir string, err error) {
	t.Helper()
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	functions := map[string]*lambda.Client{awstest.Region: lambda.NewFromConfig(cfg)}
	read := awsaccount.New(iam.NewFromConfig(cfg), functions, awsaccount.Options{
		Partition: "aws", AccountID: account, Now: time.Now, Organizations: organizations.NewFromConfig(cfg),
	})
	dir = filepath.Join(t.TempDir(), "account")
	missing, err = capture.Write(t.Context(), capture.Source{
		IAM: iam.NewFromConfig(cfg), Lambdas: functions, Roles: read.RolePage, Limits: read.Limits, Tell: func(string) {},
	}, dir)
	return missing, dir, err
}

// sourceCalls are the calls of Lambda and IAM that the package's code makes.
func sourceCalls(t *testing.T) (calls []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	input := regexp.MustCompile(`&(iam|lambda)\.(\w+)Input\{`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range input.FindAllStringSubmatch(string(text), -1) {
			calls = append(calls, map[string]string{"iam": "IAM", "lambda": "Lambda"}[m[1]]+" "+m[2])
		}
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// action names a call as IAM does.
func action(call string) string {
	service, name, _ := strings.Cut(call, " ")
	return strings.ToLower(service) + ":" + name
}

// notEmulated are calls that are made only for what no emulator has: a function with a customer-managed runtime.
var notEmulated = []string{"Lambda GetRuntimeManagementConfig"}

// TestACallThatIsNotSupportedIsLeftOutOfTheExport lets the endpoint lack one call at a time, in every form. The export is
// written; the file not-read.json and the list of what is missing name the call, and who reads the export is told why.
func TestACallThatIsNotSupportedIsLeftOutOfTheExport(t *testing.T) {
	for _, e := range []struct {
		name, account string
		start         func(testing.TB, ...awstest.Option) string
		// lacks is what the emulator does not support of itself.
		lacks []string
	}{
		{"moto", awstest.MotoAccount, awstest.Moto, []string{"lambda:ListFunctionUrlConfigs", "lambda:ListCapacityProviders"}},
		{"ministack", awstest.MinistackAccount, awstest.Ministack, []string{"lambda:ListCapacityProviders"}},
	} {
		t.Run(e.name, func(t *testing.T) {
			cfg, gate := awstest.Behind(emulated(t, e.start(t)), nil)
			missing, _, err := write(t, cfg, e.account)
			if err != nil || len(missing) != len(e.lacks) {
				t.Fatalf("with every call: %q, %v", missing, err)
			}
			made := gate.Calls()
			for _, call := range sourceCalls(t) {
				if !slices.Contains(made, call) && !slices.Contains(notEmulated, call) {
					t.Errorf("the export never called %s: it cannot be tried", call)
				}
			}
			tried := 0
			for _, call := range made {
				service, _, _ := strings.Cut(call, " ")
				for _, a := range awstest.Unsupported(service) {
					tried++
					cfg, _ := awstest.Behind(plain(t, cfg), map[string]awstest.Answer{call: a})
					lacking(t, cfg, e.account, call, a, e.lacks)
				}
				for _, a := range awstest.Passing(service) {
					cfg, _ := awstest.Behind(plain(t, cfg), map[string]awstest.Answer{call: a})
					if missing, _, err := write(t, cfg, e.account); err == nil {
						t.Errorf("%s, %s: the export was written without %q", call, a.Name, missing)
					}
				}
			}
			if tried < 100 {
				t.Fatalf("%d answers", tried)
			}
			t.Logf("%d answers of %d calls", tried, len(made))
		})
	}
}

// plain takes the gate off a configuration.
func plain(t *testing.T, cfg aws.Config) aws.Config {
	t.Helper()
	return awstest.Config(t, aws.ToString(cfg.BaseEndpoint))
}

// lacking writes an export without one call, and reads it.
func lacking(t *testing.T, cfg aws.Config, account, call string, a awstest.Answer, others []string) {
	t.Helper()
	missing, dir, err := write(t, cfg, account)
	if err != nil {
		t.Errorf("%s, %s: %v", call, a.Name, err)
		return
	}
	said := action(call) + " is not supported by the endpoint ("
	if call == "IAM GetAccountAuthorizationDetails" || call == "Lambda GetResourcePolicy" {
		// Roles are listed by name instead, and policies are read by lambda:GetPolicy.
		said = ""
	}
	verifyList(t, call+", "+a.Name, said, others, missing)
	var file struct{ NotRead []export.NotRead }
	if text, err := os.ReadFile(filepath.Join(dir, "not-read.json")); err == nil {
		if err := json.Unmarshal(text, &file); err != nil {
			t.Errorf("%s: %v", call, err)
		}
	} else if len(missing) > 0 {
		t.Errorf("%s, %s: %v", call, a.Name, err)
	}
	var whys []string
	for _, n := range file.NotRead {
		whys = append(whys, n.Why)
	}
	verifyList(t, call+", "+a.Name+", not-read.json", said, others, whys)
	read, err := export.Read(dir)
	if err != nil {
		t.Errorf("%s, %s: %v", call, a.Name, err)
		return
	}
	text := strings.Join(role.GapTexts(read.Missing()), "\n")
	page, _, err := read.FunctionPage(t.Context(), awstest.Region, "")
	if err == nil {
		config, _ := json.Marshal(page[0].Config.Tags)
		status, _ := json.Marshal(page[0].Config.Status)
		policies, _ := json.Marshal(page[0].Config.Policies)
		text += string(config) + string(status) + string(policies)
		if call == "Lambda GetFunctionConfiguration" && page[0].Config.Status.State() == role.Known {
			// moto lists the state, too.
			said = ""
		}
	}
	if !strings.Contains(text, said) {
		t.Errorf("%s, %s: who reads the export is told %s", call, a.Name, text)
	}
	if call == "IAM GetAccountAuthorizationDetails" {
		verifyRole(t, read, a.Name)
	}
}

// verifyList looks for one entry that says something, next to those of other calls.
func verifyList(t *testing.T, what, said string, others, list []string) {
	t.Helper()
	n := 0
	for _, one := range list {
		if said != "" && strings.Contains(one, said) {
			n++
		} else if !slices.ContainsFunc(others, func(o string) bool { return strings.Contains(one, o) }) {
			t.Errorf("%s: missing is %q too", what, one)
		}
	}
	// The policies of the organization are of two kinds.
	if most := 1 + strings.Count(said, "organizations:"); (n == 0) != (said == "") || n > most {
		t.Errorf("%s: said %d times in %q", what, n, list)
	}
}

// verifyRole holds the role that was read by name to what it was made with.
func verifyRole(t *testing.T, read *export.Account, what string) {
	t.Helper()
	page, _, err := read.RolePage(t.Context(), "")
	if err != nil || len(page) != 1 {
		t.Errorf("%s: %d roles, %v", what, len(page), err)
		return
	}
	s := page[0]
	boundary := s.Boundary.Or(role.Policy{})
	for _, p := range append(slices.Concat(s.Inline.Or(nil), s.Attached.Or(nil)), boundary) {
		if p.Text.Or("") != logs {
			t.Errorf("%s: %s reads %q", what, p.Part, p.Text.Or(p.Text.Why()))
		}
	}
	if len(s.Inline.Or(nil)) != 1 || len(s.Attached.Or(nil)) != 1 || s.Trust.Or(role.Policy{}).Text.Or("") != trust || s.Inline.Or(nil)[0].Part != role.InlinePart("a+b") {
		t.Errorf("%s: the role reads %+v", what, s)
	}
}

// TestARoleThatIsKnownInPartIsNotWritten lacks the calls that list roles, one after another: a file would take what is unknown
// for absent.
func TestARoleThatIsKnownInPartIsNotWritten(t *testing.T) {
	base := emulated(t, awstest.Ministack(t))
	lost := awstest.XMLAnswer(400, "InvalidAction", "Could not find operation.")
	for _, call := range []string{"IAM ListRoles", "IAM GetRole", "IAM ListRolePolicies", "IAM ListAttachedRolePolicies"} {
		cfg, _ := awstest.Behind(base, map[string]awstest.Answer{"IAM GetAccountAuthorizationDetails": lost, call: lost})
		missing, dir, err := write(t, cfg, awstest.MinistackAccount)
		// The emulator has no capacity providers.
		missing = slices.DeleteFunc(missing, func(line string) bool {
			return strings.HasPrefix(line, "capacity-providers*: lambda:ListCapacityProviders is not supported")
		})
		if want := "iam.json: " + action(call) + " is not supported by the endpoint (InvalidAction)"; err != nil || !slices.Equal(missing, []string{want}) {
			t.Errorf("%s: %q, %v", call, missing, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "iam.json")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: iam.json: %v", call, err)
		}
	}
}
