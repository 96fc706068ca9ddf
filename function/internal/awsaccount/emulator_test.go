package awsaccount_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	trustText = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	// What percent-encoding has to keep apart: a plus sign, a space, a percent sign, a letter beyond ASCII.
	inlineText  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a+b c/100%25/é*"}]}`
	managedText = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`
	secondText  = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"sqs:*","Resource":"*"}]}`
	basicPolicy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
)

// lab is an emulated account.
type lab struct {
	t       *testing.T
	name    string
	account string
	iam     *iam.Client
	lambda  *lambda.Client
	cfg     aws.Config
	read    *awsaccount.Account
}

// onEmulators runs a test on each emulator.
func onEmulators(t *testing.T, test func(*testing.T, *lab)) {
	for _, e := range []struct {
		name, account string
		start         func(testing.TB, ...awstest.Option) string
	}{{"moto", awstest.MotoAccount, awstest.Moto}, {"ministack", awstest.MinistackAccount, awstest.Ministack}} {
		t.Run(e.name, func(t *testing.T) {
			cfg := awstest.Config(t, e.start(t, awstest.Env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")))
			l := &lab{t: t, name: e.name, account: e.account, iam: iam.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg), cfg: cfg}
			l.read = awsaccount.New(l.iam, map[string]*lambda.Client{awstest.Region: l.lambda},
				awsaccount.Options{Partition: "aws", AccountID: e.account, Now: time.Now})
			test(t, l)
		})
	}
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) ref(name string) role.Ref {
	return role.Ref{Partition: "aws", Account: l.account, Name: name}
}

func (l *lab) policyARN(name string) string { return "arn:aws:iam::" + l.account + ":policy/" + name }

func (l *lab) policy(name, text string) {
	l.t.Helper()
	awstest.MakePolicy(l.t, l.iam, name, text)
}

// role makes a role with every kind of part.
func (l *lab) role(name string) {
	l.t.Helper()
	ctx := l.t.Context()
	awstest.MakeRole(l.t, l.iam, &iam.CreateRoleInput{
		RoleName: &name, Path: aws.String("/service/team/"), AssumeRolePolicyDocument: aws.String(trustText),
		PermissionsBoundary: aws.String(l.policyARN("limits")),
		Tags:                []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("a+b")}},
	})
	_, err := l.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("read"), PolicyDocument: aws.String(inlineText)})
	l.must(err)
	for _, arn := range []string{l.policyARN("queues"), basicPolicy} {
		_, err = l.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
		l.must(err)
	}
}

// summary is what of a snapshot is worth comparing.
type summary struct {
	ARN      string
	HasID    bool
	Created  role.State
	Policies map[string]string
	Versions map[string]string
	Tags     map[string]string
}

func summarize(s role.Snapshot) summary {
	id := s.Identity.Or(role.Identity{})
	out := summary{ARN: id.ARN, HasID: id.ID != "", Created: id.Created.State(), Policies: map[string]string{}, Versions: map[string]string{}, Tags: s.Tags.Or(nil)}
	for _, p := range slices.Concat(s.Inline.Or(nil), s.Attached.Or(nil), []role.Policy{s.Trust.Or(role.Policy{}), s.Boundary.Or(role.Policy{})}) {
		out.Policies[p.Part.String()] = p.Text.Or("unknown: " + p.Text.Why())
		out.Versions[p.Part.String()] = p.Version
	}
	return out
}

