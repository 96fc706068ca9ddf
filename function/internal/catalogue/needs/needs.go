// Package needs holds the checks for whether a role may do what its functions are configured to do. What each
// configuration takes is a table; each entry is a request to the evaluator in the name of the role's session.
package needs

import (
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	guide     = "https://docs.aws.amazon.com/lambda/latest/dg/"
	whyPoll   = "Lambda polls the source with the function's role. Without these permissions the mapping stands still: events wait, and are lost when they get too old."
	whyTarget = "Lambda delivers with the function's role. Without the permission what it was to deliver is lost, and nothing says so but a metric."
	fixGrant  = "Allow the actions that are named on the resource that is named, and take away what denies them."
)

// row is one need: the check that reports it, and what the configuration of a function asks of the role.
type row struct {
	// check lacks what all of these checks have in common.
	check check.Check
	// what says what it is for, as a sentence goes on: "to write its log"; note is a sentence on what the function does
	// without it.
	what, note string
	ask        func(*role.Function, aws.ARN) asked
}

// The rows of what Lambda sets up with the role before a function runs.
const (
	vpcRow     = "RW202"
	efsRow     = "RW214"
	s3FilesRow = "RW215"
	keyRow     = "RW216"
)

// The rows of what Lambda does with the role for an event source mapping.
const (
	sqsRow           = "RW206"
	kinesisRow       = "RW207"
	dynamoDBRow      = "RW208"
	mskRow           = "RW209"
	kafkaRow         = "RW210"
	mqRow            = "RW211"
	documentDBRow    = "RW212"
	sourceFailureRow = "RW213"
)

