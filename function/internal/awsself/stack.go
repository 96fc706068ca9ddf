package awsself

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// CloudFormation's words for the types of resources.
const (
	typeRule     = "AWS::Events::Rule"
	typeQueue    = "AWS::SQS::Queue"
	typeFunction = "AWS::Lambda::Function"
	typeMapping  = "AWS::Lambda::EventSourceMapping"
	typeTopic    = "AWS::SNS::Topic"
	typeTable    = "AWS::DynamoDB::Table"
	typeKey      = "AWS::KMS::Key"
)

// inStack reads the rules and the dead-letter queue of a stack.
func (r *run) inStack(ctx context.Context, s *selfcheck.Stack) {
	events := eventbridge.NewFromConfig(r.cfg, func(o *eventbridge.Options) { o.Region = s.Region })
	for _, resource := range s.Resources.Or(nil) {
		if resource.Type == typeRule {
			s.Rules = append(s.Rules, r.rule(ctx, events, s, resource))
		}
	}
	s.DeadLetters = r.deadLetters(ctx, s)
}

// rule reads a rule. The name of a rule of another bus is that of the bus and its own.
func (r *run) rule(ctx context.Context, client *eventbridge.Client, s *selfcheck.Stack, resource selfcheck.Resource) selfcheck.Rule {
	rule := selfcheck.Rule{ID: resource.ID, Name: resource.Name, Wanted: r.wanted(s, resource.ID)}
	if bus, name, ok := strings.Cut(resource.Name, "|"); ok {
		rule.Bus, rule.Name = bus, name
	} else if s.Region == r.Home && strings.HasPrefix(resource.ID, deploy.OtherRules) {
		rule.Bus = deploy.BusName
	} else if s.Region == r.Home && strings.HasPrefix(resource.ID, deploy.MemberRules) {
		rule.Bus = deploy.HubBusName
	}
	var bus *string
	if rule.Bus != "" {
		bus = &rule.Bus
	}
	got := called(r, "events:DescribeRule", s.Region, func() (*eventbridge.DescribeRuleOutput, error) {
		return client.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &rule.Name, EventBusName: bus})
	})
	out, known := got.Get()
	if !known {
		rule.State = failed[string](got)
		return rule
	}
	rule.State = role.Have(string(out.State))
	listed := called(r, "events:ListTargetsByRule", s.Region, func() (*eventbridge.ListTargetsByRuleOutput, error) {
		return client.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &rule.Name, EventBusName: bus})
	})
	targets, known := listed.Get()
	if !known {
		rule.Targets = failed[[]string](listed)
		return rule
	}
	arns := []string{}
	for _, t := range targets.Targets {
		arns = append(arns, aws.ToString(t.Arn))
	}
	rule.Targets = role.Have(arns)
	return rule
}

// wanted is the ARN of the target that a rule must have; empty where it is not known. In a hub, rules send to the queue of records.
func (r *run) wanted(s *selfcheck.Stack, id string) string {
	home := r.main
	switch {
	case s.Region != r.Home:
		return r.arn("events", r.Home, "event-bus/"+deploy.BusName)
	case id == deploy.ScheduleID:
		if name, ok := home.Find(deploy.FunctionID, typeFunction); ok {
			return awsfacts.FunctionName{Partition: r.Partition, Region: r.Home, Account: r.Account, Name: name}.ARN()
		}
	default:
		url, ok := home.Find(deploy.RecordsID, typeQueue)
		if !ok {
			url, ok = home.Find(deploy.QueueID, typeQueue)
		}
		if ok {
			return r.arn("sqs", r.Home, url[strings.LastIndexByte(url, '/')+1:])
		}
	}
	return ""
}

func (r *run) deadLetters(ctx context.Context, s *selfcheck.Stack) role.Maybe[int] {
	url, ok := s.Find(deploy.DeadLettersID, typeQueue)
	if !ok {
		return unfound[int](*s)
	}
	client := sqs.NewFromConfig(r.cfg, func(o *sqs.Options) { o.Region = s.Region })
	got := called(r, "sqs:GetQueueAttributes", s.Region, func() (*sqs.GetQueueAttributesOutput, error) {
		return client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameApproximateNumberOfMessages},
		})
	})
	out, known := got.Get()
	if !known {
		return failed[int](got)
	}
	n, err := strconv.Atoi(out.Attributes[string(sqstypes.QueueAttributeNameApproximateNumberOfMessages)])
	if err != nil {
		return role.NotRead[int](role.Because("sqs:GetQueueAttributes gave no number of messages"))
	}
	return role.Have(n)
}

