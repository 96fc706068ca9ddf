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
}

func newQueues(stack awscdk.Stack) queues {
	dead := newDeadLetters(stack)
	work := awssqs.NewQueue(stack, jsii.String(deploy.QueueID), &awssqs.QueueProps{
		Encryption:        awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RetentionPeriod:   seconds(deploy.WorkRetention),
		VisibilityTimeout: seconds(deploy.VisibilityTimeout),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(deploy.MaxReceives)},
	})
	return queues{work: work, dead: dead}
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
	var arns []*string
	for _, r := range rules {
		arns = append(arns, r.AttrArn())
	}
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("RulesMaySend"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(aws.EventsService), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": arns}},
	}))
}
