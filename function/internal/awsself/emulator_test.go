package awsself_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awsself"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

const other = "eu-west-1"

// homeTemplate and otherTemplate have resources with the logical IDs that the CDK gives them.
const (
	homeTemplate = `{"Resources":{
		"Queue4A7E3555":{"Type":"AWS::SQS::Queue"},"DeadLettersDAC81BCE":{"Type":"AWS::SQS::Queue"},
		"RuleIam":{"Type":"AWS::Events::Rule","Properties":{"EventPattern":{"source":["aws.iam"]},"State":"ENABLED",
			"Targets":[{"Id":"rolewatch","Arn":{"Fn::GetAtt":["Queue4A7E3555","Arn"]}}]}},
		"Bus":{"Type":"AWS::Events::EventBus","Properties":{"Name":"rolewatch"}},
		"OtherRuleLambda":{"Type":"AWS::Events::Rule","Properties":{"EventBusName":{"Ref":"Bus"},"EventPattern":{"source":["aws.lambda"]},"State":"ENABLED",
			"Targets":[{"Id":"rolewatch","Arn":{"Fn::GetAtt":["Queue4A7E3555","Arn"]}}]}},
		"TopicsKeyAF8B10C1":{"Type":"AWS::KMS::Key","Properties":{"EnableKeyRotation":true}},
		"FindingsB7AC1CF1":{"Type":"AWS::SNS::Topic"},"Operations3C43BF59":{"Type":"AWS::SNS::Topic"},
		"TableCD117FA1":{"Type":"AWS::DynamoDB::Table","Properties":{"BillingMode":"PAY_PER_REQUEST",
			"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"},{"AttributeName":"role","AttributeType":"S"}],
			"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
			"GlobalSecondaryIndexes":[{"IndexName":"role","KeySchema":[{"AttributeName":"role","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}]}}}}`
	otherTemplate = `{"Resources":{"DeadLettersDAC81BCE":{"Type":"AWS::SQS::Queue"},
		"RuleLambda":{"Type":"AWS::Events::Rule","Properties":{"EventPattern":{"source":["aws.lambda"]},"State":"ENABLED",
			"Targets":[{"Id":"rolewatch","Arn":{"Fn::Sub":"arn:aws:events:us-east-1:${AWS::AccountId}:event-bus/rolewatch"},"RoleArn":{"Fn::Sub":"arn:aws:iam::${AWS::AccountId}:role/sender"}}]}}}}`
)

// lab is a deployment on an emulator.
type lab struct {
	t      *testing.T
	cfg    aws.Config
	reader *awsself.Reader
	// denied are the operations that are denied.
	denied map[string]bool
}

