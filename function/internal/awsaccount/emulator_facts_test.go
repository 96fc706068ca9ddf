package awsaccount_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// whole reads an account of the emulator with everything that the emulator knows.
func (l *lab) whole(account string) *awsaccount.Account {
	facts := awsaccount.AllFacts
	// moto does not know URLs of functions.
	facts.URLs = l.name != "moto"
	return awsaccount.New(l.iam, map[string]*lambda.Client{awstest.Region: l.lambda}, awsaccount.Options{
		Partition: "aws", AccountID: account, Now: time.Now, Facts: facts, Organizations: organizations.NewFromConfig(l.cfg),
	})
}

// equip gives a function a version, an alias, a mapping, destinations, a statement and a URL.
func (l *lab) equip(arn, queue string) {
	l.t.Helper()
	ctx, name := l.t.Context(), aws.String("shop")
	published, err := l.lambda.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: name})
	l.must(err)
	_, err = l.lambda.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: published.Version})
	awstest.Made(l.t, err)
	_, err = l.lambda.TagResource(ctx, &lambda.TagResourceInput{Resource: &arn, Tags: map[string]string{"team": "shop"}})
	l.must(err)
	q := sqs.NewFromConfig(l.cfg)
	_, err = q.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("orders")})
	l.must(err)
	_, err = l.lambda.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: name, EventSourceArn: &queue})
	awstest.Made(l.t, err)
	_, err = l.lambda.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: name, StatementId: aws.String("outside"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("s3.amazonaws.com"),
	})
	awstest.Made(l.t, err)
	if l.name == "moto" {
		// It does not know URLs, and lists destinations with a time that is no number.
		return
	}
	_, err = l.lambda.PutFunctionEventInvokeConfig(ctx, &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: name, DestinationConfig: &lambdatypes.DestinationConfig{OnFailure: &lambdatypes.OnFailure{Destination: &queue}},
	})
	l.must(err)
	_, err = l.lambda.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{FunctionName: name, AuthType: lambdatypes.FunctionUrlAuthTypeAwsIam})
	awstest.Made(l.t, err)
}

// beside is what tests compare of what is configured beside a version.
type beside struct {
	Sources, Destinations, URLs []string
	Policies                    int
	HasState                    bool
	Tags                        map[string]string
}

func besides(list []role.Function) map[string]beside {
	out := map[string]beside{}
	for _, f := range list {
		b := beside{HasState: f.Config.Status.Or(role.Status{}).State != "", Tags: f.Config.Tags.Or(nil), Policies: -1}
		for _, s := range f.Config.Sources.Or(nil) {
			b.Sources = append(b.Sources, string(s.Kind)+" "+s.ARN)
		}
		for _, d := range f.Config.Destinations.Or(nil) {
			b.Destinations = append(b.Destinations, d.Failure)
		}
		for _, u := range f.Config.URLs.Or(nil) {
			b.URLs = append(b.URLs, u.Qualifier+" "+u.Auth)
		}
		if policies, ok := f.Config.Policies.Get(); ok {
			b.Policies = len(policies)
		}
		out[f.Version] = b
	}
	return out
}

