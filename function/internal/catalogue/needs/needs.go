// Package needs holds the checks for whether a role may do what its functions are configured to do. A table lists what each
// configuration requires; each entry is a request to the evaluator by the role's session.
package needs

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	guide     = "https://docs.aws.amazon.com/lambda/latest/dg/"
	whyPoll   = "The function receives no events from the source. Events wait, and are lost when they expire. Lambda polls the event source with the function's role."
	whyTarget = "What Lambda cannot deliver is lost, and the loss appears only in a CloudWatch metric. Lambda delivers to the target with the function's role."
	fixGrant  = "Allow the actions on the resource that the finding names, and remove them from the statements that deny them."
)

// row is one need: the check that reports it, and what the configuration of a function requires of the role.
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
	durableRow       = "RW217"
)

// rows are all needs, as far as they are permissions of the role. AWS's page for each is in the check's Source.
var rows = []row{
	{
		check: check.Check{
			ID: "RW201", Slug: "logs", Title: "The role cannot write the function's logs", Severity: check.High,
			Why:    "The function runs but writes no logs. Lambda reports no error for this, and nobody can find out afterwards what the function did.",
			Source: guide + "monitoring-cloudwatchlogs.html#monitoring-cloudwatchlogs-prereqs",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to write its logs", ask: logs,
		note: "Without these permissions, the function runs but writes no logs.",
	},
	{
		check: check.Check{
			ID: vpcRow, Slug: "vpc", Title: "The role cannot manage the function's network interfaces", Severity: check.High,
			Why:    "Updates of the function fail, and an idle function does not become active again. Lambda creates the network interfaces in the function's VPC with the function's role.",
			Source: guide + "configuration-vpc.html#configuration-vpc-permissions",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to connect to its VPC", ask: vpc,
	},
	{
		check: check.Check{
			ID: "RW203", Slug: "xray", Title: "The role cannot send traces", Severity: check.Medium,
			Why:    "Tracing is turned on, but every segment of this function is lost. The function is missing from the trace map.",
			Source: guide + "services-xray.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to send its traces", ask: traces,
	},
	{
		check: check.Check{
			ID: "RW204", Slug: "dead-letter", Title: "The role cannot send failed events to the dead-letter target", Severity: check.High,
			Why:    whyTarget,
			Source: guide + "invocation-async-retain-records.html#invocation-dlq",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to send failed events to its dead-letter target", ask: deadLetter,
	},
	{
		check: check.Check{
			ID: "RW205", Slug: "destination", Title: "The role cannot send invocation records to a destination", Severity: check.High,
			Why:    whyTarget,
			Source: guide + "invocation-async-retain-records.html",
			Reads:  []check.Fact{check.Destinations},
		},
		what: "to send records of asynchronous invocations to its destinations", ask: destinations,
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
			ID: sourceFailureRow, Slug: "source-failure-target", Title: "The role cannot send failed records to an on-failure destination", Severity: check.High,
			Why:    whyTarget,
			Source: guide + "invocation-eventsourcemapping.html",
			Reads:  []check.Fact{check.EventSources},
		},
		what: "to send failed records of its event sources to their on-failure destinations", ask: sourceFailures,
	},
	{
		check: check.Check{
			ID: efsRow, Slug: "efs", Title: "The role cannot mount the function's EFS file system", Severity: check.High,
			Why:    "The function does not start if it cannot mount the file system. Lambda mounts the file system with the function's role.",
			Source: guide + "configuration-filesystem.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to mount its EFS file system", ask: efs,
	},
	{
		check: check.Check{
			ID: s3FilesRow, Slug: "s3-files", Title: "The role cannot mount the function's S3 file system", Severity: check.High,
			Why:    "The function does not start if it cannot mount the file system. Lambda mounts the file system with the function's role.",
			Source: "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3files.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to mount its S3 file system", ask: s3Files,
	},
	{
		check: check.Check{
			ID: keyRow, Slug: "kms", Title: "The role is denied use of the key for the function's environment variables", Severity: check.High,
			Why: "Every invocation fails. The function's environment variables are encrypted with a customer managed key, and a grant does not help if a policy denies the " +
				"role the use of the key. rolewatch does not read which keys encrypt the function's queues, streams, topics and tables.",
			Source: guide + "configuration-envvars-encryption.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to decrypt its environment variables", ask: keys,
	},
	{
		check: check.Check{
			ID: durableRow, Slug: "durable", Title: "The role cannot save the state of durable executions", Severity: check.High,
			Why:    "No durable execution gets beyond its first step. A durable function saves its progress with its own role.",
			Source: guide + "durable-security.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to save the state of its durable executions", ask: durable,
	},
	{
		check: check.Check{
			ID: "RW218", Slug: "insights", Title: "The role cannot write the logs of Lambda Insights", Severity: check.Low,
			Why:    "The Lambda Insights extension runs and uses memory and time, but its metrics are lost.",
			Source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-Getting-Started.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to write the logs of Lambda Insights", ask: insights,
	},
	{
		check: check.Check{
			ID: "RW219", Slug: "app-signals", Title: "The role cannot send data to Application Signals", Severity: check.Low,
			Why:    "The instrumentation runs and uses memory and time, but its data is lost.",
			Source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Application-Signals-Enable-Lambda.html",
			Reads:  []check.Fact{check.Configuration},
		},
		what: "to send data to Application Signals", ask: signals,
	},
}

// Checks are the checks of this package.
func Checks() []*check.Check {
	var all []*check.Check
	for _, r := range rows {
		c := r.check
		c.Fix, c.Since, c.Settles, c.PerFunction, c.Run = fixGrant, "0.2.0", true, true, report
		c.Severities = check.Milder(c.Severity)
		c.Reads = effective.Reads(c.Reads...)
		if slices.Contains(outsideRCPs, c.ID) {
			c.Reads = effective.OutsideRCPs(c.Reads)
		}
		all = append(all, &c)
	}
	return append(all, specials()...)
}

// outsideRCPs are the checks of what is needed of services whose resources RCPs do not apply to.
var outsideRCPs = []string{vpcRow, kinesisRow, efsRow, durableRow}

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
			ID: "RW220", Slug: "reported-by-lambda", Title: "Lambda reports a problem with the role, a key, a file system or an image", Severity: check.High,
			Why: "Lambda cannot run or update the function. It reports the reason only in the function's configuration, where nobody reads it until the function is " +
				"needed. If a missing permission of the role explains the reason, the finding names the permission. If the role has the permissions now, the finding says so.",
			Fix:    "Fix the problem that Lambda names, and update the function's configuration so that Lambda tries again.",
			Source: guide + "functions-states.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: reported,
			Reads: effective.Reads(check.Configuration, check.Status),
		},
		{
			ID: "RW221", Slug: "source-function-arn-trap", Title: "A permission requires lambda:SourceFunctionArn for calls with which Lambda does not send it", Severity: check.High,
			Why: "The statement allows nothing where the function needs it. Lambda never sends lambda:SourceFunctionArn with its own calls for network interfaces, keys and " +
				"event sources.",
			Fix:    "Remove the condition from the statement for these actions. Keep it for the actions that the function's code calls.",
			Source: guide + "permissions-source-function-arn.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: trapped,
			Reads: effective.Reads(check.Configuration, check.EventSources),
		},
		{
			ID: "RW222", Slug: "target-missing", Title: "A target or event source of the function is in another Region or partition", Severity: check.Medium,
			Why:    "Lambda cannot reach a dead-letter target, destination or event source in another Region, regardless of the role's permissions.",
			Fix:    "Configure a target or event source in the function's Region.",
			Source: guide + "invocation-async-retain-records.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: misplaced,
			Reads: []check.Fact{check.Functions, check.Configuration, check.EventSources, check.Destinations},
		},
		{
			ID: "RW223", Slug: "needed-permission-removed", Title: "An edit removed a permission that a function needs", Severity: check.Critical,
			JudgesEdit: true,
			Why:        "The function fails from its next invocation on, although it worked before the edit. The role no longer has a permission that the configuration of the function needs.",
			Fix:        "Restore the permission, or remove the statement that denies it.", Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html",
			Since: "0.2.0", Settles: true, PerFunction: true, Run: removed,
			Reads: effective.Reads(append(demands(), check.FormerParts, check.Changes)...),
		},
		{
			ID: "RW224", Slug: "mapping-reported-by-lambda", Title: "Lambda reports that it is not allowed to read an event source", Severity: check.High,
			Why: "Events wait, and are lost when they expire. Lambda reports why the event source mapping does not read its event source in LastProcessingResult, " +
				"StateTransitionReason or FilterCriteriaError. If a missing permission of the role explains this, the finding names the permission. If the role has the " +
				"permissions now, the finding says so.",
			Fix:    "Grant the role the permissions that Lambda needs for the event source, and remove the statements that deny them.",
			Source: guide + "with-kafka-troubleshoot.html", Since: "0.2.0", Settles: true, PerFunction: true, Run: mappings,
			Reads: effective.Reads(check.EventSources, check.Trust),
		},
	}
}
