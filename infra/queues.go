package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
)

type queues struct {
	work, dead awssqs.Queue
	// records is what rules send to in a hub; nil elsewhere, where they send to work.
	records awssqs.Queue
}

// newQueues makes the queues. In a hub, records have a queue of their own.
func newQueues(stack awscdk.Stack, hub bool) queues {
	dead := newDeadLetters(stack)
	q := queues{work: newWorkQueue(stack, deploy.QueueID, dead), dead: dead}
	if hub {
		q.records = newWorkQueue(stack, deploy.RecordsID, dead)
	}
	return q
}

// sentTo is the queue that rules send to.
func (q queues) sentTo() awssqs.Queue {
	if q.records != nil {
		return q.records
	}
	return q.work
}

// newWorkQueue makes a queue of which the function is the consumer.
func newWorkQueue(stack awscdk.Stack, id string, dead awssqs.Queue) awssqs.Queue {
	return awssqs.NewQueue(stack, jsii.String(id), &awssqs.QueueProps{
		Encryption:        awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RetentionPeriod:   seconds(deploy.WorkRetention),
		VisibilityTimeout: seconds(deploy.VisibilityTimeout),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(deploy.MaxReceives)},
	})
}

// newDeadLetters makes a queue for what could not be delivered or handled. SSE-SQS, unlike a customer key, needs no
// permission for EventBridge.
func newDeadLetters(stack awscdk.Stack) awssqs.Queue {
	return awssqs.NewQueue(stack, jsii.String(deploy.DeadLettersID), &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: seconds(deploy.DeadLetterRetention),
	})
}

func seconds(d time.Duration) awscdk.Duration {
	return awscdk.Duration_Seconds(jsii.Number(d.Seconds()))
}

// allowEvents lets EventBridge send to a queue, for these rules only.
func allowEvents(queue awssqs.Queue, rules ...awsevents.CfnRule) {
	var arns []any
	for _, r := range rules {
		arns = append(arns, r.AttrArn())
	}
	allowRules(queue, arns)
}

// allowRules is allowEvents for rules by their ARNs.
func allowRules(queue awssqs.Queue, arns []any) {
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("RulesMaySend"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(aws.EventsService), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": arns}},
	}))
}