func TestWhatIsConfiguredBesideAFunctionIsRead(t *testing.T) {
	onEmulators(t, func(t *testing.T, l *lab) {
		l.policy("limits", managedText)
		l.policy("queues", managedText)
		l.role("orders")
		arn := l.function("shop", "arn:aws:iam::"+l.account+":role/service/team/orders", nil, "")
		queue := "arn:aws:sqs:" + awstest.Region + ":" + l.account + ":orders"
		l.equip(arn, queue)
		tags := map[string]string{"team": "shop"}
		want := map[string]beside{
			"$LATEST": {Sources: []string{"sqs " + queue}, Destinations: []string{queue}, URLs: []string{" AWS_IAM"}, Policies: 1, HasState: true, Tags: tags},
			"1":       {HasState: true, Tags: tags},
		}
		if l.name == "moto" {
			want["$LATEST"] = beside{Sources: []string{"sqs " + queue}, Policies: 1, HasState: true, Tags: tags}
			// It gives the function's policy for the alias's.
			want["1"] = beside{Policies: 1, HasState: true, Tags: tags}
		}
		read := l.whole(l.account)
		got, err := read.Function(t.Context(), arn)
		l.must(err)
		if diff := cmp.Diff(want, besides(got)); diff != "" {
			t.Errorf("function (-want +got):\n%s", diff)
		}
		page, _, err := read.FunctionPage(t.Context(), awstest.Region, "")
		l.must(err)
		if l.name == "ministack" {
			// Its ListFunctions gives $LATEST alone.
			delete(want, "1")
		}
		if diff := cmp.Diff(want, besides(page)); diff != "" {
			t.Errorf("page (-want +got):\n%s", diff)
		}
	})
}

// organize makes an organization with a unit, an account in it, and a policy on both.
func (l *lab) organize() (org *organizations.Client, member, guard string) {
	l.t.Helper()
	ctx := l.t.Context()
	org = organizations.NewFromConfig(l.cfg)
	if _, err := org.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: orgtypes.OrganizationFeatureSetAll}); err != nil && l.name == "moto" {
		l.t.Fatal(err)
	}
	roots, err := org.ListRoots(ctx, &organizations.ListRootsInput{})
	l.must(err)
	root := roots.Roots[0].Id
	if l.name == "moto" {
		_, err = org.EnablePolicyType(ctx, &organizations.EnablePolicyTypeInput{RootId: root, PolicyType: orgtypes.PolicyTypeServiceControlPolicy})
		l.must(err)
	}
	unit, err := org.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: root, Name: aws.String("work")})
	l.must(err)
	made, err := org.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: aws.String("shop"), Email: aws.String("shop@example.com")})
	l.must(err)
	member = *made.CreateAccountStatus.AccountId
	_, err = org.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: &member, SourceParentId: root, DestinationParentId: unit.OrganizationalUnit.Id})
	l.must(err)
	p, err := org.CreatePolicy(ctx, &organizations.CreatePolicyInput{
		Name: aws.String("guard"), Description: aws.String("guard"), Type: orgtypes.PolicyTypeServiceControlPolicy, Content: aws.String(secondText),
	})
	l.must(err)
	guard = *p.Policy.PolicySummary.Id
	for _, target := range []string{*unit.OrganizationalUnit.Id, member} {
		_, err = org.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: &guard, TargetId: &target})
		l.must(err)
	}
	return org, member, guard
}

func TestAnOrganizationsPoliciesAreReadFromTheRootToTheAccount(t *testing.T) {
	onEmulators(t, func(t *testing.T, l *lab) {
		_, member, guard := l.organize()
		scps, rcps, err := l.whole(member).Limits(t.Context())
		l.must(err)
		levels := scps.Or(nil)
		if len(levels) != 3 {
			t.Fatalf("%d levels: %q", len(levels), names(scps))
		}
		for i, level := range strings.Split(names(scps), " ") {
			if strings.Contains(level, "scp:"+guard) != (i > 0) {
				t.Errorf("level %d has %q", i, level)
			}
		}
		for _, p := range levels[2] {
			if p.Document == nil {
				t.Errorf("%s has no text", p.Name)
			}
		}
		// ministack has no resource control policies.
		want := map[string]string{"moto": "rcp:p-RCPFullAWSAccess rcp:p-RCPFullAWSAccess rcp:p-RCPFullAWSAccess"}[l.name]
		if names(rcps) != want || rcps.State() == role.Unknown {
			t.Errorf("RCPs: %v %q %q", rcps.State(), rcps.Why(), names(rcps))
		}
		own, _, err := l.whole(l.account).Limits(t.Context())
		if err != nil || own.State() != role.Absent {
			t.Errorf("the management account: %v, %v", own.State(), err)
		}
	})
}
