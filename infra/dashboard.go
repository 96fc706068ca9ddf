package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// newDashboard shows on one page what the alarms watch, and how much there is to do.
func (h *home) newDashboard() {
	sum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum")}
	maximum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum")}
	work, dead := h.queues.work, h.queues.dead
	awscloudwatch.NewDashboard(h.Stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		Widgets: &[]*[]awscloudwatch.IWidget{
			{
				graph("Records and work items", work.MetricNumberOfMessagesSent(sum), work.MetricNumberOfMessagesDeleted(sum)),
				graph("Waiting, and dead letters", work.MetricApproximateNumberOfMessagesVisible(maximum),
					work.MetricApproximateNumberOfMessagesDelayed(maximum), dead.MetricApproximateNumberOfMessagesVisible(maximum)),
				graph("Age of the oldest, in seconds", work.MetricApproximateAgeOfOldestMessage(maximum)),
			},
			{
				graph("Invocations", h.function.MetricInvocations(sum), h.function.MetricErrors(sum), h.function.MetricThrottles(sum)),
				graph("Duration, in milliseconds", h.function.MetricDuration(maximum)),
				graph("Messages", h.topics.findings.MetricNumberOfMessagesPublished(sum),
					h.topics.findings.MetricNumberOfNotificationsFailed(sum), h.topics.operations.MetricNumberOfMessagesPublished(sum)),
			},
		},
	})
}

func graph(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Width: jsii.Number(8), Left: &metrics,
	})
}
