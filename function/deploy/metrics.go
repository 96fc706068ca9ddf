package deploy

// MetricsNamespace is the CloudWatch namespace of rolewatch's own metrics.
const MetricsNamespace = "rolewatch"

// The metrics of the namespace. CloudWatch charges for a metric by the hours in which it has data, so that each has data only
// when something happened: https://aws.amazon.com/cloudwatch/pricing/
const (
	// MetricFindings counts the transitions of findings by DimensionSeverity and DimensionTransition.
	MetricFindings = "Findings"
	// MetricTimeToReport is the seconds from a change to the publication of what it brought about.
	MetricTimeToReport = "TimeToTell"
	// MetricSweepCompleted counts the sweeps that completed.
	MetricSweepCompleted = "SweepCompleted"
	// MetricRequeued counts the items that could not be handled for a minute or longer and were put back into the queue.
	MetricRequeued = "Requeued"
)

// The dimensions of MetricFindings.
const (
	DimensionSeverity   = "Severity"
	DimensionTransition = "Transition"
)
