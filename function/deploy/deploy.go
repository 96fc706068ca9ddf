// Package deploy holds what the deployed stack and the function in it must agree on. Package infra deploys it, and the
// function relies on it; each value stands here alone. It imports nothing of the module.
package deploy

import "time"

// StackName is the name of the home stack. CloudFormation begins the names of its resources with it.
const StackName = "rolewatch"

// RulesStackName is the name of the stack of another Region.
func RulesStackName(region string) string { return RulesStackPrefix + region }

// RulesStackPrefix begins the names of the stacks of other Regions, and so those of the resources in them.
const RulesStackPrefix = StackName + "-rules-"

// DeadLettersID is the logical ID of a dead-letter queue, in the home stack and in those of other Regions.
const DeadLettersID = "DeadLetters"

// The outputs of a stack that the command line finds its queues by. A stack of another Region has the second one only.
const (
	QueueOutput       = "QueueUrl"
	DeadLettersOutput = "DeadLetterUrl"
)

// BusName is the event bus in the home Region that the rules of the other Regions send to.
const BusName = "rolewatch"

// The logical IDs of the resources whose loss or change would blind rolewatch. The check on roles that can do that
// names them.
const (
	QueueID      = "Queue"
	TableID      = "Table"
	FindingsID   = "Findings"
	OperationsID = "Operations"
	FunctionID   = "Function"
	RoleID       = "FunctionRole"
	// PlaceChatID and PlaceMailID begin those of the topics that routes lead to.
	PlaceChatID = FindingsID + "Chat"
	PlaceMailID = FindingsID + "Mail"
)

// PhysicalName is how the name that CloudFormation gives to a resource of the home stack begins: the name of the stack
// and the logical ID, before a random suffix.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
func PhysicalName(logicalID string) string { return StackName + "-" + logicalID }

// Tick is the body of the event that the schedule sends every TickInterval: publish what the outbox still holds, and
// start a sweep when the last one is over a day old.
const (
	Tick         = `{"rolewatch":"tick"}`
	TickInterval = 15 * time.Minute
)

// AudienceAttribute is the message attribute that keeps a message of the Findings topic from people: with the value
// AudienceMachines, it is for machines alone, and the e-mail subscriptions of the stack leave it out.
const (
	AudienceAttribute = "audience"
	AudienceMachines  = "machines"
)

// The attributes of a dead letter that the function itself put into the dead-letter queue: why, and the ID of the message that it was.
const (
	ErrorAttribute = "error"
	ItemAttribute  = "item"
)

// The limits of the function and its queue.
const (
	// FunctionTimeout is how long an invocation may take. It is as short as the longest step allows (see SweepMargin): a batch
	// whose invocation does not end properly stays hidden for VisibilityTimeout, and what it holds is reported that much later.
	FunctionTimeout = time.Minute
	BatchWindow     = 5 * time.Second
	// VisibilityTimeout is six function timeouts and a batching window, and a few seconds more, as AWS recommends: Lambda hides
	// a batch when it receives it, and still has that time to invoke the function again while invocations are throttled.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	VisibilityTimeout = 370 * time.Second
	// ReconcileMargin is how much of an invocation one reconcile may need: a slice of 50 roles, each read with about eight calls
	// of IAM, takes about 20 seconds. With less time left, the item is retried.
	ReconcileMargin = 20 * time.Second
	// SweepMargin is how much of an invocation one step of a sweep may need: a page of 50 functions takes about 20 seconds, and
	// twice as long while the calls are throttled. With less time left, the step goes back into the queue.
	SweepMargin = 45 * time.Second
	// MaxReceives is how often the queue delivers an item before it becomes a dead letter.
	MaxReceives = 10
	// WorkRetention is shorter than DeadLetterRetention: a message keeps its age when it becomes a dead letter, and must
	// still be there to be read.
	WorkRetention       = 7 * 24 * time.Hour
	DeadLetterRetention = 14 * 24 * time.Hour
	// MaxDelay is the longest delay of a message in SQS. A work item that waits for a role to settle is delayed, so it
	// bounds the settle time, too.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html
	MaxDelay = 15 * time.Minute
)

// The function's memory in megabytes, and how much of it Go's heap uses: what an item leaves behind is little next to what is worked with on
// the way, so that the garbage collector may wait until the heap has grown by GCPercent hundredths, and at the latest until it is HeapLimit
// mebibytes. https://go.dev/doc/gc-guide#Memory_limit
const (
	FunctionMemory = 512
	GCPercent      = 400
	HeapLimit      = FunctionMemory * 3 / 4
)

// RetryAfter is how long an item that failed waits before it is delivered again, after a number of deliveries: 2 s,
// doubled each time, and 5 min at most.
func RetryAfter(receives int) time.Duration {
	const longest = 5 * time.Minute
	if n := max(receives, 1); n < 9 {
		return min(longest, time.Second<<n)
	}
	return longest
}
