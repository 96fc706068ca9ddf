package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/settings"
)

// newFunction makes the function, its role, and the mappings that feed it from its queues.
func (h *home) newFunction(code string) {
	targets := permissionTargets{
		logGroup: h.logs.LogGroupArn(), table: h.table.TableArn(), queue: h.queues.work.QueueArn(),
		deadLetters: h.queues.dead.QueueArn(), topics: h.topics.published(), tableKey: h.set.TableKey,
		partition: h.Stack.Partition(), account: h.Stack.Account(), home: h.set.Home, regions: h.set.Regions,
		canary: h.set.Canary > 0,
	}
	if hubOf(h.set) != nil {
		targets.records, targets.organizationID = h.queues.records.QueueArn(), h.set.Organization.ID
	}
	if h.topics.key != nil {
		targets.key = h.topics.key.KeyArn()
	}
	role := newFunctionRole(h.Stack, targets)
	h.function = awslambda.NewFunction(h.Stack, jsii.String(deploy.FunctionID), &awslambda.FunctionProps{
		Description:  jsii.String("Checks the execution roles that a change affects"),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: architecture(h.set.Architecture),
		Handler:      jsii.String("bootstrap"),
		Code:         awslambda.Code_FromAsset(jsii.String(code), nil),
		Role:         role,
		Timeout:      seconds(deploy.FunctionTimeout),
		MemorySize:   jsii.Number(deploy.FunctionMemory),
		LogGroup:     h.logs,
		Environment:  h.environment(),
		// What cannot be handled is sent again for a day, and a sweep sends itself its next step. Lambda would take that for a loop, and
		// make a dead letter of it after about 16 times: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
		RecursiveLoop: awslambda.RecursiveLoop_ALLOW,
	})
	// The function already refers to its role, and the role carries its policy, so the dependency says nothing more.
	h.function.Node().DefaultChild().(awslambda.CfnFunction).AddDeletionOverride(jsii.String("DependsOn"))
	if hubOf(h.set) == nil {
		// Our reads must not eat the account's rate of IAM calls.
		h.newMapping(deploy.MappingID, h.queues.work, 2, deploy.BatchWindow)
		return
	}
	h.newMapping(deploy.MappingID, h.queues.work, deploy.HubWorkConcurrency, deploy.BatchWindow)
	h.newMapping(deploy.RecordsMappingID, h.queues.records, deploy.HubRecordsConcurrency, deploy.HubRecordsWindow)
}

// newMapping makes the mapping that feeds the function from a queue. It is made here and not by the queue's event source, which would
// grant more than permissions lists.
func (h *home) newMapping(id string, queue awssqs.Queue, concurrency float64, window time.Duration) {
	awslambda.NewEventSourceMapping(h.Stack, jsii.String(id), &awslambda.EventSourceMappingProps{
		Target:                  h.function,
		EventSourceArn:          queue.QueueArn(),
		BatchSize:               jsii.Number(10),
		MaxBatchingWindow:       seconds(window),
		ReportBatchItemFailures: jsii.Bool(true),
		MaxConcurrency:          jsii.Number(concurrency),
	})
}

func architecture(name string) awslambda.Architecture {
	if name == "x86_64" {
		return awslambda.Architecture_X86_64()
	}
	return awslambda.Architecture_ARM_64()
}

// environment writes what package settings reads.
func (h *home) environment() *map[string]*string {
	f := settings.Function{
		Table:           *h.table.TableName(),
		QueueURL:        *h.queues.work.QueueUrl(),
		DeadLetterURL:   *h.queues.dead.QueueUrl(),
		FindingsTopic:   *h.topics.findings.TopicArn(),
		OperationsTopic: *h.topics.operations.TopicArn(),
		Settle:          h.set.Settle,
		Regions:         h.set.Regions,
		Canary:          h.set.Canary,
		Digest:          h.set.Digest,
		DocsURL:         h.set.DocsURL,
		AckCritical:     h.set.AckCritical(),
		Rules:           h.set.Rules,
		ChannelTopics:   map[string]string{},
		PlaceTopics:     map[string]string{},
	}
	if h.queues.records != nil {
		f.RecordsQueueURL = *h.queues.records.QueueUrl()
	}
	for name, topic := range h.topics.places {
		f.PlaceTopics[name] = *topic.TopicName()
	}
	for name, topic := range h.topics.channels {
		f.ChannelTopics[name] = *topic.TopicArn()
	}
	env := map[string]*string{
		"GOGC":       jsii.String(strconv.Itoa(deploy.GCPercent)),
		"GOMEMLIMIT": jsii.String(fmt.Sprintf("%dMiB", deploy.HeapLimit)),
	}
	for name, value := range f.Environment() {
		env[name] = jsii.String(value)
	}
	return &env
}

// newSchedule makes the rule that ticks. A tick that is late is worth nothing, for the next one does the same.
func (h *home) newSchedule() awsevents.CfnRule {
	rule := awsevents.NewCfnRule(h.Stack, jsii.String(deploy.ScheduleID), &awsevents.CfnRuleProps{
		Description:        jsii.String("Publishes what was left in the outbox, and starts the daily sweep"),
		ScheduleExpression: jsii.String(rate(deploy.TickInterval)),
		State:              jsii.String("ENABLED"),
		Targets: &[]*awsevents.CfnRule_TargetProperty{{
			Id:               jsii.String("function"),
			Arn:              h.function.FunctionArn(),
			Input:            jsii.String(deploy.Tick),
			RetryPolicy:      retryPolicy(int(deploy.TickInterval.Seconds()), 10),
			DeadLetterConfig: &awsevents.CfnRule_DeadLetterConfigProperty{Arn: h.queues.dead.QueueArn()},
		}},
	})
	awslambda.NewCfnPermission(h.Stack, jsii.String("ScheduleMayInvoke"), &awslambda.CfnPermissionProps{
		Action:       jsii.String("lambda:InvokeFunction"),
		FunctionName: h.function.FunctionArn(),
		Principal:    jsii.String(aws.EventsService),
		SourceArn:    rule.AttrArn(),
	})
	return rule
}
