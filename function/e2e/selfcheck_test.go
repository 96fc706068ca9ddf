package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// blindness is what was broken, and the notices that follow when it is and when it is repaired.
type blindness struct {
	name          string
	breaks, mends func(context.Context) error
	says          string
}

// deploymentBroken breaks the deployed stack in each way that the emulator supports. The function notices it with a tick, and that
// it is over with another.
func deploymentBroken(t *testing.T, s *stack) {
	ctx := context.Background()
	ways := s.blindnesses(t)
	inbox := s.operationsInbox(t)
	s.checkItself(t)
	s.notices(t, inbox)
	for _, b := range ways {
		must(t, b.breaks(ctx))
		if got := s.noticed(t, inbox); len(got) != 1 || !strings.HasPrefix(got[0], b.says) {
			t.Errorf("%s: operations were notified of %q", b.name, got)
		}
		must(t, b.mends(ctx))
		if got := s.noticed(t, inbox); len(got) != 1 || !strings.HasPrefix(got[0], "Resolved: ") {
			t.Errorf("%s, and repaired: operations were notified of %q", b.name, got)
		}
	}
}

// blindnesses are the ways to break the stack. It makes a trail that logs.
func (s *stack) blindnesses(t *testing.T) []blindness {
	t.Helper()
	ctx := context.Background()
	cfg := awstest.Config(t, s.endpoint)
	trails, name := cloudtrail.NewFromConfig(cfg), aws.String("all")
	_, err := trails.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: name, S3BucketName: aws.String("bucket"), IsMultiRegionTrail: aws.Bool(true)})
	must(t, err)
	start := func(ctx context.Context) error {
		_, err := trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: name})
		return err
	}
	must(t, start(ctx))
	logs := func(kind cttypes.ReadWriteType) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := trails.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: name, EventSelectors: []cttypes.EventSelector{{ReadWriteType: kind, IncludeManagementEvents: aws.Bool(true)}}})
			return err
		}
	}
	rule, mapping := s.resource(t, "RuleIam"), s.resource(t, "Mapping")
	enable := func(on bool) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.lambda.UpdateEventSourceMapping(ctx, &lambda.UpdateEventSourceMappingInput{UUID: &mapping, Enabled: &on})
			return err
		}
	}
	loops := func(setting lambdatypes.RecursiveLoop) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.lambda.PutFunctionRecursionConfig(ctx, &lambda.PutFunctionRecursionConfigInput{FunctionName: aws.String(s.outputs["FunctionName"]), RecursiveLoop: setting})
			return err
		}
	}
	targets, err := s.events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &rule})
	must(t, err)
	return []blindness{
		{"the trail is stopped", func(ctx context.Context) error {
			_, err := trails.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: name})
			return err
		}, start, "The trail all is stopped"},
		{"the trail logs reads alone", logs(cttypes.ReadWriteTypeReadOnly), logs(cttypes.ReadWriteTypeAll), "The trail all does not log management write events of IAM and Lambda"},
		{"a rule is disabled", func(ctx context.Context) error {
			_, err := s.events.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: &rule})
			return err
		}, func(ctx context.Context) error {
			_, err := s.events.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: &rule})
			return err
		}, "The rule " + rule + " in us-east-1 is disabled"},
		{"a rule has no target", func(ctx context.Context) error {
			_, err := s.events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &rule, Ids: []string{*targets.Targets[0].Id}})
			return err
		}, func(ctx context.Context) error {
			_, err := s.events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: &rule, Targets: targets.Targets})
			return err
		}, "The rule " + rule + " in us-east-1 does not send to "},
		{"Lambda stops retries", loops("Terminate"), loops("Allow"), "Lambda stops the retries of the function "},
		{"the mapping is disabled", enable(false), enable(true), "The event source mapping of the function is disabled"},
	}
}

// checkItself ticks as if the last self-check were an hour ago.
func (s *stack) checkItself(t *testing.T) {
	t.Helper()
	_, err := s.dynamodb.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: aws.String(s.outputs["TableName"]), Key: map[string]dbtypes.AttributeValue{
		"pk": &dbtypes.AttributeValueMemberS{Value: "ACCOUNT#" + account}, "sk": &dbtypes.AttributeValueMemberS{Value: "MARKS"},
	}})
	must(t, err)
	s.tick(t)
}

// operationsInbox is a queue that gets every notice, raw. With it, somebody is subscribed to operations.
func (s *stack) operationsInbox(t *testing.T) string {
	t.Helper()
	q, err := s.sqs.CreateQueue(context.Background(), &sqs.CreateQueueInput{QueueName: aws.String("operations-inbox")})
	must(t, err)
	_, err = s.sns.Subscribe(context.Background(), &sns.SubscribeInput{
		TopicArn: aws.String(s.outputs["OperationsTopicArn"]), Protocol: aws.String("sqs"),
		Endpoint: aws.String("arn:aws:sqs:" + region + ":" + account + ":operations-inbox"), Attributes: map[string]string{"RawMessageDelivery": "true"},
	})
	must(t, err)
	return *q.QueueUrl
}

// noticed has the function check itself until operations are notified of something, and gives the subjects. A check may leave out what
// it could not read in time, and a notice may be published a little later.
func (s *stack) noticed(t *testing.T, inbox string) (got []string) {
	t.Helper()
	awstest.Eventually(t, func() bool {
		s.checkItself(t)
		got = s.notices(t, inbox)
		return len(got) > 0
	}, func() string { return "operations were notified of nothing" })
	return got
}

// notices are the subjects of the notices since the last call. One that is published again, because the process ended before it was noted, is the
// same to the byte, and counts once.
func (s *stack) notices(t *testing.T, inbox string) []string {
	t.Helper()
	var out []string
	seen := map[string]bool{}
	for {
		got, err := s.sqs.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: &inbox, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		must(t, err)
		if len(got.Messages) == 0 {
			slices.Sort(out)
			return out
		}
		for _, m := range got.Messages {
			var n struct {
				Subject string `json:"subject"`
			}
			must(t, json.Unmarshal([]byte(*m.Body), &n))
			if !seen[*m.Body] {
				seen[*m.Body] = true
				out = append(out, n.Subject)
			}
			_, err := s.sqs.DeleteMessage(context.Background(), &sqs.DeleteMessageInput{QueueUrl: &inbox, ReceiptHandle: m.ReceiptHandle})
			must(t, err)
		}
	}
}

// resource is the name of the first resource of the stack whose logical ID begins so.
func (s *stack) resource(t *testing.T, id string) string {
	t.Helper()
	out, err := cloudformation.NewFromConfig(awstest.Config(t, s.endpoint)).ListStackResources(context.Background(), &cloudformation.ListStackResourcesInput{StackName: aws.String("rolewatch")})
	must(t, err)
	for _, r := range out.StackResourceSummaries {
		if strings.HasPrefix(*r.LogicalResourceId, id) {
			return *r.PhysicalResourceId
		}
	}
	t.Fatalf("the stack has no resource %s", id)
	return ""
}
