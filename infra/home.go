package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// home is the stack that everything happens in; the others only send to it.
type home struct {
	awscdk.Stack
	set      settings.Stack
	queues   queues
	topics   topics
	table    awsdynamodb.ITable
	logs     awslogs.LogGroup
	function awslambda.Function
	commands commands
}

// newHomeStack makes the home stack. Code is the folder with the bootstrap; others are the Regions that send to a bus of it.
func newHomeStack(app awscdk.App, set settings.Stack, code string, others []string) awscdk.Stack {
	stack := newStack(app, deploy.StackName, set.Home, "rolewatch: reports when an execution role fails or becomes a risk")
	h := &home{Stack: stack, set: set}
	h.queues = newQueues(stack, hubOf(set) != nil)
	h.topics = newTopics(stack, set)
	h.table = newTable(stack, set.Table)
	h.logs = newLogGroup(stack, "Log", set.LogRetentionDays)
	h.encryptWithKeys()
	rules := h.newHomeRules(len(others) > 0)
	h.newFunction(code)
	h.newCommands(code)
	h.connectChannels()
	schedule := h.newSchedule()
	allowEvents(h.queues.sentTo(), rules...)
	if hubOf(set) != nil {
		h.keepQueuesApart()
	}
	allowEvents(h.queues.dead, append(rules, schedule)...)
	h.newAlarms(schedule)
	if set.Dashboard {
		h.newDashboard(rules)
	}
	h.newOutputs()
	return stack
}

// newHomeRules makes the rules of the default bus, those of the bus that the other Regions send to, and those of the bus that the members
// of an organization send to.
func (h *home) newHomeRules(others bool) []awsevents.CfnRule {
	target := ruleTarget{arn: h.queues.sentTo().QueueArn(), deadLetters: h.queues.dead.QueueArn()}
	own := recordRules(h.Stack, patternsFor(h.set, h.set.Home))
	if h.hasCommands() {
		own = append(own, commandRule(h.Stack))
	}
	rules := newRules(h.Stack, "", own, target)
	if hubOf(h.set) != nil {
		rules = append(rules, h.newHubBus(target)...)
	}
	if !others {
		return rules
	}
	bus := awsevents.NewCfnEventBus(h.Stack, jsii.String(deploy.BusID), &awsevents.CfnEventBusProps{
		Name:        jsii.String(deploy.BusName),
		Description: jsii.String("Events from other Regions, on the way to the queue"),
	})
	target.bus = bus
	sent := append(recordRules(h.Stack, patternsFromOthers(h.set)), heartbeatRule(h.Stack), alarmRule(h.Stack, object{
		"detail": object{"alarmName": []any{object{"prefix": deploy.RulesStackPrefix}}},
	}))
	return append(rules, newRules(h.Stack, deploy.OtherRules, sent, target)...)
}

// newTable makes the table of states and outbox, or refers to one that is there. It outlives the stack: without it, every finding
// would be reported again. TestTheTableIsUpdatedInPlace says which of its properties can be changed.
func newTable(stack awscdk.Stack, name string) awsdynamodb.ITable {
	if name != "" {
		return awsdynamodb.Table_FromTableName(stack, jsii.String(deploy.TableID), jsii.String(name))
	}
	text := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	table := awsdynamodb.NewTable(stack, jsii.String(deploy.TableID), &awsdynamodb.TableProps{
		PartitionKey: text(deploy.PartitionKey),
		SortKey:      text(deploy.SortKey),
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		TimeToLiveAttribute: jsii.String(deploy.ExpiresKey),
		DeletionProtection:  jsii.Bool(true),
		RemovalPolicy:       awscdk.RemovalPolicy_RETAIN,
	})
	for _, index := range deploy.Indexes() {
		table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{
			IndexName:      jsii.String(index.Name),
			PartitionKey:   text(deploy.RoleIndexKey),
			SortKey:        text(deploy.PartitionKey),
			ProjectionType: awsdynamodb.ProjectionType(index.Projection),
		})
	}
	return table
}

// newLogGroup makes a function's log group here: the one that Lambda would make keeps everything for ever.
func newLogGroup(stack awscdk.Stack, id string, days int) awslogs.LogGroup {
	group := awslogs.NewLogGroup(stack, jsii.String(id), &awslogs.LogGroupProps{RemovalPolicy: awscdk.RemovalPolicy_DESTROY})
	// The construct takes the days by name, CloudFormation and the settings as a number.
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(days))
	return group
}

// newOutputs tells what people and tests need to find.
func (h *home) newOutputs() {
	type output struct {
		name, description string
		value             *string
	}
	outputs := []output{
		{deploy.QueueOutput, "The queue of changes and work items", h.queues.work.QueueUrl()},
		{deploy.DeadLettersOutput, "What could not be handled", h.queues.dead.QueueUrl()},
		{"TableName", "States, documents, the index and the outbox", h.table.TableName()},
		{"FindingsTopicArn", "Subscribe here for findings", h.topics.findings.TopicArn()},
		{"OperationsTopicArn", "Subscribe here for notices about rolewatch itself", h.topics.operations.TopicArn()},
		{"FunctionName", "The function", h.function.FunctionName()},
	}
	if h.commands.principals != nil {
		outputs = append(outputs, output{deploy.CommandOutput, "The function that rolewatch findings, ack and accept call", h.commands.principals.FunctionName()})
	}
	for _, o := range outputs {
		awscdk.NewCfnOutput(h.Stack, jsii.String(o.name), &awscdk.CfnOutputProps{
			Value: o.value, Description: jsii.String(o.description),
		})
	}
}
