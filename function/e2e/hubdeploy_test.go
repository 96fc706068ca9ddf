package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

const member = "222233334444"

// cdkIn runs the CDK command line with the credentials of an account, in which nothing was bootstrapped.
func (s *stack) cdkIn(account string, args ...string) {
	s.t.Helper()
	ctx, cancel := awstest.Patience(s.t)
	defer cancel()
	args = append(args, "--no-notices", "--output", s.t.TempDir(), "-c", `rolewatch={"regions":["`+region+`","eu-west-1"]`+s.more+`}`)
	cmd := exec.CommandContext(ctx, os.Getenv("ROLEWATCH_TEST_CDK"), args...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(compiling(s.t), "AWS_ENDPOINT_URL="+s.endpoint, "AWS_ACCESS_KEY_ID="+account, "AWS_SECRET_ACCESS_KEY=test",
		"AWS_REGION="+region, "AWS_DEFAULT_REGION="+region, "CDK_HOME="+s.t.TempDir(), "CDK_DISABLE_CLI_TELEMETRY=true")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("cdk %s in %s: %v\n%s", strings.Join(args[:2], " "), account, err, out.String())
	}
}

// A deployment of one account becomes a hub in place: its table, queue and topics stay. A member is deployed with the credentials of its
// account, in each Region, and is removed again.
func TestADeploymentBecomesAHub(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	before := s.outputs
	s.more = `,"organization":{"id":"o-a1b2c3d4e5","hub":{"account":"` + account + `","deploy":"none"}}`
	s.deploy()
	for _, name := range []string{"TableName", "QueueUrl", "DeadLetterUrl", "FindingsTopicArn", "OperationsTopicArn", "FunctionName"} {
		if s.outputs[name] != before[name] || before[name] == "" {
			t.Errorf("%s was %q, and is %q", name, before[name], s.outputs[name])
		}
	}
	_, err := s.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(deploy.HubRole)})
	must(t, err)
	bus, err := s.events.DescribeEventBus(t.Context(), &eventbridge.DescribeEventBusInput{Name: aws.String(deploy.HubBusName)})
	must(t, err)
	if !strings.Contains(aws.ToString(bus.Arn), deploy.HubBusName) {
		t.Errorf("the bus is %v", bus)
	}

	s.cdkIn(member, "deploy", "rolewatch-member*", "--require-approval", "never")
	in := func(r string) aws.Config {
		cfg := awstest.Config(t, s.endpoint)
		cfg.Credentials, cfg.Region = credentials.NewStaticCredentialsProvider(member, "test", ""), r
		return cfg
	}
	for _, name := range []string{deploy.SenderRole, deploy.ReaderRole} {
		_, err := iam.NewFromConfig(in(region)).GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
		must(t, err)
	}
	for r, want := range map[string]int{region: 4, "eu-west-1": 2} {
		rules, err := eventbridge.NewFromConfig(in(r)).ListRules(t.Context(), &eventbridge.ListRulesInput{NamePrefix: aws.String(deploy.MemberStack + "-")})
		must(t, err)
		if len(rules.Rules) != want {
			t.Errorf("%d rules in %s", len(rules.Rules), r)
		}
		for _, rule := range rules.Rules {
			targets, err := eventbridge.NewFromConfig(in(r)).ListTargetsByRule(t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: rule.Name})
			must(t, err)
			if len(targets.Targets) != 1 || *targets.Targets[0].Arn != "arn:aws:events:"+region+":"+account+":event-bus/rolewatch-hub" || *targets.Targets[0].RoleArn != "arn:aws:iam::"+member+":role/rolewatch-sender" {
				t.Errorf("%s in %s sends to %+v", *rule.Name, r, targets.Targets)
			}
		}
		_, err = sqs.NewFromConfig(in(r)).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(deploy.MemberStack + "-" + deploy.DeadLettersID)})
		must(t, err)
	}

	s.cdkIn(member, "destroy", "rolewatch-member*", "--force")
	for _, r := range []string{region, "eu-west-1"} {
		if out, err := cloudformation.NewFromConfig(in(r)).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(deploy.MemberStack)}); err == nil {
			t.Errorf("in %s is still %v", r, out.Stacks[0].StackStatus)
		}
	}
	if roles, err := iam.NewFromConfig(in(region)).ListRoles(t.Context(), &iam.ListRolesInput{}); err != nil || len(roles.Roles) != 0 {
		t.Errorf("roles are left: %v", err)
	}
}