func TestARoleIsReadWithAllItsParts(t *testing.T) {
	onEmulators(t, func(t *testing.T, l *lab) {
		l.policy("limits", managedText)
		l.policy("queues", managedText)
		_, err := l.iam.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{
			PolicyArn: aws.String(l.policyARN("queues")), PolicyDocument: aws.String(secondText), SetAsDefault: true,
		})
		l.must(err)
		l.role("orders")
		l.role("payments")

		one, err := l.read.Role(t.Context(), l.ref("orders"))
		l.must(err)
		got := summarize(one)
		basic := got.Policies[basicPolicy]
		if !strings.Contains(basic, "logs:PutLogEvents") {
			t.Errorf("AWS's policy reads %q", basic)
		}
		queues := l.policyARN("queues")
		want := summary{
			ARN: "arn:aws:iam::" + l.account + ":role/service/team/orders", HasID: true, Created: role.Known, Tags: map[string]string{"team": "a+b"},
			Policies: map[string]string{"trust": trustText, "inline:read": inlineText, "boundary": managedText, queues: secondText, basicPolicy: basic},
			Versions: map[string]string{"trust": "", "inline:read": "", "boundary": "v1", queues: "v2", basicPolicy: got.Versions[basicPolicy]},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("role (-want +got):\n%s", diff)
		}
		if b, _ := one.Boundary.Get(); b.ARN != l.policyARN("limits") || b.Document == nil {
			t.Errorf("boundary %+v", b)
		}
		if one.SCPs.State() != role.Unknown || one.SCPs.Why() == "" {
			t.Errorf("SCPs: %v %q", one.SCPs.State(), one.SCPs.Why())
		}

		// A page of the account tells the same.
		pages := map[string]summary{}
		for marker := ""; ; {
			shots, next, err := l.read.RolePage(t.Context(), marker)
			l.must(err)
			for _, s := range shots {
				pages[s.Ref.Name] = summarize(s)
			}
			if marker = next; marker == "" {
				break
			}
		}
		if l.name == "ministack" {
			// Its GetAccountAuthorizationDetails leaves boundaries out.
			for _, m := range []map[string]string{want.Policies, want.Versions} {
				m[""] = ""
				delete(m, "boundary")
			}
			want.Policies[""] = "unknown: not read"
		}
		if diff := cmp.Diff(want, pages["orders"]); diff != "" {
			t.Errorf("page (-want +got):\n%s", diff)
		}
		if _, ok := pages["payments"]; !ok || len(pages) != 2 {
			t.Errorf("%d roles in the pages", len(pages))
		}
	})
}

func TestWhatIsNotThereIsAbsent(t *testing.T) {
	onEmulators(t, func(t *testing.T, l *lab) {
		for _, name := range []string{"nobody", "no role's name"} {
			s, err := l.read.Role(t.Context(), l.ref(name))
			l.must(err)
			if s.Identity.State() != role.Absent || s.Trust.State() != role.Absent || s.Inline.State() != role.Absent ||
				s.Attached.State() != role.Absent || s.Boundary.State() != role.Absent || s.Tags.State() != role.Absent {
				t.Errorf("%s: %+v", name, s)
			}
		}
		refs, err := l.read.PolicyRoles(t.Context(), l.policyARN("nothing"))
		if err != nil || len(refs) != 0 {
			t.Errorf("roles of a policy that is not there: %v, %v", refs, err)
		}
		versions, err := l.read.Function(t.Context(), "arn:aws:lambda:"+awstest.Region+":"+l.account+":function:nothing")
		if err != nil || versions != nil {
			t.Errorf("versions of a function that is not there: %v, %v", versions, err)
		}
	})
}

func TestAPolicyFansOutToTheRolesThatUseIt(t *testing.T) {
	onEmulators(t, func(t *testing.T, l *lab) {
		for _, name := range []string{"limits", "queues", "idle"} {
			l.policy(name, managedText)
		}
		l.role("orders")
		l.role("payments")
		_, err := l.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String("orders"), PolicyArn: aws.String(l.policyARN("limits"))})
		l.must(err)
		uses := map[string][]string{"queues": {"orders", "payments"}, "limits": {"orders", "payments"}, "idle": nil}
		if l.name == "moto" {
			// Its ListEntitiesForPolicy leaves boundaries out.
			uses["limits"] = []string{"orders"}
		}
		for name, want := range uses {
			refs, err := l.read.PolicyRoles(t.Context(), l.policyARN(name))
			l.must(err)
			var got []string
			for _, ref := range refs {
				if ref.Account != l.account || ref.Partition != "aws" {
					t.Errorf("%s: %+v", name, ref)
				}
				got = append(got, ref.Name)
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestTheConfigurationIsFoundWithoutACall(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	t.Setenv("AWS_ENDPOINT_URL", "http://localhost:1")
	cfg, err := awsaccount.LoadConfig(context.Background(), "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Region != "eu-west-1" || cfg.RetryMode != aws.RetryModeAdaptive || cfg.RetryMaxAttempts < 3 || cfg.AppID != "rolewatch" {
		t.Errorf("region %s, retries %s %d, app %s", cfg.Region, cfg.RetryMode, cfg.RetryMaxAttempts, cfg.AppID)
	}
	if o := iam.NewFromConfig(cfg).Options(); aws.ToString(o.BaseEndpoint) != "http://localhost:1" {
		t.Errorf("endpoint %v", o.BaseEndpoint)
	}
}
