package events

import "slices"

// Unseen is a failure of a function that no event of the table shows: what changes is not a part of a role or of a function's
// configuration, or nothing changes at all.
type Unseen struct {
	// Failure is what goes wrong, and Why why no event shows it, in sentences.
	Failure, Why string
	// FoundBy says what finds it: checks of the daily sweep by their IDs, or what AWS shows elsewhere.
	FoundBy string
}

// unseen are the failures that are about access or look as if they were. AWS's pages on them:
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (errors), https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
// and https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html, read on 2026-11-29.
var unseen = []Unseen{
	{
		Failure: "A KMS key is disabled or scheduled for deletion, or its key policy or a grant changes.",
		Why:     "The records are from AWS KMS, and name only the key. rolewatch does not read key policies and grants.",
		FoundBy: "RW220 reports it in the daily sweep, once Lambda returns the key as the reason of the function's state or last update. Before that, " +
			"invocations fail with KMSAccessDeniedException, KMSDisabledException, KMSInvalidStateException or KMSNotFoundException.",
	},
	{
		Failure: "The policy of an Amazon ECR repository denies Lambda the image of a function, or the image is deleted.",
		Why:     "The records are from Amazon ECR. Lambda detects the problem when it needs the image again: after an update, or after the function was inactive.",
		FoundBy: "RW220 reports ImageAccessDenied and ImageDeleted in the daily sweep, once Lambda returns them as a reason.",
	},
	{
		Failure: "The policy of a VPC endpoint denies calls of the function's code.",
		Why:     "The record is from Amazon EC2, and AWS does not show through which endpoint a request goes. rolewatch does not read endpoint policies.",
		FoundBy: "No check finds it. The error in the function's log says that no VPC endpoint policy allows the action, or that one denies it. " +
			"The metric Errors of the function rises if the code does not catch the error.",
	},
	{
		Failure: "A quota is reached: network interfaces, IP addresses of a subnet, concurrency.",
		Why:     "No API call changes anything.",
		FoundBy: "No check finds it, because no permission of the role is missing. `aws lambda get-function-configuration` shows EniLimitExceeded, " +
			"SubnetOutOfIPAddresses or ServiceQuotaExceededException as the reason of the state; the metric Throttles of the function shows a lack of concurrency.",
	},
	{
		Failure: "The resource policy of a queue, topic, bucket, secret, stream or file system denies the role.",
		Why:     "The records are from the other service. rolewatch does not read the policies of resources other than functions. RW2xx evaluates only the permissions of the role.",
		FoundBy: "RW220 reports EFSMountFailure. For other resources, the metrics DeadLetterErrors and DestinationDeliveryFailures of the function rise, and " +
			"`aws lambda list-event-source-mappings` shows the last processing result of a mapping.",
	},
	{
		Failure: "Security groups, routes or network ACLs do not allow a function to reach its file system.",
		Why:     "The records are from Amazon EC2, and do not name a function.",
		FoundBy: "RW220 reports EFSMountConnectivityError and EFSMountTimeout in the daily sweep.",
	},
	{
		Failure: "The date in a condition of a policy passes.",
		Why:     "No API call changes anything.",
		FoundBy: "The daily sweep evaluates every policy at the time of the sweep. RW108 reports the date in a trust policy.",
	},
	{
		Failure: "A service or resource control policy of the organization changes, and rolewatch runs in a member account.",
		Why:     "Only the trail of the management account has the record, where it leads to a reconcile.",
		FoundBy: "Every reconcile evaluates the policies that apply at its time, and the daily sweep reconciles every role. RW115 reports a policy that denies Lambda.",
	},
}

// WithoutEvents gives the failures that no event shows, and what finds them. The slice is the caller's own.
func WithoutEvents() []Unseen { return slices.Clone(unseen) }
