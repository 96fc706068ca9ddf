package deploy

import "time"

// The names of what the accounts of an organization share. A role whose trust policy names another role by its ARN depends on the unique ID
// of that one, so that the roles trust an account, and name the other role in a condition: each has a fixed name
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles).
const (
	// HubRole is the role of the hub's function. It assumes ReaderRole, which reads the account of a member.
	HubRole    = "rolewatch-hub"
	ReaderRole = "rolewatch-reader"
	// SenderRole is the role with which the rules of a member send to the hub's bus.
	SenderRole = "rolewatch-sender"
	// MemberStack is the stack of a member, and MembersStackSet the StackSet that deploys it.
	MemberStack     = "rolewatch-member"
	MembersStackSet = "rolewatch-members"
	// HubBusName is the event bus of the hub that members send to.
	HubBusName = "rolewatch-hub"
	// RecordsID is the queue of the hub that has what members and the hub's own account send: QueueID is for work items alone then.
	RecordsID = "Records"
	// RecordsMappingID is the event source mapping of that queue.
	RecordsMappingID = "RecordsMapping"
	// HubBusID is the logical ID of the bus of HubBusName, and MemberRules begins those of the rules that listen to it.
	HubBusID    = "HubBus"
	MemberRules = "Member"
)

// MemberVersion is the version of the template of MemberStack. A member has it in its heartbeats and in the tag MemberVersionTag of
// ReaderRole, so that a hub sees which members are behind it. It is raised when what the hub needs of a member changes; a hub works with
// members of other versions.
const (
	MemberVersion    = 1
	MemberVersionTag = "rolewatch-member-version"
)

// The concurrency of the mappings of a hub's two queues. A hub reads many accounts, each with its own rate of calls to IAM, so that it
// handles more at once than a deployment of one account does. Records are only counted and passed on.
const (
	HubWorkConcurrency    = 20
	HubRecordsConcurrency = 5
	// HubRecordsWindow is the batching window of the records' mapping. What they lead to waits for the window of the work items, too.
	HubRecordsWindow = time.Second
)

// AccountAttribute is the attribute of a message in the queue of a hub that names the account which the message is about.
const AccountAttribute = "account"

// HubSweeps is how many accounts a hub sweeps at the same time: half of the batches that it handles at once, so that records never wait for
// sweeps.
const HubSweeps = HubWorkConcurrency / 2