// onEmulator runs a test on a deployment.
func onEmulator(t *testing.T, test func(*lab)) {
	l := &lab{t: t, cfg: awstest.Config(t, awstest.Ministack(t)), denied: map[string]bool{}}
	l.create("rolewatch", awstest.Region, homeTemplate)
	l.create("rolewatch-rules-"+other, other, otherTemplate)
	reading := l.cfg
	deny := middleware.InitializeMiddlewareFunc("deny", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		if name := middleware.GetOperationName(ctx); l.denied[name] {
			return middleware.InitializeOutput{}, middleware.Metadata{}, &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized to perform " + name}
		}
		return next.HandleInitialize(ctx, in)
	})
	reading.APIOptions = append(reading.APIOptions, func(s *middleware.Stack) error { return s.Initialize.Add(deny, middleware.Before) })
	l.reader = awsself.New(reading, awsself.Options{
		Stack: "rolewatch", Partition: "aws", Account: awstest.MinistackAccount, Home: awstest.Region, Watched: []string{awstest.Region, other}, Now: time.Now,
	})
	test(l)
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) create(name, region, template string) {
	l.t.Helper()
	client := cloudformation.NewFromConfig(l.cfg, func(o *cloudformation.Options) { o.Region = region })
	_, err := client.CreateStack(l.t.Context(), &cloudformation.CreateStackInput{StackName: &name, TemplateBody: &template})
	l.must(err)
	awstest.Eventually(l.t, func() bool {
		out, err := client.DescribeStacks(l.t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		return err == nil && len(out.Stacks) == 1 && out.Stacks[0].StackStatus == cfntypes.StackStatusCreateComplete
	}, func() string { return "the stack " + name + " is not made" })
}

// results are what was found, less what the templates lack, and the table, of whose index an emulator does not give the status.
func (l *lab) results() map[string]selfcheck.Result {
	l.t.Helper()
	f := l.reader.Read(l.t.Context())
	f.Marks = role.Have(map[string]time.Time{})
	out := map[string]selfcheck.Result{}
	for _, r := range selfcheck.Judge(f) {
		if scope := strings.TrimPrefix(r.Scope, "self:"); !slices.Contains([]string{"function", "mapping", "sweep", "table"}, scope) {
			out[scope] = r
		}
	}
	return out
}

// want compares the scopes that are not ok.
func (l *lab) want(what string, want map[string]selfcheck.Status) {
	l.t.Helper()
	got, texts := map[string]selfcheck.Status{}, ""
	for scope, r := range l.results() {
		// The names of a topic and a key are random.
		if kind, _, _ := strings.Cut(scope, ":"); kind == "topic" || kind == "key" {
			scope = kind
		}
		if r.Status != selfcheck.OK {
			got[scope] = r.Status
			texts += "\n" + r.What + ": " + r.Why.String()
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("%s: (-want +got):\n%s%s", what, diff, texts)
	}
}

type statuses = map[string]selfcheck.Status

func (l *lab) trail(name string, multi bool) {
	l.t.Helper()
	client := cloudtrail.NewFromConfig(l.cfg)
	_, err := client.CreateTrail(l.t.Context(), &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: aws.String("bucket"), IsMultiRegionTrail: &multi})
	l.must(err)
}

func TestADeploymentIsReadAndWhatIsBrokenIsSeen(t *testing.T) {
	onEmulator(t, func(l *lab) {
		ctx := l.t.Context()
		trails, events := cloudtrail.NewFromConfig(l.cfg), eventbridge.NewFromConfig(l.cfg)
		away := eventbridge.NewFromConfig(l.cfg, func(o *eventbridge.Options) { o.Region = other })
		topics := l.subscribeAll()
		l.want("without a trail", statuses{"trail:us-east-1": selfcheck.Wrong, "trail:eu-west-1": selfcheck.Wrong})
		l.trail("all", true)
		l.want("a trail that was not started", statuses{"trail:us-east-1": selfcheck.Wrong, "trail:eu-west-1": selfcheck.Wrong})
		_, err := trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("all")})
		l.must(err)
		l.want("whole", statuses{})
		l.key()
		l.selectors(trails)
		_, err = trails.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String("all")})
		l.must(err)
		l.want("a stopped trail", statuses{"trail:us-east-1": selfcheck.Wrong, "trail:eu-west-1": selfcheck.Wrong})
		_, err = trails.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: aws.String("all")})
		l.must(err)

		rule := l.named("rolewatch", awstest.Region, "RuleIam")
		_, err = events.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: &rule})
		l.must(err)
		l.want("a disabled rule", statuses{"rule:us-east-1/RuleIam": selfcheck.Wrong})
		_, err = events.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: &rule})
		l.must(err)
		remote := l.named("rolewatch-rules-"+other, other, "RuleLambda")
		_, err = away.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: &remote, Ids: []string{"rolewatch"}})
		l.must(err)
		l.want("a rule without target", statuses{"rule:eu-west-1/RuleLambda": selfcheck.Wrong})
		_, err = away.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: &remote})
		l.must(err)
		l.want("a deleted rule", statuses{"rule:eu-west-1/RuleLambda": selfcheck.Wrong})
		_, err = sqs.NewFromConfig(l.cfg, func(o *sqs.Options) { o.Region = other }).SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: aws.String(l.named("rolewatch-rules-"+other, other, "DeadLettersDAC81BCE")), MessageBody: aws.String("a dead letter"),
		})
		l.must(err)
		l.want("a dead letter", statuses{"rule:eu-west-1/RuleLambda": selfcheck.Wrong, "deadletters:eu-west-1": selfcheck.Wrong})
		l.topics(topics)
	})
}

