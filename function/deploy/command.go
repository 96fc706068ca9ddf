package deploy

// The command function takes what people decide about findings: it acknowledges them, accepts risks and has roles read again. It is
// deployed once for chat, whose members may do less, and once for the principals of the setting ackPrincipals. Both are the same binary as
// rolewatch's own function, and have one role.
const (
	// CommandID and ChatCommandID are the logical IDs of the functions, and CommandRoleID that of their role.
	CommandID     = "Command"
	ChatCommandID = "ChatCommand"
	CommandRoleID = "CommandRole"
	// CommandAppID is how the SDK of the functions names itself in calls.
	CommandAppID = StackName + "-command"
	// CommandOutput is the output of the home stack that names the function for principals.
	CommandOutput = "CommandFunctionName"
	// SlackRoleID is the logical ID of the role of the Slack channel, and CustomActionPrefix begins the names of the buttons there.
	SlackRoleID = "SlackRole"
	// ChatTopicID is the logical ID of the topic of the Slack channel.
	ChatTopicID        = "Chat"
	CustomActionPrefix = StackName + "-"
)

// ActVariable is the member of the additional context of a notification in chat that has the hexadecimal part of a finding's ID.
const ActVariable = "hexId"
