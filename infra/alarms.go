package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// oldestSeconds is longer than a record that is retried for a stale read, at most five minutes, has any reason to wait.
const oldestSeconds = 15 * 60

// alarm is one alarm: its metric above its threshold, in each of so many periods of five minutes.
type alarm struct {
	id, description    string
	metric             awscloudwatch.IMetric
	threshold, periods float64
}

func (h *home) newAlarms() {
	maximum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}
	sum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}
	for _, a := range []alarm{
		deadLetterAlarm(h.queues.dead),
		{"ErrorsAlarm", "The function fails as a whole, and not for single records", h.function.MetricErrors(sum), 0, 1},
		{"ThrottlesAlarm", "The function is throttled: the account has too little concurrency", h.function.MetricThrottles(sum), 0, 3},
		{
			"OldestMessageAlarm", "Changes wait in the queue for more than 15 minutes",
			h.queues.work.MetricApproximateAgeOfOldestMessage(maximum), oldestSeconds, 1,
		},
	} {
		newAlarm(h.Stack, h.topics.operations, a)
	}
}

func deadLetterAlarm(queue awssqs.Queue) alarm {
	return alarm{
		"DeadLettersAlarm", "Something could not be delivered or handled; read the dead-letter queue",
		queue.MetricApproximateNumberOfMessagesVisible(&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}), 0, 1,
	}
}

// newAlarm makes an alarm that tells a topic when it goes off and when it is over. No data is no trouble: the metrics
// of a queue or a function that rests are not there.
func newAlarm(stack awscdk.Stack, topic awssns.Topic, a alarm) {
	made := awscloudwatch.NewAlarm(stack, jsii.String(a.id), &awscloudwatch.AlarmProps{
		AlarmDescription:   jsii.String("rolewatch: " + a.description),
		Metric:             a.metric,
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		Threshold:          jsii.Number(a.threshold),
		EvaluationPeriods:  jsii.Number(a.periods),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	})
	action := awscloudwatchactions.NewSnsAction(topic)
	made.AddAlarmAction(action)
	made.AddOkAction(action)
}
