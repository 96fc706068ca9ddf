package main

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/jsii-runtime-go"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// severities are the values of deploy.DimensionSeverity, the gravest first.
var severities = []string{"critical", "high", "medium", "low"}

// newDashboard shows on one page what was found, whether changes still arrive, and what the alarms watch.
func (h *home) newDashboard(rules []awsevents.CfnRule) {
	work, dead := h.queues.work, h.queues.dead
	awscloudwatch.NewDashboard(h.Stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		Widgets: &[]*[]awscloudwatch.IWidget{
			{
				graph("Findings opened, by severity", findingsOpened()...),
				graph("Seconds from the change to the message", timeToReport("p50"), timeToReport("Maximum")),
				graph("Requeued", metric(deploy.MetricsNamespace, deploy.MetricRequeued, nil, time.Hour)),
			},
			{
				h.lastSeen(),
				graph("Records that rules sent", h.recordsSent(rules)...),
				graph("Sweeps completed", metric(deploy.MetricsNamespace, deploy.MetricSweepCompleted, nil, time.Hour)),
			},
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

func findingsOpened() []awscloudwatch.IMetric {
	var out []awscloudwatch.IMetric
	for _, severity := range severities {
		out = append(out, metric(deploy.MetricsNamespace, deploy.MetricFindings, map[string]*string{
			deploy.DimensionSeverity: jsii.String(severity), deploy.DimensionTransition: jsii.String("opened"),
		}, time.Hour))
	}
	return out
}

func timeToReport(statistic string) awscloudwatch.IMetric {
	return metric(deploy.MetricsNamespace, deploy.MetricTimeToReport, nil, time.Hour).With(&awscloudwatch.MetricOptions{Statistic: jsii.String(statistic)})
}

// recordsSent is how often each rule of the default bus sent a record to the queue. The rules of another bus have metrics of their own
// name and that of the bus, and are left out: their records are sent by a stack of another Region.
func (h *home) recordsSent(rules []awsevents.CfnRule) []awscloudwatch.IMetric {
	var out []awscloudwatch.IMetric
	for _, r := range rules {
		if r.EventBusName() == nil {
			out = append(out, metric("AWS/Events", "Invocations", map[string]*string{"RuleName": r.Ref()}, time.Hour))
		}
	}
	return out
}

// lastSeen is when the last record was handled and the last sweep completed, from the log: no metric has an age, and one of its own
// would cost as much each month as three alarms.
func (h *home) lastSeen() awscloudwatch.IWidget {
	return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
		Title: jsii.String("The last record of each event, and the last sweep"), Width: jsii.Number(8), View: awscloudwatch.LogQueryVisualizationType_TABLE,
		LogGroupNames: &[]*string{h.logs.LogGroupName()},
		QueryLines: jsii.Strings(
			"filter ispresent(Events) or ispresent("+deploy.MetricSweepCompleted+")",
			"stats max(@timestamp) as last by Event, "+deploy.MetricSweepCompleted,
			"sort last desc",
		),
	})
}

func graph(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
	return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Title: jsii.String(title), Width: jsii.Number(8), Left: &metrics,
	})
}
