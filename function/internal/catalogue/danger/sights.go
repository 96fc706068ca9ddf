package danger

import (
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// sight is something that watches the account, and what takes it away.
type sight struct {
	what    string
	actions []string
	// named are the ends of ARNs of rolewatch's own parts, after service, Region and account; without them any resource is
	// meant that the action takes. Own parts have the name of their stack in front:
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
	named []string
	// ofFunction says that a request names rolewatch's function by the condition key lambda:FunctionArn. A mapping has a random name.
	ofFunction bool
	// open counts what is allowed on everything too; else only what is allowed on the part and not on everything, since other
	// checks tell that.
	open     bool
	severity check.Severity
	// known are the actions, in order.
	known []ask.Known
}

func init() {
	for i := range sights {
		sights[i].known = ask.KnownActions(sights[i].actions)
	}
}

// partName ends the names of rolewatch's own parts, which CloudFormation chooses.
const partName = "4xn0q7zk3j8w"

// own is the name of a part of the home stack as far as it is known, as CloudFormation makes it of the part's logical ID.
func own(id string) string { return deploy.PhysicalName(id) + partName }

// ownFunction is the end of the ARN of rolewatch's function, and commandFunctions are those of the functions that take what people decide.
var (
	ownFunction      = "function:" + own(deploy.FunctionID)
	commandFunctions = []string{"function:" + own(deploy.CommandID), "function:" + own(deploy.ChatCommandID)}
)

// ownTopics are the ends of the ARNs of rolewatch's topics, and ownRoles those of its roles.
var (
	ownTopics = []string{own(deploy.FindingsID), own(deploy.OperationsID), own(deploy.ChatTopicID), own(deploy.PlaceChatID), own(deploy.PlaceMailID)}
	ownRoles  = []string{
		"role/" + own(deploy.RoleID), "role/" + own(deploy.CommandRoleID), "role/" + own(deploy.SlackRoleID),
		"role/" + deploy.HubRole, "role/" + deploy.ReaderRole, "role/" + deploy.SenderRole,
	}
)

// What follows are the parts of an organization's hub and of its members. Those of a member have fixed names, for a StackSet chooses the
// names of its stacks.
var (
	ownRules = []string{
		"rule/" + deploy.StackName + "-" + partName, "rule/" + deploy.BusName + "/" + deploy.StackName + "-" + partName,
		"rule/" + deploy.HubBusName + "/" + deploy.StackName + "-" + partName, "rule/" + deploy.MemberStack + "-" + partName,
	}
	ownQueues = []string{own(deploy.QueueID), own(deploy.DeadLettersID), own(deploy.RecordsID), deploy.MemberStack + "-" + deploy.DeadLettersID}
	ownStacks = []string{
		"stack/" + deploy.StackName + "/" + partName, "stack/" + deploy.MembersStackSet + "/" + partName, "stack/" + deploy.MemberStack + "/" + partName,
		"stack/StackSet-" + deploy.MembersStackSet + "-" + partName + "/" + partName,
	}
)

// sights are what tells of changes in an account, and the parts that rolewatch is made of. What they leave out is in a test, with the
// reasons.
var sights = []sight{
	{what: "CloudTrail's trails", severity: check.Critical, open: true, actions: []string{
		"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
		"cloudtrail:StopEventDataStoreIngestion", "cloudtrail:DeleteEventDataStore", "cloudtrail:UpdateEventDataStore",
	}},
	{what: "EventBridge's rules", severity: check.Critical, open: true, actions: []string{
		"events:DeleteRule", "events:DisableRule", "events:RemoveTargets", "events:PutRule", "events:PutTargets", "events:DeleteEventBus",
	}},
	{what: "log groups", severity: check.High, open: true, actions: []string{"logs:DeleteLogGroup", "logs:DeleteLogStream"}},
	{what: "rolewatch's rules", severity: check.Critical, open: true, named: ownRules,
		actions: []string{"events:DeleteRule", "events:DisableRule", "events:RemoveTargets", "events:PutRule", "events:PutTargets"}},
	{what: "rolewatch's event bus", severity: check.Critical, open: true, named: []string{"event-bus/" + deploy.BusName, "event-bus/" + deploy.HubBusName},
		actions: []string{"events:DeleteEventBus", "events:UpdateEventBus"}},
	{what: "rolewatch's queue", severity: check.Critical, open: true, named: ownQueues,
		actions: []string{"sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:SetQueueAttributes"}},
	{what: "rolewatch's queue", severity: check.Critical, named: ownQueues,
		actions: []string{"sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage", "sqs:StartMessageMoveTask", "sqs:RemovePermission"}},
	{what: "rolewatch's table", severity: check.Critical, open: true, named: []string{"table/" + own(deploy.TableID)},
		actions: []string{"dynamodb:DeleteTable", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive"}},
	{what: "rolewatch's table", severity: check.Critical, named: []string{"table/" + own(deploy.TableID)}, actions: []string{
		"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete",
		"dynamodb:PutResourcePolicy",
	}},
	{what: "rolewatch's topics", severity: check.Critical, open: true, named: ownTopics, actions: []string{
		"sns:DeleteTopic", "sns:SetTopicAttributes", "sns:PutDataProtectionPolicy", "sns:Unsubscribe", "sns:SetSubscriptionAttributes",
	}},
	{what: "rolewatch's topics", severity: check.Critical, named: ownTopics, actions: []string{"sns:RemovePermission"}},
	{what: "rolewatch's Slack channel", severity: check.Critical, open: true, named: []string{"chat-configuration/slack-channel/" + deploy.StackName},
		actions: []string{"chatbot:DeleteSlackChannelConfiguration", "chatbot:UpdateSlackChannelConfiguration", "chatbot:AssociateToConfiguration", "chatbot:DisassociateFromConfiguration"}},
	// A button runs what its action says, whatever is written on it.
	{what: "rolewatch's Slack channel", severity: check.Critical, open: true, named: []string{"custom-action/" + deploy.CustomActionPrefix + partName},
		actions: []string{"chatbot:UpdateCustomAction", "chatbot:DeleteCustomAction"}},
	{what: "rolewatch's Slack channel", severity: check.High, open: true, actions: []string{"chatbot:DeleteSlackWorkspaceAuthorization"}},
	{what: "rolewatch's function", severity: check.Critical, open: true, named: []string{ownFunction},
		actions: []string{"lambda:DeleteFunction", "lambda:PutFunctionConcurrency", "lambda:PutFunctionRecursionConfig"}},
	{what: "rolewatch's function", severity: check.Critical, named: []string{ownFunction}, actions: []string{
		"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:RemovePermission", "lambda:PutResourcePolicy",
		"lambda:DeleteResourcePolicy",
	}},
	// Who invokes a command function can have a finding acknowledged or a risk accepted. Versions, aliases and URLs have resource policies of
	// their own.
	{what: "rolewatch's command function", severity: check.Critical, named: commandFunctions, actions: []string{
		"lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:InvokeFunctionUrl", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:RemovePermission",
		"lambda:PutResourcePolicy", "lambda:DeleteResourcePolicy", "lambda:PublishVersion", "lambda:CreateAlias", "lambda:UpdateAlias", "lambda:CreateFunctionUrlConfig",
		"lambda:UpdateFunctionUrlConfig",
	}},
	// Tags say who is told of a finding. The function itself may tag itself, for the canary.
	{what: "the tags of rolewatch's parts", severity: check.High, named: append([]string{ownFunction}, commandFunctions...), actions: []string{"lambda:UntagResource"}},
	{what: "the tags of rolewatch's parts", severity: check.High, named: ownRoles, actions: []string{"iam:TagRole", "iam:UntagRole"}},
	{what: "rolewatch's event source mapping", severity: check.High, open: true, ofFunction: true, actions: []string{"lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"}},
	{what: "the keys of trails, topics and tables", severity: check.High, open: true, actions: []string{"kms:DisableKey", "kms:ScheduleKeyDeletion"}},
	{what: "rolewatch's alarms", severity: check.High, named: []string{"alarm:" + deploy.StackName + "-" + partName},
		actions: []string{"cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:PutMetricAlarm", "cloudwatch:PutAlarmMuteRule"}},
	{what: "rolewatch's role", severity: check.Critical, named: ownRoles, actions: []string{
		"iam:DeleteRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePermissionsBoundary",
	}},
	{what: "rolewatch's stack", severity: check.Critical, open: true, named: ownStacks, actions: []string{"cloudformation:DeleteStack"}},
	{what: "rolewatch's stack", severity: check.Critical, named: ownStacks, actions: []string{"cloudformation:UpdateStack", "cloudformation:ExecuteChangeSet"}},
	{what: "rolewatch's StackSet", severity: check.Critical, named: []string{"stackset/" + deploy.MembersStackSet + ":" + partName}, actions: []string{
		"cloudformation:DeleteStackInstances", "cloudformation:DeleteStackSet", "cloudformation:UpdateStackInstances", "cloudformation:UpdateStackSet",
	}},
	// The heartbeat of a member shows the hub that its Region can send.
	{what: "rolewatch's heartbeat", severity: check.High, named: []string{"schedule/default/" + deploy.MemberStack + "-" + deploy.HeartbeatID},
		actions: []string{"scheduler:DeleteSchedule", "scheduler:UpdateSchedule"}},
}
