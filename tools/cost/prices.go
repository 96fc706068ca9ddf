package cost

// price is the list price of something in us-east-1, in US dollars, without a free tier and without a discount for volume.
type price struct {
	what    string
	dollars float64
	// per is how much of the unit the dollars are for.
	per  float64
	unit string
	page string
}

// of is what an amount costs.
func (p price) of(amount float64) float64 { return amount / p.per * p.dollars }

// asOf is the day on which the prices were looked up.
const asOf = "2026-11-29"

var (
	lambdaRequests = price{"Lambda requests", 0.20, 1e6, "requests", "https://aws.amazon.com/lambda/pricing/"}
	lambdaTime     = price{"Lambda duration, arm64", 0.0000133334, 1, "GB-second", "https://aws.amazon.com/lambda/pricing/"}
	sqsRequests    = price{"SQS standard queue", 0.40, 1e6, "requests", "https://aws.amazon.com/sqs/pricing/"}
	snsRequests    = price{"SNS publications", 0.50, 1e6, "requests", "https://aws.amazon.com/sns/pricing/"}
	snsEmails      = price{"SNS e-mail", 2.00, 1e5, "notifications", "https://aws.amazon.com/sns/pricing/"}
	tableWrites    = price{"DynamoDB on-demand writes", 0.625, 1e6, "write request units", "https://aws.amazon.com/dynamodb/pricing/on-demand/"}
	tableReads     = price{"DynamoDB on-demand reads", 0.125, 1e6, "read request units", "https://aws.amazon.com/dynamodb/pricing/on-demand/"}
	tableStorage   = price{"DynamoDB storage", 0.25, 1, "GB-month", "https://aws.amazon.com/dynamodb/pricing/on-demand/"}
	tableBackup    = price{"DynamoDB point-in-time recovery", 0.20, 1, "GB-month", "https://aws.amazon.com/dynamodb/pricing/on-demand/"}
	busEvents      = price{"EventBridge custom events, and events sent to a bus of another Region", 1.00, 1e6, "events", "https://aws.amazon.com/eventbridge/pricing/"}
	schedules      = price{"EventBridge Scheduler", 1.00, 1e6, "invocations", "https://aws.amazon.com/eventbridge/pricing/"}
	alarms         = price{"CloudWatch alarms, by the metrics that they evaluate", 0.10, 1, "metric and month", "https://aws.amazon.com/cloudwatch/pricing/"}
	metrics        = price{"CloudWatch custom metrics, by the hours with data", 0.30, hours, "metric and hour, of 730 hours a month", "https://aws.amazon.com/cloudwatch/pricing/"}
	dashboards     = price{"CloudWatch dashboards", 3.00, 1, "dashboard and month", "https://aws.amazon.com/cloudwatch/pricing/"}
	logs           = price{"CloudWatch Logs, ingestion", 0.50, 1, "GB", "https://aws.amazon.com/cloudwatch/pricing/"}
	logStorage     = price{"CloudWatch Logs, storage", 0.03, 1, "GB-month", "https://aws.amazon.com/cloudwatch/pricing/"}
	keys           = price{"KMS customer managed keys", 1.00, 1, "key and month", "https://aws.amazon.com/kms/pricing/"}

	// These two are no part of the stack's own cost.
	trailCopies = price{"CloudTrail, further copies of management events", 2.00, 1e5, "events", "https://aws.amazon.com/cloudtrail/pricing/"}
	guardDuty   = price{"GuardDuty, CloudTrail management events", 4.00, 1e6, "events", "https://aws.amazon.com/guardduty/pricing/"}
)

// prices are all of them, in the order of the page.
var prices = []price{
	alarms, metrics, dashboards, logs, logStorage, sqsRequests, lambdaRequests, lambdaTime, tableWrites, tableReads, tableStorage, tableBackup,
	busEvents, schedules, snsRequests, snsEmails, keys, trailCopies, guardDuty,
}
