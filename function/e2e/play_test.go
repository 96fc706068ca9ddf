package e2e

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// settle is short, so that a fault is told in seconds.
const settle = 8 * time.Second

const (
	goodTrust  = `{"Version":"2012-10-17","Statement":[{"Sid":"Lambda","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	writesLogs = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:*:log-group:/aws/lambda/*"}]}`
	badTrust   = `{"Version":"2012-10-17","Statement":[{"Sid":"Lambda","Effect":"Allow","Principal":{"Service":"lambda.us-east-1.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
)

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }
func functionARN(name string) string {
	return "arn:aws:lambda:" + region + ":" + account + ":function:" + name
}

// makeRole makes a role through IAM's API, that can write its functions' logs.
func (s *stack) makeRole(t *testing.T, name, trust string) {
	t.Helper()
	awstest.MakeRole(t, s.iam, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	s.inline(t, name, "logs", writesLogs)
}

// makeFunction makes a function through Lambda's API.
func (s *stack) makeFunction(t *testing.T, name, role string) {
	t.Helper()
	awstest.MakeFunction(t, s.lambda, &lambda.CreateFunctionInput{FunctionName: &name, Role: aws.String(roleARN(role))})
}

// setTrust edits a trust policy through IAM's API and gives CloudTrail's record of it, with other fields if any are given.
func (s *stack) setTrust(t *testing.T, name, trust string, more ...map[string]any) string {
	t.Helper()
	_, err := s.iam.UpdateAssumeRolePolicy(context.Background(), &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &trust})
	must(t, err)
	return record("UpdateAssumeRolePolicy", map[string]any{"roleName": name, "policyDocument": trust}, more...)
}

var serial struct {
	sync.Mutex
	n int
}

// record is the detail of one CloudTrail record, as of now.
func record(name string, parameters map[string]any, more ...map[string]any) string {
	serial.Lock()
	serial.n++
	id := fmt.Sprintf("e2e00000-0000-4000-8000-%012d", serial.n)
	serial.Unlock()
	detail := map[string]any{
		"eventVersion": "1.09", "eventTime": eventTime(time.Now()), "eventSource": sourceOf(name) + ".amazonaws.com",
		"eventName": name, "awsRegion": region, "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15",
		"userIdentity":      map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/mallory", "accountId": account, "userName": "mallory"},
		"requestParameters": parameters, "responseElements": nil, "eventID": id,
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
	}
	for _, m := range more {
		maps.Copy(detail, m)
	}
	text, err := json.Marshal(detail, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	return string(text)
}

// eventTime is a time as CloudTrail's records have it, in whole seconds.
func eventTime(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func sourceOf(name string) string {
	if name == "AttachPolicy" || name == "DetachPolicy" {
		return "organizations"
	}
	for _, part := range []string{"Function", "EventSourceMapping", "Permission2", "ResourcePolicy"} {
		if strings.Contains(name, part) {
			return "lambda"
		}
	}
	return "iam"
}

// put plays CloudTrail: it puts records on the default bus.
func (s *stack) put(t *testing.T, details ...string) {
	t.Helper()
	for _, d := range details {
		var head struct {
			Name string `json:"eventName"`
		}
		must(t, json.Unmarshal([]byte(d), &head))
		out, err := s.events.PutEvents(context.Background(), &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{
			Source: aws.String("aws." + sourceOf(head.Name)), DetailType: aws.String("AWS API Call via CloudTrail"), Detail: aws.String(d),
		}}})
		must(t, err)
		if out.FailedEntryCount > 0 {
			t.Fatalf("the bus took no record: %+v", out.Entries)
		}
	}
}

// tick invokes the function as the schedule does.
func (s *stack) tick(t *testing.T) {
	t.Helper()
	out, err := s.lambda.Invoke(context.Background(), &lambda.InvokeInput{
		FunctionName: aws.String(s.outputs["FunctionName"]), Payload: []byte(deploy.Tick),
	})
	must(t, err)
	if out.FunctionError != nil {
		t.Fatalf("tick: %s: %s", *out.FunctionError, out.Payload)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
