package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// refused are the fields of a record of a call that Lambda refused because of the role.
func refused(message string) map[string]any {
	return map[string]any{"errorCode": "InvalidParameterValueException", "errorMessage": message}
}

// Lambda refuses a function in a VPC, for its role lacks what creates network interfaces. The fix is pasted, and the function is
// made.
func refusedFunctionInVPC(t *testing.T, s *stack, all *told) {
	s.makeRole(t, "network", goodTrust)
	parameters := map[string]any{
		"functionName": "network-function", "role": roleARN("network"),
		"vpcConfig": map[string]any{"subnetIds": []string{"subnet-0a1"}, "securityGroupIds": []string{"sg-0c3"}},
	}
	s.put(t, record("CreateFunction20150331", parameters, refused("The provided execution role does not have permissions to call CreateNetworkInterface on EC2")))
	f := all.wait(t, "network", "opened RW117").Opened[0]
	for _, action := range []string{"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"} {
		if !strings.Contains(f.Detail, action) || !strings.Contains(f.Fix.Document, action) {
			t.Errorf("%s is not in the finding: %s, or not in its fix: %s", action, f.Detail, f.Fix.Document)
		}
	}
	s.put(t, s.inline(t, "network", "network", f.Fix.Document))
	awstest.MakeFunction(t, s.lambda, &lambda.CreateFunctionInput{
		FunctionName: aws.String("network-function"), Role: aws.String(roleARN("network")),
		VpcConfig: &lambdatypes.VpcConfig{SubnetIds: []string{"subnet-0a1"}, SecurityGroupIds: []string{"sg-0c3"}},
	})
	s.put(t, record("CreateFunction20150331", parameters, answered("network-function", "network")))
	if r := all.wait(t, "network", "opened RW117", "resolved RW117").Resolved[0]; r.ID != f.ID {
		t.Errorf("resolved %+v", r)
	}
}

// Lambda refuses a change of an event source mapping, which the record names by its UUID alone.
func refusedMapping(t *testing.T, s *stack, all *told) {
	const reads = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage","sqs:GetQueueAttributes"],"Resource":"arn:aws:sqs:` + region + `:` + account + `:inbox"}]}`
	s.makeRole(t, "mapped", goodTrust)
	s.inline(t, "mapped", "queue", reads)
	s.makeFunction(t, "mapped-function", "mapped")
	made, err := s.lambda.CreateEventSourceMapping(context.Background(), &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("mapped-function"), EventSourceArn: aws.String("arn:aws:sqs:" + region + ":" + account + ":inbox"), Enabled: aws.Bool(false),
	})
	must(t, err)
	s.put(t, record("UpdateEventSourceMapping20150331", map[string]any{"uUID": *made.UUID, "enabled": false},
		refused("The function execution role does not have permissions to call ReceiveMessage on SQS")))
	if f := all.wait(t, "mapped", "opened RW117").Opened[0]; f.FunctionsTotal != 1 || f.Functions[0].ARN != functionARN("mapped-function") {
		t.Errorf("finding %+v", f)
	}
	s.put(t, record("UpdateEventSourceMapping20150331", map[string]any{"uUID": *made.UUID, "enabled": false}, map[string]any{"responseElements": map[string]any{
		"uUID": *made.UUID, "functionArn": functionARN("mapped-function"), "eventSourceArn": *made.EventSourceArn, "state": "Disabled",
	}}))
	all.wait(t, "mapped", "opened RW117", "resolved RW117")
}
