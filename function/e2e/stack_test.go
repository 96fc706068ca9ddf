// Package e2e runs rolewatch as its users do: the CDK app deployed by the CDK command line to an emulator of AWS, the
// real binary behind the real queue, and CloudTrail's part played by the test.
package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

const (
	account = "000000000000"
	region  = "us-east-1"
)

// stack is a deployed rolewatch and the account around it.
type stack struct {
	t        *testing.T
	endpoint string
	outputs  map[string]string
	iam      *iam.Client
	lambda   *lambda.Client
	sqs      *sqs.Client
	sns      *sns.Client
	dynamodb *dynamodb.Client
	events   *eventbridge.Client
	// inbox is the queue that is subscribed to the findings topic.
	inbox string
	// calls is the file where the emulator writes down every call.
	calls string
	// more is what the context has in addition, each member with a comma before it.
	more string
	// key is the access key that the CDK command line uses: for the emulator, one of twelve digits is the account itself.
	key string
}

// TestMain has all tests run at the same time, each on an emulator of its own: they wait for queues, and for times to settle, most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// started is when the tests began.
var started = time.Now()

// deployed starts the emulator and runs cdk bootstrap and cdk deploy against it.
func deployed(t *testing.T, opts ...awstest.Option) *stack {
	t.Helper()
	s := bootstrapped(t, opts...)
	s.deploy()
	s.subscribe()
	return s
}

// bootstrapped starts the emulator and runs cdk bootstrap against it.
func bootstrapped(t *testing.T, opts ...awstest.Option) *stack {
	t.Helper()
	if os.Getenv("ROLEWATCH_TEST_CDK") == "" {
		t.Skip("ROLEWATCH_TEST_CDK is not set: make test sets it to a CDK command line")
	}
	s := &stack{t: t, key: "test", calls: filepath.Join(t.TempDir(), "calls.jsonl")}
	opts = append([]awstest.Option{
		awstest.Env("CLOUDTRAIL_RECORDING", "1"), awstest.Env("TEST_EVENT_HISTORY", "1"), awstest.Env("TEST_CALLS", s.calls), awstest.Env("TEST_RESOURCE_POLICIES", "whole-"),
	}, opts...)
	s.endpoint = awstest.Ministack(t, opts...)
	cfg := awstest.Config(t, s.endpoint)
	s.iam, s.lambda, s.sqs = iam.NewFromConfig(cfg), lambda.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	s.sns, s.dynamodb, s.events = sns.NewFromConfig(cfg), dynamodb.NewFromConfig(cfg), eventbridge.NewFromConfig(cfg)
	s.cdk("bootstrap", "aws://"+account+"/"+region)
	return s
}

// deploy runs cdk deploy.
func (s *stack) deploy() {
	s.t.Helper()
	outputs := filepath.Join(s.t.TempDir(), "outputs.json")
	s.cdk("deploy", "--require-approval", "never", "--outputs-file", outputs)
	s.readOutputs(outputs)
}

func (s *stack) cdk(args ...string) {
	s.t.Helper()
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	ctx, cancel := awstest.Patience(s.t)
	defer cancel()
	// So many trusted accounts go to the function in a file, and what else is set of the checks with them.
	trusted := make([]string, 500)
	for i := range trusted {
		trusted[i] = fmt.Sprintf(`"%012d"`, 999900000000+i)
	}
	args = append(args, "--no-notices", "--output", s.t.TempDir(), "-c",
		`rolewatch={"regions":["`+region+`"],"settle":"`+settle.String()+`","ackPrincipals":["arn:aws:iam::`+account+`:role/security","`+userARN(decides)+`"],"checks":{"RW501":{"on":true}},"architecture":"`+architecture+
			`","trustedAccounts":[`+strings.Join(trusted, ",")+`]`+s.more+`}`)
	cmd := exec.CommandContext(ctx, os.Getenv("ROLEWATCH_TEST_CDK"), args...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(compiling(s.t), "AWS_ENDPOINT_URL="+s.endpoint, "AWS_ACCESS_KEY_ID="+s.key, "AWS_SECRET_ACCESS_KEY=test",
		"AWS_REGION="+region, "AWS_DEFAULT_REGION="+region, "CDK_HOME="+s.t.TempDir(), "CDK_DISABLE_CLI_TELEMETRY=true")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("cdk %s: %v\n%s", args[0], err, out.String())
	}
	s.t.Logf("cdk %s took %s", args[0], time.Since(start).Round(time.Second))
}

// readOutputs keeps the stack's outputs by name.
func (s *stack) readOutputs(file string) {
	s.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	var stacks map[string]map[string]string
	if err := json.Unmarshal(text, &stacks); err != nil {
		s.t.Fatal(err)
	}
	s.outputs = map[string]string{}
	for _, outputs := range stacks {
		for name, value := range outputs {
			s.outputs[name] = value
		}
	}
	for _, name := range []string{"QueueUrl", "DeadLetterUrl", "TableName", "FindingsTopicArn", "FunctionName", deploy.CommandOutput} {
		if s.outputs[name] == "" {
			s.t.Fatalf("the stack has no output %s: %v", name, s.outputs)
		}
	}
}

// subscribe makes a queue that gets every message of the findings topic, raw.
func (s *stack) subscribe() {
	s.t.Helper()
	ctx := context.Background()
	q, err := s.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("inbox")})
	s.check(err)
	s.inbox = *q.QueueUrl
	_, err = s.sns.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: aws.String(s.outputs["FindingsTopicArn"]), Protocol: aws.String("sqs"),
		Endpoint:   aws.String("arn:aws:sqs:" + region + ":" + account + ":inbox"),
		Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	s.check(err)
}

func (s *stack) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
