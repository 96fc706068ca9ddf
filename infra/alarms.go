package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// oldestSeconds is longer than a record that is retried for a stale read, at most five minutes, has any reason to wait.
const oldestSeconds = 15 * 60

// sweepPeriods is how many hours may pass without a completed sweep. A sweep starts a day after the last one completed, and may
// take two hours. CloudWatch evaluates at most seven days where the period is an hour:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
const sweepPeriods = 30

// alarm is one alarm: its metric above its threshold in each of a number of periods, or in some of them. docs/operations.md has a
// section for each, named after its ID.
type alarm struct {
	id, description    string
	metric             awscloudwatch.IMetric
	threshold, periods float64
	// breaching is how many of the periods must be over the threshold; zero is all of them.
	breaching float64
	// heartbeat says that the metric has to be there: the alarm goes off when it is below one, and when it is missing.
	heartbeat bool
}

func (h *home) newAlarms(schedule awsevents.CfnRule) {
	alarms := []alarm{
		deadLetterAlarm(h.queues.dead),
		{id: "ErrorsAlarm", description: "Invocations of the function fail as a whole", metric: h.function.MetricErrors(sum), periods: 1},
		{
			id: "ThrottlesAlarm", description: "The function is throttled: the account has too little concurrency",
			metric: h.function.MetricThrottles(sum), periods: 3,
		},
		{
			id: "OldestMessageAlarm", description: "A change has been in the queue for more than 15 minutes",
			metric: h.queues.work.MetricApproximateAgeOfOldestMessage(maximum), threshold: oldestSeconds, periods: 1,
		},
		waitingAlarm("WaitingAlarm", "Changes wait in the queue, and none has been handled for 15 minutes", h.queues.work),
		// The queue keeps invoking the function when the schedule is gone, so that the invocations of the function do not show it.
		{
			id: "ScheduleAlarm", description: "The schedule has not invoked the function for an hour",
			metric: metric("AWS/Events", "Invocations", map[string]*string{"RuleName": schedule.Ref()}, deploy.TickInterval), periods: 4, heartbeat: true,
		},
		// What no event shows is found by the sweep alone, and a sweep that fails is an item that is retried, or a line in the log.
		{
			id: "SweepAlarm", description: "No sweep has completed for 30 hours",
			metric: metric(deploy.MetricsNamespace, deploy.MetricSweepCompleted, nil, time.Hour), periods: sweepPeriods, heartbeat: true,
		},
		// An item that is put back has a time of its own to wait, so that one outage leaves some periods without any.
		{
			id: "RequeuedAlarm", description: "A service that the function depends on fails, and changes are put back into the queue",
			metric: metric(deploy.MetricsNamespace, deploy.MetricRequeued, nil, 10*time.Minute), periods: 6, breaching: 3,
		},
	}
	if records := h.queues.records; records != nil {
		alarms = append(alarms, alarm{
			id: "OldestRecordAlarm", description: "A record has been in the hub's queue of records for more than 15 minutes",
			metric: records.MetricApproximateAgeOfOldestMessage(maximum), threshold: oldestSeconds, periods: 1,
		}, waitingAlarm("WaitingRecordsAlarm", "Records wait in the hub's queue of records, and none has been passed on for 15 minutes", records))
	}
	for _, a := range alarms {
		newAlarm(h.Stack, a).notify(h.topics.operations)
	}
}

// deadLetterAlarm goes off while a dead-letter queue holds anything: nothing there is handled on its own.
func deadLetterAlarm(queue awssqs.Queue) alarm {
	return alarm{
		id: "DeadLettersAlarm", description: "Something could not be delivered or handled, and is in the dead-letter queue",
		metric: queue.MetricApproximateNumberOfMessagesVisible(maximum), periods: 1,
	}
}

// waitingAlarm goes off while messages wait and none is deleted. The age of the oldest message does not show that: SQS leaves out a
// message that was received more than three times, and a mapping that is disabled receives none.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func waitingAlarm(id, description string, queue awssqs.Queue) alarm {
	return alarm{
		id: id, description: description,
		metric: awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
			Expression: jsii.String("IF(waiting > 0 AND FILL(deleted, 0) < 1, 1, 0)"),
			Label:      jsii.String("messages wait and none is deleted"),
			UsingMetrics: &map[string]awscloudwatch.IMetric{
				"waiting": queue.MetricApproximateNumberOfMessagesVisible(maximum),
				"deleted": queue.MetricNumberOfMessagesDeleted(sum),
			},
		}),
		periods: 3,
	}
}

var (
	maximum = &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}
	sum     = &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}
)

// metric is the sum of a metric over a period.
func metric(namespace, name string, dimensions map[string]*string, period time.Duration) awscloudwatch.Metric {
	props := &awscloudwatch.MetricProps{
		Namespace: jsii.String(namespace), MetricName: jsii.String(name), Statistic: jsii.String("Sum"), Period: seconds(period),
	}
	if len(dimensions) > 0 {
		props.DimensionsMap = &dimensions
	}
	return awscloudwatch.NewMetric(props)
}

// alarmMade is an alarm of a stack.
type alarmMade struct{ awscloudwatch.Alarm }

// newAlarm makes an alarm. Unless the metric is a heartbeat, missing data is not breaching: the metrics of a queue or a function that
// rests are not there.
func newAlarm(stack awscdk.Stack, a alarm) alarmMade {
	props := &awscloudwatch.AlarmProps{
		AlarmDescription:   jsii.String("rolewatch: " + a.description + ". See " + a.id + " in docs/operations.md"),
		Metric:             a.metric,
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_THRESHOLD,
		Threshold:          jsii.Number(a.threshold),
		EvaluationPeriods:  jsii.Number(a.periods),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	}
	if a.breaching > 0 {
		props.DatapointsToAlarm = jsii.Number(a.breaching)
	}
	if a.heartbeat {
		props.ComparisonOperator, props.Threshold = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD, jsii.Number(1)
		props.TreatMissingData = awscloudwatch.TreatMissingData_BREACHING
	}
	return alarmMade{awscloudwatch.NewAlarm(stack, jsii.String(a.id), props)}
}

// notify has the alarm publish to a topic when it goes off and when it is over.
func (a alarmMade) notify(topic awssns.Topic) {
	action := awscloudwatchactions.NewSnsAction(topic)
	a.AddAlarmAction(action)
	a.AddOkAction(action)
}