// selectors changes what the trail logs, and back.
func (l *lab) selectors(trails *cloudtrail.Client) {
	l.t.Helper()
	set := func(kind cttypes.ReadWriteType, management bool) {
		_, err := trails.PutEventSelectors(l.t.Context(), &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("all"), EventSelectors: []cttypes.EventSelector{
			{ReadWriteType: kind, IncludeManagementEvents: &management},
		}})
		l.must(err)
	}
	both := statuses{"trail:us-east-1": selfcheck.Wrong, "trail:eu-west-1": selfcheck.Wrong}
	set(cttypes.ReadWriteTypeReadOnly, true)
	l.want("a trail of read events", both)
	set(cttypes.ReadWriteTypeAll, false)
	l.want("a trail without management events", both)
	set(cttypes.ReadWriteTypeWriteOnly, true)
	l.want("a trail of write events", statuses{})
	l.denied["GetEventSelectors"] = true
	l.want("selectors that may not be read", statuses{"trail:us-east-1": selfcheck.Unknown, "trail:eu-west-1": selfcheck.Unknown})
	delete(l.denied, "GetEventSelectors")
}

// named is the name that CloudFormation gave a resource.
func (l *lab) named(stack, region, id string) string {
	l.t.Helper()
	out, err := cloudformation.NewFromConfig(l.cfg, func(o *cloudformation.Options) { o.Region = region }).DescribeStackResource(l.t.Context(),
		&cloudformation.DescribeStackResourceInput{StackName: &stack, LogicalResourceId: &id})
	l.must(err)
	name := *out.StackResourceDetail.PhysicalResourceId
	return name[strings.LastIndexByte(name, '|')+1:]
}

// Whatever is denied is unknown, and nothing is wrong for that reason. The call is named.
func TestWhatIsDeniedIsUnknown(t *testing.T) {
	onEmulator(t, func(l *lab) {
		l.subscribeAll()
		l.trail("all", true)
		_, err := cloudtrail.NewFromConfig(l.cfg).StartLogging(l.t.Context(), &cloudtrail.StartLoggingInput{Name: aws.String("all")})
		l.must(err)
		calls := map[string]string{}
		for _, c := range l.reader.Read(l.t.Context()).Calls {
			calls[c.Name[strings.IndexByte(c.Name, ':')+1:]] = c.Name
			if c.Refused.Given() || c.Failed != "" {
				l.t.Errorf("%+v", c)
			}
		}
		if len(calls) < 9 {
			l.t.Fatalf("calls %v", calls)
		}
		for operation, name := range calls {
			l.denied[operation] = true
			f, unknown := l.reader.Read(l.t.Context()), 0
			for _, r := range l.results() {
				if r.Status == selfcheck.Unknown {
					unknown++
				}
				if r.Status == selfcheck.Wrong {
					l.t.Errorf("%s is denied: %s", name, r.What)
				}
			}
			if unknown == 0 && name != "dynamodb:DescribeTable" || !slices.ContainsFunc(f.Calls, func(c selfcheck.Call) bool { return c.Name == name && c.Refused == role.Denied(name) }) {
				l.t.Errorf("%s is denied: %d unknown, calls %+v", name, unknown, f.Calls)
			}
			delete(l.denied, operation)
		}
	})
}

// What is not answered in time is unknown.
func TestReadsEndWithTheirTime(t *testing.T) {
	onEmulator(t, func(l *lab) {
		ctx, cancel := context.WithCancel(l.t.Context())
		cancel()
		f := l.reader.Read(ctx)
		for _, r := range selfcheck.Judge(f) {
			if r.Status != selfcheck.Unknown {
				l.t.Errorf("%+v", r)
			}
		}
		if len(f.Calls) == 0 || f.Calls[0].Failed == "" {
			l.t.Errorf("calls %+v", f.Calls)
		}
	})
}
