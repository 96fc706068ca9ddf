package e2e

import (
	"archive/zip"
	"bytes"
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
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// settle is short, so that a fault is told in seconds.
const settle = 8 * time.Second

// patience is how long a test waits for what must come: the batching window, the settle time, and a slow machine.
const patience = 90 * time.Second

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
	_, err := s.iam.CreateRole(context.Background(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	must(t, err)
	s.inline(t, name, "logs", writesLogs)
}

// makeFunction makes a function through Lambda's API.
func (s *stack) makeFunction(t *testing.T, name, role string) {
	t.Helper()
	var code bytes.Buffer
	z := zip.NewWriter(&code)
	w, err := z.Create("index.py")
	must(t, err)
	_, err = w.Write([]byte("def handler(event, context):\n    return None\n"))
	must(t, err)
	must(t, z.Close())
	_, err = s.lambda.CreateFunction(context.Background(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: aws.String(roleARN(role)), Runtime: lambdatypes.RuntimePython312, Handler: aws.String("index.handler"),
		Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()},
	})
	must(t, err)
}

// setTrust edits a trust policy through IAM's API and gives CloudTrail's record of it.
func (s *stack) setTrust(t *testing.T, name, trust string) string {
	t.Helper()
	_, err := s.iam.UpdateAssumeRolePolicy(context.Background(), &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &trust})
	must(t, err)
	return record("UpdateAssumeRolePolicy", map[string]any{"roleName": name, "policyDocument": trust})
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
		"eventVersion": "1.09", "eventTime": time.Now().UTC().Format(time.RFC3339), "eventSource": sourceOf(name) + ".amazonaws.com",
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

func sourceOf(name string) string {
	if strings.Contains(name, "Function") || strings.Contains(name, "Permission2") {
		return "lambda"
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
		FunctionName: aws.String(s.outputs["FunctionName"]), Payload: []byte(`{"rolewatch":"tick"}`),
	})
	must(t, err)
	if out.FunctionError != nil {
		t.Fatalf("tick: %s: %s", *out.FunctionError, out.Payload)
	}
}

// told is everything that came out on the findings topic so far.
type told struct {
	mu       sync.Mutex
	messages []message.Message
}

// listen drains the inbox until the test ends.
func (s *stack) listen(t *testing.T) *told {
	all := &told{}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			out, err := s.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &s.inbox, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
			if err != nil {
				continue
			}
			for _, m := range out.Messages {
				var got message.Message
				if err := json.Unmarshal([]byte(*m.Body), &got); err != nil {
					t.Errorf("the inbox holds what is no message: %v: %.200s", err, *m.Body)
				}
				all.mu.Lock()
				all.messages = append(all.messages, got)
				all.mu.Unlock()
				_, _ = s.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &s.inbox, ReceiptHandle: m.ReceiptHandle})
			}
		}
	}()
	return all
}

// about gives the transitions of a role's findings so far, as "opened RW102", with the messages they came in.
func (a *told) about(role string) (lines []string, messages []message.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.messages {
		before := len(lines)
		for _, k := range []struct {
			kind string
			list []finding.Finding
		}{{"opened", m.Opened}, {"changed", m.Changed}, {"resolved", m.Resolved}} {
			for _, f := range k.list {
				if f.Role == roleARN(role) {
					lines = append(lines, k.kind+" "+f.Check)
				}
			}
		}
		if len(lines) > before {
			messages = append(messages, m)
		}
	}
	return lines, messages
}

// wait waits until exactly these transitions were told of a role, and gives the last message.
func (a *told) wait(t *testing.T, role string, want ...string) message.Message {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		lines, messages := a.about(role)
		if strings.Join(lines, ", ") == strings.Join(want, ", ") && len(messages) > 0 {
			return messages[len(messages)-1]
		}
		if time.Now().After(deadline) || len(lines) > len(want) {
			t.Fatalf("told of %s: %q, want %q", role, lines, want)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