// unfound is what is known of a resource that is not in a stack's list: nothing where the list was not read, nor where it has no
// resource of that name, for the stack of another release may name it otherwise.
func unfound[T any](s selfcheck.Stack) role.Maybe[T] {
	if s.Resources.State() == role.Unknown {
		return role.NotRead[T](role.Because(s.Resources.Why()))
	}
	if s.Resources.State() == role.Absent {
		return role.NotRead[T](role.Because("the stack " + s.Name + " does not exist"))
	}
	return role.NotRead[T](role.Because("the stack " + s.Name + " has no resource of the name that this release gives it"))
}

// home reads what only the home stack has.
func (r *run) home(ctx context.Context) {
	home, f := r.main, r.facts
	f.Function, f.Mapping, f.Table = r.function(ctx, home), r.mapping(ctx, home, deploy.MappingID), r.table(ctx, home)
	f.Recursion = r.recursion(ctx, home)
	if len(f.Stacks) > 1 {
		f.Bus = r.bus(ctx, deploy.BusName)
	}
	if _, f.Hub = home.Find(deploy.RecordsID, typeQueue); f.Hub {
		f.HubBus, f.RecordsMapping = r.bus(ctx, deploy.HubBusName), r.mapping(ctx, home, deploy.RecordsMappingID)
	}
	for _, resource := range home.Resources.Or(nil) {
		switch resource.Type {
		case typeTopic:
			f.Topics = append(f.Topics, selfcheck.Topic{ID: resource.ID, ARN: resource.Name, Subscriptions: r.subscriptions(ctx, resource.Name)})
		case typeKey:
			f.Keys = append(f.Keys, selfcheck.Key{ID: resource.Name, State: r.keyState(ctx, resource.Name)})
		}
	}
}

// bus gives the ARN of a bus of the home Region.
func (r *run) bus(ctx context.Context, name string) role.Maybe[string] {
	client := eventbridge.NewFromConfig(r.cfg, func(o *eventbridge.Options) { o.Region = r.Home })
	got := called(r, "events:DescribeEventBus", r.Home, func() (*eventbridge.DescribeEventBusOutput, error) {
		return client.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: &name})
	})
	if out, known := got.Get(); known {
		return role.Have(aws.ToString(out.Arn))
	}
	return failed[string](got)
}

func (r *run) keyState(ctx context.Context, id string) role.Maybe[string] {
	client := kms.NewFromConfig(r.cfg, func(o *kms.Options) { o.Region = r.Home })
	got := called(r, "kms:DescribeKey", r.Home, func() (*kms.DescribeKeyOutput, error) {
		return client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
	})
	out, known := got.Get()
	if !known || out.KeyMetadata == nil {
		return failed[string](got)
	}
	return role.Have(string(out.KeyMetadata.KeyState))
}

func (r *run) table(ctx context.Context, home selfcheck.Stack) role.Maybe[selfcheck.Table] {
	name, ok := home.Find(deploy.TableID, typeTable)
	if r.Table != "" {
		name, ok = r.Table, true
	}
	if !ok {
		return unfound[selfcheck.Table](home)
	}
	client := dynamodb.NewFromConfig(r.cfg, func(o *dynamodb.Options) { o.Region = r.Home })
	got := called(r, "dynamodb:DescribeTable", r.Home, func() (*dynamodb.DescribeTableOutput, error) {
		return client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	})
	out, known := got.Get()
	if !known || out.Table == nil {
		return failed[selfcheck.Table](got)
	}
	table := selfcheck.Table{Name: name, Status: string(out.Table.TableStatus)}
	for _, i := range out.Table.GlobalSecondaryIndexes {
		table.Indexes = append(table.Indexes, selfcheck.Index{
			Name: aws.ToString(i.IndexName), Status: string(i.IndexStatus), Backfilling: aws.ToBool(i.Backfilling),
		})
	}
	return role.Have(table)
}

// pending is what SNS gives for the ARN of a subscription that is not confirmed.
const pending = "PendingConfirmation"

func (r *run) subscriptions(ctx context.Context, topic string) role.Maybe[selfcheck.Subscriptions] {
	client := sns.NewFromConfig(r.cfg, func(o *sns.Options) { o.Region = r.Home })
	pages := sns.NewListSubscriptionsByTopicPaginator(client, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	var out selfcheck.Subscriptions
	for pages.HasMorePages() {
		got := called(r, "sns:ListSubscriptionsByTopic", r.Home, func() (*sns.ListSubscriptionsByTopicOutput, error) { return pages.NextPage(ctx) })
		page, known := got.Get()
		if !known {
			return failed[selfcheck.Subscriptions](got)
		}
		for _, s := range page.Subscriptions {
			if arn := aws.ToString(s.SubscriptionArn); strings.EqualFold(arn, pending) {
				out.Pending = append(out.Pending, aws.ToString(s.Endpoint))
			} else if arn != "Deleted" {
				out.Confirmed = append(out.Confirmed, arn)
			}
		}
	}
	return role.Have(out)
}
