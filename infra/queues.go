package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

const (
	functionTimeoutSeconds = 120
	batchWindowSeconds     = 5
	// visibilitySeconds is more than six timeouts and a window, which Lambda wants of a queue, so that a batch
	// is not delivered again while the function is still at it:
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	visibilitySeconds = 780
	// maxReceives gives a transient failure ten tries, which the function spaces out to minutes.
	maxReceives = 10
	// workDays is shorter than deadDays: a message keeps its age when it moves, and must still be there to be read.
	workDays = 7
	deadDays = 14
)

type queues struct {
	work, dead awssqs.Queue
}

func newQueues(stack awscdk.Stack) queues {
	dead := newDeadLetters(stack)
	work := awssqs.NewQueue(stack, jsii.String("Queue"), &awssqs.QueueProps{
		Encryption:        awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(workDays)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(visibilitySeconds)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(maxReceives)},
	})
	return queues{work: work, dead: dead}
}

// newDeadLetters makes a queue for what could not be delivered or handled. SSE-SQS, unlike a customer key, needs no
// permission for EventBridge.
func newDeadLetters(stack awscdk.Stack) awssqs.Queue {
	return awssqs.NewQueue(stack, jsii.String("DeadLetters"), &awssqs.QueueProps{
		Encryption:      awssqs.QueueEncryption_SQS_MANAGED,
		EnforceSSL:      jsii.Bool(true),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadDays)),
	})
}

// allowEvents lets EventBridge send to a queue, for these rules only.
func allowEvents(queue awssqs.Queue, rules ...awsevents.CfnRule) {
	var arns []*string
	for _, r := range rules {
		arns = append(arns, r.AttrArn())
	}
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("RulesMaySend"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": arns}},
	}))
}
