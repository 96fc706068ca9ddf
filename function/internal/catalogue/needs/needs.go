// Package needs holds the checks for whether a role may do what its functions are configured to do. What each
// configuration takes is a table; each entry is a request to the evaluator in the name of the role's session.
package needs

import (
	"github.com/rolewatch/rolewatch/function/internal/check"
)

const (
	guide     = "https://docs.aws.amazon.com/lambda/latest/dg/"
	whyPoll   = "Lambda polls the source with the function's role. Without these permissions the mapping stands still: events wait, and are lost when they get too old."
	whyTarget = "Lambda delivers with the function's role. Without the permission what it was to deliver is lost, and nothing says so but a metric."
	fixGrant  = "Allow the actions that are named on the resource that is named, and take away what denies them."
)

// Checks are the checks of this package.
func Checks() []*check.Check {
	all := []*check.Check{
		needed("RW201", "logs", "The role cannot write the function's log", check.High,
			"Without its log group a function runs blind: it writes no log, reports no error for it, and nobody can tell afterwards what it did.",
			guide+"monitoring-cloudwatchlogs.html#monitoring-cloudwatchlogs-prereqs"),
		needed("RW202", "vpc", "The role cannot manage the function's network interfaces", check.High,
			"A function in a VPC reaches it through network interfaces that Lambda makes with the function's role. Without these permissions updates fail, and an idle function does not wake up again.",
			guide+"configuration-vpc.html#configuration-vpc-permissions"),
		needed("RW203", "xray", "The role cannot send traces", check.Medium,
			"Tracing is on, and every segment is thrown away: the trace map has a hole where this function is.", guide+"services-xray.html"),
		needed("RW204", "dead-letter", "The role cannot hand over failed events", check.High, whyTarget, guide+"invocation-async-retain-records.html#invocation-dlq"),
		needed("RW205", "destination", "The role cannot deliver to a destination", check.High, whyTarget, guide+"invocation-async-retain-records.html"),
		needed("RW206", "sqs-source", "The role cannot read the function's queue", check.Critical, whyPoll, guide+"services-sqs-configure.html"),
		needed("RW207", "kinesis-source", "The role cannot read the function's Kinesis stream", check.Critical, whyPoll, guide+"services-kinesis-create.html"),
		needed("RW208", "dynamodb-source", "The role cannot read the function's DynamoDB stream", check.Critical, whyPoll, guide+"services-dynamodb-eventsourcemapping.html"),
		needed("RW209", "msk-source", "The role cannot read the function's MSK cluster", check.Critical, whyPoll, guide+"msk-permissions.html"),
		needed("RW210", "kafka-source", "The role cannot read the function's Kafka cluster", check.Critical, whyPoll, guide+"kafka-permissions.html"),
		needed("RW211", "mq-source", "The role cannot read the function's message broker", check.Critical, whyPoll, guide+"process-mq-messages-with-lambda.html"),
		needed("RW212", "documentdb-source", "The role cannot read the function's DocumentDB change stream", check.Critical, whyPoll, guide+"with-documentdb.html"),
		needed("RW213", "source-failure-target", "The role cannot hand over what a source could not process", check.High, whyTarget,
			guide+"invocation-eventsourcemapping.html"),
		needed("RW214", "efs", "The role cannot mount the function's EFS file system", check.High,
			"The file system is mounted with the function's role. Where it is refused, the function does not start.", guide+"configuration-filesystem.html"),
		needed("RW215", "s3-files", "The role cannot mount the function's S3 file system", check.High,
			"The file system is mounted with the function's role. Where it is refused, the function does not start.",
			"https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3files.html"),
		needed("RW216", "kms", "The role is kept from the key of the function's environment", check.High,
			"The function's environment variables are encrypted with a customer key. Where the role is denied its use, a grant does not help: every invocation "+
				"fails. Which keys its queues, streams, topics and tables are encrypted with is not read.",
			guide+"configuration-envvars-encryption.html"),
		needed("RW217", "durable", "The role cannot keep the state of durable executions", check.High,
			"A durable function saves its progress under its own name. Without these permissions no execution gets beyond its first step.", guide+"durable-security.html"),
		needed("RW218", "insights", "The role cannot write Lambda Insights' log", check.Low,
			"The Lambda Insights extension runs, costs memory and time, and its measurements are thrown away.",
			"https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-Getting-Started.html"),
		needed("RW219", "app-signals", "The role cannot report to Application Signals", check.Low,
			"The instrumentation runs, costs memory and time, and what it measures is thrown away.",
			"https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Application-Signals-Enable-Lambda.html"),
	}
	return append(all, specials()...)
}

// needed is a check of one row of the table.
func needed(id, slug, title string, severity check.Severity, why, source string) *check.Check {
	return &check.Check{
		ID: id, Slug: slug, Title: title, Severity: severity, Why: why, Fix: fixGrant, Source: source, Since: "0.2.0",
		Settles: true, PerFunction: true, Run: report(id),
	}
}

func specials() []*check.Check {
	return []*check.Check{
		{
			ID: "RW220", Slug: "reported-by-lambda", Title: "Lambda reports trouble with the role, a key, a file system or an image", Severity: check.High,
			Why:    "Lambda says itself why it cannot run or update the function. Nobody reads it there until the function is needed.",
			Fix:    "Mend what Lambda names, and update the function's configuration so that Lambda tries again.",
			Source: guide + "functions-states.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: reported,
		},
		{
			ID: "RW221", Slug: "source-function-arn-trap", Title: "A permission hangs on lambda:SourceFunctionArn where Lambda does not send it", Severity: check.High,
			Why: "The condition looks like a good guard: this function and no other. But Lambda's own calls, for network interfaces, keys and event sources, never carry the key, " +
				"so that the statement allows nothing where it is needed.",
			Fix:    "Take the condition away from the statement for these actions, and keep it for what the function's code calls.",
			Source: guide + "permissions-source-function-arn.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: trapped,
		},
		{
			ID: "RW222", Slug: "target-missing", Title: "A target of the function is out of its reach", Severity: check.Medium,
			Why:    "A dead-letter target, destination or event source in another Region is never reached, whatever the role may do.",
			Fix:    "Configure a target in the function's own Region.",
			Source: guide + "invocation-async-retain-records.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: misplaced,
		},
		{
			ID: "RW223", Slug: "needed-permission-removed", Title: "An edit took away a permission that a function needs", Severity: check.Critical,
			JudgesEdit: true,
			Why:        "The function worked with what the role had. The edit looked harmless to whoever made it, and breaks the function from its next invocation on.",
			Fix:        "Put back the permission, or take away what denies it.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html",
			Since: "0.2.0", Settles: true, PerFunction: true, Run: removed,
		},
	}
}

func find(id string) *check.Check {
	for _, c := range Checks() {
		if c.ID == id {
			return c
		}
	}
	return &check.Check{}
}

func slug(id string) string               { return find(id).Slug }
func severityOf(id string) check.Severity { return find(id).Severity }
