package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

const (
	liveTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	liveLogs   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`
	liveAdmin  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	liveLimits = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:*","sqs:ReceiveMessage"],"Resource":"*"}]}`
)

// builder makes things in an emulated account, and ends the test when it cannot.
type builder struct {
	*testing.T
	iam    *iam.Client
	lambda *lambda.Client
}

func newBuilder(t *testing.T, cfg aws.Config) *builder {
	t.Helper()
	return &builder{T: t, iam: iam.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg)}
}

func (b *builder) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// role makes a role with inline policies by name, and gives its ARN.
func (b *builder) role(name, service string, policies map[string]string) string {
	b.Helper()
	arn := awstest.MakeRole(b, b.iam, &iam.CreateRoleInput{
		RoleName: &name, AssumeRolePolicyDocument: aws.String(strings.Replace(liveTrust, "lambda", service, 1)),
	})
	for policy, text := range policies {
		_, err := b.iam.PutRolePolicy(b.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: &policy, PolicyDocument: &text})
		b.must(err)
	}
	return arn
}

// policy makes a managed policy and gives its ARN.
func (b *builder) policy(name, text string) string {
	b.Helper()
	return awstest.MakePolicy(b, b.iam, name, text)
}

func (b *builder) function(name, role string, edit func(*lambda.CreateFunctionInput)) {
	b.Helper()
	in := &lambda.CreateFunctionInput{
		FunctionName: &name, Role: &role, Environment: &types.Environment{Variables: map[string]string{"SECRET": "s3cr3t"}},
	}
	if edit != nil {
		edit(in)
	}
	awstest.MakeFunction(b, b.lambda, in)
}

// permit adds a statement to a function's resource policy, or to that of its alias.
func (b *builder) permit(name, alias, principal string) {
	b.Helper()
	in := &lambda.AddPermissionInput{
		FunctionName: &name, StatementId: aws.String("outside" + alias), Action: aws.String("lambda:InvokeFunction"), Principal: &principal,
	}
	if alias != "" {
		in.Qualifier = &alias
	}
	_, err := b.lambda.AddPermission(b.Context(), in)
	awstest.Made(b, err)
}

// build makes an account with a role that may do all, one that may nothing, one that is gone, one that is for another
// service, and one under a boundary whose function has a version, an alias, a mapping, a destination and a URL.
func build(t *testing.T, cfg aws.Config, urls bool) {
	t.Helper()
	b := newBuilder(t, cfg)
	ctx := t.Context()
	b.role("other", "ec2", map[string]string{"logs": liveLogs})
	b.function("admin-function", b.role("admin", "lambda", map[string]string{"all": liveAdmin}), nil)
	b.permit("admin-function", "", "*")
	b.function("quiet-function", b.role("quiet", "lambda", nil), nil)
	b.function("stuck-function", b.role("gone", "lambda", nil), nil)
	_, err := b.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("gone")})
	awstest.Removed(t, err)

	worker := b.role("worker", "lambda", nil)
	_, err = b.iam.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("worker"), PermissionsBoundary: aws.String(b.policy("limits", liveLimits))})
	b.must(err)
	for name, text := range map[string]string{"logs": liveLogs, "everything": liveAdmin} {
		_, err = b.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("worker"), PolicyArn: aws.String(b.policy(name, text))})
		b.must(err)
	}
	queues := sqs.NewFromConfig(cfg)
	queue, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("orders")})
	b.must(err)
	attributes, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: queue.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{"QueueArn"}})
	b.must(err)
	b.work(worker, attributes.Attributes["QueueArn"], urls)
}

// work makes the function that has everything a function can have, as far as the emulators know it.
func (b *builder) work(role, queue string, urls bool) {
	b.Helper()
	ctx, name := b.Context(), aws.String("worker-function")
	b.function(*name, role, func(in *lambda.CreateFunctionInput) {
		in.TracingConfig = &types.TracingConfig{Mode: types.TracingModeActive}
		in.Tags = map[string]string{"rolewatch:exception": "RW410 until 2099-12-31 the shop is open to all"}
		in.Publish = true
	})
	_, err := b.lambda.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")})
	awstest.Made(b, err)
	b.permit(*name, "", "*")
	b.permit(*name, "live", "*")
	_, err = b.lambda.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: name, EventSourceArn: &queue})
	awstest.Made(b, err)
	_, err = b.lambda.PutFunctionEventInvokeConfig(ctx, &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: name, DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: &queue}},
	})
	b.must(err)
	if urls {
		_, err = b.lambda.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{FunctionName: name, AuthType: types.FunctionUrlAuthTypeNone})
		awstest.Made(b, err)
	}
}
