package deploy

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
)

// AccountAttribute is the attribute of a message in the queue of a hub that names the account which the message is about.
const AccountAttribute = "account"