// rows are all needs, as far as they are permissions of the role. AWS's page for each is in the check's Source.
var rows = []row{
	{
		check: check.Check{
			ID: "RW201", Slug: "logs", Title: "The role cannot write the function's log", Severity: check.High,
			Why:    "Without its log group a function runs blind: it writes no log, reports no error for it, and nobody can tell afterwards what it did.",
			Source: guide + "monitoring-cloudwatchlogs.html#monitoring-cloudwatchlogs-prereqs",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to write its log", ask: logs,
		note: "Without it the function runs, and leaves no log.",
	},
	{
		check: check.Check{
			ID: vpcRow, Slug: "vpc", Title: "The role cannot manage the function's network interfaces", Severity: check.High,
			Why:    "A function in a VPC reaches it through network interfaces that Lambda makes with the function's role. Without these permissions updates fail, and an idle function does not wake up again.",
			Source: guide + "configuration-vpc.html#configuration-vpc-permissions",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to reach its VPC", ask: vpc,
	},
	{
		check: check.Check{
			ID: "RW203", Slug: "xray", Title: "The role cannot send traces", Severity: check.Medium,
			Why:    "Tracing is on, and every segment is thrown away: the trace map has a hole where this function is.",
			Source: guide + "services-xray.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to send its traces", ask: traces,
	},
	{
		check: check.Check{
			ID: "RW204", Slug: "dead-letter", Title: "The role cannot hand over failed events", Severity: check.High,
			Why:    whyTarget,
			Source: guide + "invocation-async-retain-records.html#invocation-dlq",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to hand over events that failed", ask: deadLetter,
	},
	{
		check: check.Check{
			ID: "RW205", Slug: "destination", Title: "The role cannot deliver to a destination", Severity: check.High,
			Why:    whyTarget,
			Source: guide + "invocation-async-retain-records.html",
			Reads:  []check.Fact{check.Destinations},
		},
		what: "to deliver the results of asynchronous invocations", ask: destinations,
	},
	{
		check: check.Check{
			ID: sqsRow, Slug: "sqs-source", Title: "The role cannot read the function's queue", Severity: check.Critical,
			Why:    whyPoll,
			Source: guide + "services-sqs-configure.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to read its queue", ask: sources(role.SourceSQS, sqsSource),
	},
	{
		check: check.Check{
			ID: kinesisRow, Slug: "kinesis-source", Title: "The role cannot read the function's Kinesis stream", Severity: check.Critical,
			Why:    whyPoll,
			Source: guide + "services-kinesis-create.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to read its Kinesis stream", ask: sources(role.SourceKinesis, kinesisSource),
	},
	{
		check: check.Check{
			ID: dynamoDBRow, Slug: "dynamodb-source", Title: "The role cannot read the function's DynamoDB stream", Severity: check.Critical,
			Why:    whyPoll,
			Source: guide + "services-dynamodb-eventsourcemapping.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to read its DynamoDB stream", ask: sources(role.SourceDynamoDB, dynamoDBSource),
	},
	{
		check: check.Check{
			ID: mskRow, Slug: "msk-source", Title: "The role cannot read the function's MSK cluster", Severity: check.Critical,
			Why:    whyPoll,
			Source: guide + "msk-permissions.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to read its MSK cluster", ask: sources(role.SourceMSK, mskSource),
	},
	{
		check: check.Check{
			ID: kafkaRow, Slug: "kafka-source", Title: "The role cannot read the function's Kafka cluster", Severity: check.Critical,
			Why:    whyPoll,
			Source: guide + "kafka-permissions.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to read its Kafka cluster", ask: sources(role.SourceKafka, kafkaSource),
	},
	{
		check: check.Check{
			ID: mqRow, Slug: "mq-source", Title: "The role cannot read the function's message broker", Severity: check.Critical,
			Why:    whyPoll,
			Source: guide + "process-mq-messages-with-lambda.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to read its message broker", ask: sources(role.SourceMQ, mqSource),
	},
	{
		check: check.Check{
			ID: documentDBRow, Slug: "documentdb-source", Title: "The role cannot read the function's DocumentDB change stream", Severity: check.Critical,
			Why:    whyPoll,
			Source: guide + "with-documentdb.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to read its DocumentDB change stream", ask: sources(role.SourceDocumentDB, documentDBSource),
	},
	{
		check: check.Check{
			ID: sourceFailureRow, Slug: "source-failure-target", Title: "The role cannot hand over what a source could not process", Severity: check.High,
			Why:    whyTarget,
			Source: guide + "invocation-eventsourcemapping.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to hand over what its event sources could not process", ask: sourceFailures,
	},
	{
		check: check.Check{
			ID: efsRow, Slug: "efs", Title: "The role cannot mount the function's EFS file system", Severity: check.High,
			Why:    "The file system is mounted with the function's role. Where it is refused, the function does not start.",
			Source: guide + "configuration-filesystem.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to mount its EFS file system", ask: efs,
	},
	{
		check: check.Check{
			ID: s3FilesRow, Slug: "s3-files", Title: "The role cannot mount the function's S3 file system", Severity: check.High,
			Why:    "The file system is mounted with the function's role. Where it is refused, the function does not start.",
			Source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3files.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to mount its S3 file system", ask: s3Files,
	},
	{
		check: check.Check{
			ID: keyRow, Slug: "kms", Title: "The role is kept from the key of the function's environment", Severity: check.High,
			Why: "The function's environment variables are encrypted with a customer key. Where the role is denied its use, a grant does not help: every invocation " +
				"fails. Which keys its queues, streams, topics and tables are encrypted with is not read.",
			Source: guide + "configuration-envvars-encryption.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to decrypt with its key", ask: keys,
	},
	{
		check: check.Check{
			ID: "RW217", Slug: "durable", Title: "The role cannot keep the state of durable executions", Severity: check.High,
			Why:    "A durable function saves its progress under its own name. Without these permissions no execution gets beyond its first step.",
			Source: guide + "durable-security.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to keep the state of its durable executions", ask: durable,
	},
	{
		check: check.Check{
			ID: "RW218", Slug: "insights", Title: "The role cannot write Lambda Insights' log", Severity: check.Low,
			Why:    "The Lambda Insights extension runs, costs memory and time, and its measurements are thrown away.",
			Source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-Getting-Started.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to write Lambda Insights' log", ask: insights,
	},
	{
		check: check.Check{
			ID: "RW219", Slug: "app-signals", Title: "The role cannot report to Application Signals", Severity: check.Low,
			Why:    "The instrumentation runs, costs memory and time, and what it measures is thrown away.",
			Source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Application-Signals-Enable-Lambda.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to report to Application Signals", ask: signals,
	},
}

// Checks are the checks of this package.
func Checks() []*check.Check {
	var all []*check.Check
	for _, r := range rows {
		c := r.check
		c.Fix, c.Since, c.Settles, c.PerFunction, c.Run = fixGrant, "0.2.0", true, true, report
		c.Reads = effective.Reads(c.Reads...)
		all = append(all, &c)
	}
	return append(all, specials()...)
}

// demands are the facts that all needs are read from.
func demands() []check.Fact {
	var all []*check.Check
	for i := range rows {
		all = append(all, &rows[i].check)
	}
	return check.ReadBy(all)
}

func specials() []*check.Check {
	return []*check.Check{
		{
			ID: "RW220", Slug: "reported-by-lambda", Title: "Lambda reports trouble with the role, a key, a file system or an image", Severity: check.High,
			Why: "Lambda says itself why it cannot run or update the function. Nobody reads it there until the function is needed. Where a permission of the role " +
				"explains the reason, the finding names it; where the role has the permissions by now, it says so.",
			Fix:    "Fix what Lambda names, and update the function's configuration so that Lambda tries again.",
			Source: guide + "functions-states.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: reported,
			Reads: effective.Reads(check.Configuration, check.Status),
		},
		{
			ID: "RW221", Slug: "source-function-arn-trap", Title: "A permission hangs on lambda:SourceFunctionArn where Lambda does not send it", Severity: check.High,
			Why: "The condition looks like a good guard: this function and no other. But Lambda's own calls, for network interfaces, keys and event sources, never carry the key, " +
				"so that the statement allows nothing where it is needed.",
			Fix:    "Take the condition away from the statement for these actions, and keep it for what the function's code calls.",
			Source: guide + "permissions-source-function-arn.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: trapped,
			Reads: effective.Reads(check.Configuration, check.EventSources),
		},
		{
			ID: "RW222", Slug: "target-missing", Title: "A target of the function is out of its reach", Severity: check.Medium,
			Why:    "A dead-letter target, destination or event source in another Region is never reached, whatever the role may do.",
			Fix:    "Configure a target in the function's own Region.",
			Source: guide + "invocation-async-retain-records.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: misplaced,
			Reads: []check.Fact{check.Functions, check.Configuration, check.EventSources, check.Destinations},
		},
		{
			ID: "RW223", Slug: "needed-permission-removed", Title: "An edit took away a permission that a function needs", Severity: check.Critical,
			JudgesEdit: true,
			Why:        "The function worked with what the role had. The edit looked harmless to whoever made it, and breaks the function from its next invocation on.",
			Fix:        "Put back the permission, or take away what denies it.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html",
			Since: "0.2.0", Settles: true, PerFunction: true, Run: removed,
			Reads: effective.Reads(append(demands(), check.FormerParts, check.Changes)...),
		},
		{
			ID: "RW224", Slug: "mapping-reported-by-lambda", Title: "Lambda reports that it may not read an event source", Severity: check.High,
			Why: "Lambda says itself why an event source mapping does not read its event source: in LastProcessingResult, StateTransitionReason or " +
				"FilterCriteriaError. Events wait, and are lost when they get too old. Where a permission of the role explains what Lambda says, the finding names it; where " +
				"the role has the permissions by now, it says so.",
			Fix:    "Grant the role what Lambda lacks for the event source, and take away what denies it.",
			Source: guide + "with-kafka-troubleshoot.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: mappings,
			Reads: effective.Reads(check.EventSources, check.Trust, check.ResourceControlPolicies),
		},
	}
}
