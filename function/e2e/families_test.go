package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// answered is what Lambda's records have of a function in their answer.
func answered(name, role string) map[string]any {
	return map[string]any{"responseElements": map[string]any{
		"functionName": name, "functionArn": functionARN(name), "role": roleARN(role), "version": "$LATEST",
	}}
}

// inline writes an inline policy through IAM's API and gives the record of it.
func (s *stack) inline(t *testing.T, role, name, text string) string {
	t.Helper()
	_, err := s.iam.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &text})
	must(t, err)
	return record("PutRolePolicy", map[string]any{"roleName": role, "policyName": name, "policyDocument": text})
}

// A function gets a dead-letter queue that its role cannot send to: the role does not suffice any more.
func deadLetterConfigured(t *testing.T, s *stack, all *told) {
	queue := "arn:aws:sqs:" + region + ":" + account + ":inbox"
	_, err := s.lambda.UpdateFunctionConfiguration(context.Background(), &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("needs-function"), DeadLetterConfig: &lambdatypes.DeadLetterConfig{TargetArn: &queue},
	})
	must(t, err)
	s.put(t, record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": "needs-function", "deadLetterConfig": map[string]any{"targetArn": queue}},
		answered("needs-function", "needs")))
	m := all.wait(t, "needs", "opened RW204")
	f := m.Opened[0]
	if f.Fix.Document == "" || !strings.Contains(f.Fix.Document, queue) || m.Time.Sub(m.Changes[0].Time) < settle {
		t.Errorf("finding %+v, told at %s of %+v", f, m.Time, m.Changes)
	}
	// The fix is pasted as it stands.
	s.put(t, s.inline(t, "needs", "dead-letter", f.Fix.Document))
	m = all.wait(t, "needs", "opened RW204", "resolved RW204")
	if r := m.Resolved[0]; r.ID != f.ID || r.Resolution != finding.Mended {
		t.Errorf("resolved %+v", r)
	}
}

// An edit lets a role write policies for users: a way to become whoever it likes.
func escalationOpened(t *testing.T, s *stack, all *told) {
	const writes = `{"Version":"2012-10-17","Statement":[{"Sid":"Users","Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"*"}]}`
	const nothing = `{"Version":"2012-10-17","Statement":[{"Sid":"Users","Effect":"Allow","Action":"iam:GetUser","Resource":"*"}]}`
	s.put(t, s.inline(t, "danger", "users", writes))
	m := all.wait(t, "danger", "opened RW308", "opened RW312")
	for _, f := range m.Opened {
		if f.Cause == nil || f.Cause.Certainty != finding.Certain {
			t.Errorf("%s: cause %+v", f.Check, f.Cause)
		}
	}
	s.put(t, s.inline(t, "danger", "users", nothing))
	all.wait(t, "danger", "opened RW308", "opened RW312", "resolved RW308", "resolved RW312")
}

// Somebody lets everybody invoke a function.
func functionMadePublic(t *testing.T, s *stack, all *told) {
	ctx := context.Background()
	_, err := s.lambda.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: aws.String("open-function"), StatementId: aws.String("everybody"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*"),
	})
	awstest.Made(t, err)
	s.put(t, record("AddPermission20150331v2", map[string]any{"functionName": "open-function", "statementId": "everybody", "action": "lambda:InvokeFunction", "principal": "*"}))
	if f := all.wait(t, "open", "opened RW407").Opened[0]; !strings.Contains(f.Fix.Command, "remove-permission") || len(f.Evidence) == 0 {
		t.Errorf("finding %+v", f)
	}
	_, err = s.lambda.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: aws.String("open-function"), StatementId: aws.String("everybody")})
	awstest.Removed(t, err)
	s.put(t, record("RemovePermission20150331v2", map[string]any{"functionName": "open-function", "statementId": "everybody"}))
	all.wait(t, "open", "opened RW407", "resolved RW407")
}

// A second function takes a role that another one has: the settings asked to be told.
func roleShared(t *testing.T, s *stack, all *told) {
	s.makeFunction(t, "second-function", "shared")
	s.put(t, record("CreateFunction20150331", map[string]any{"functionName": "second-function", "role": roleARN("shared")}, answered("second-function", "shared")))
	if f := all.wait(t, "shared", "opened RW501").Opened[0]; f.FunctionsTotal != 2 {
		t.Errorf("finding %+v", f)
	}
	_, err := s.lambda.DeleteFunction(context.Background(), &lambda.DeleteFunctionInput{FunctionName: aws.String("second-function")})
	awstest.Removed(t, err)
	s.put(t, record("DeleteFunction20150331", map[string]any{"functionName": "second-function"}))
	all.wait(t, "shared", "opened RW501", "resolved RW501")
}
