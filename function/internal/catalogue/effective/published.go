package effective

import (
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
)

// administratorPolicies are AWS managed policies for people who administer an account, and what each allows where its text
// cannot be read.
var administratorPolicies = map[string]string{
	"AdministratorAccess": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	"IAMFullAccess":       `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]}`,
	"PowerUserAccess":     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"}]}`,
}

// deniesNothing reports whether an AWS managed policy is not one whose purpose is to deny. Of 1,641 that AWS publishes, 47 deny
// something, and all except these few deny what is of no interest in an execution role.
func deniesNothing(arn string) bool {
	name, ok := aws.AWSManagedPolicy(arn)
	return ok && !strings.Contains(name, "Deny") && !strings.Contains(name, "Quarantine") && !strings.Contains(name, "Boundary")
}

// AdministratorPolicy is the name of an administrator's managed policy of AWS; false for any other policy.
func AdministratorPolicy(arn string) (string, bool) {
	name, ok := aws.AWSManagedPolicy(arn)
	if !ok {
		return "", false
	}
	_, ok = administratorPolicies[name]
	return name, ok
}

// publishedRead is the day on which the texts of this file were last compared with AWS's pages.
const publishedRead = "2026-11-28"

// executionPolicies are AWS's managed policies for execution roles, by the end of their ARNs, as AWS publishes them:
// https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html. AWS has only ever added to them. Read on 2026-11-28.
var executionPolicies = map[string]string{
	"service-role/AWSLambdaBasicExecutionRole": everywhere(logging...),
	"service-role/AWSLambdaBasicDurableExecutionRolePolicy": everywhere(append([]string{
		"lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState"}, logging...)...),
	"service-role/AWSLambdaVPCAccessExecutionRole": everywhere(append([]string{
		"ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"}, logging...)...),
	"service-role/AWSLambdaENIManagementAccess": everywhere("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces",
		"ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
	"service-role/AWSLambdaSQSQueueExecutionRole": everywhere(append([]string{
		"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, logging...)...),
	"service-role/AWSLambdaDynamoDBExecutionRole": everywhere(append([]string{
		"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}, logging...)...),
	"service-role/AWSLambdaKinesisExecutionRole": everywhere(append([]string{
		"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards",
		"kinesis:ListStreams", "kinesis:SubscribeToShard"}, logging...)...),
	"service-role/AWSLambdaMSKExecutionRole": everywhere(append([]string{
		"kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers", "ec2:CreateNetworkInterface",
		"ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs", "ec2:DeleteNetworkInterface", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"},
		logging...)...),
	"service-role/AWSLambdaRole": everywhere("lambda:InvokeFunction"),
	"AWSXRayDaemonWriteAccess":   everywhere(tracing...),
	"AWSXrayWriteOnlyAccess":     everywhere(tracing...),
}

var (
	logging = []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
	tracing = []string{
		"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries",
	}
)

func everywhere(actions ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}]}`
}

// parsed are the texts above, each parsed when it is first met.
var parsed sync.Map

// published is the document of an AWS managed policy whose text was not read, where it is known, and a sentence for the findings
// that it leads to. A policy for administrators needs none.
func published(arn string) (*policy.Document, string) {
	text, sentence := "", ""
	if name, ok := AdministratorPolicy(arn); ok {
		text = administratorPolicies[name]
	} else if name, ok := aws.AWSManagedPolicy(arn); ok {
		text, sentence = executionPolicies[name], "rolewatch did not read the text of "+arn+". This finding assumes the text that AWS published on "+publishedRead+"."
	}
	if text == "" {
		return nil, ""
	}
	if known, ok := parsed.Load(text); ok {
		return known.(*policy.Document), sentence
	}
	document, err := policy.Parse([]byte(text), policy.Identity)
	if err != nil {
		return nil, ""
	}
	parsed.Store(text, document)
	return document, sentence
}
