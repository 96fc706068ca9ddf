package events

// Where records name what they act on.
const (
	fieldRole     = "requestParameters.roleName"
	fieldUser     = "requestParameters.userName"
	fieldGroup    = "requestParameters.groupName"
	fieldPolicy   = "requestParameters.policyArn"
	fieldFunction = "requestParameters.functionName"
	fieldResource = "requestParameters.resource"
	// fieldResourceARN is that of the calls for whole resource policies, which other resources of Lambda have too.
	fieldResourceARN = "requestParameters.resourceArn"
	fieldMapping     = "requestParameters.uUID"
	fieldProvider    = "requestParameters.capacityProviderName"
	// fieldOrganizationPolicy and the following are those of AWS Organizations' calls; the last one is of a call about the
	// account that makes it.
	fieldOrganizationPolicy = "requestParameters.policyId"
	fieldAccount            = "requestParameters.accountId"
	fieldRoot               = "requestParameters.rootId"
	fieldHandshake          = "requestParameters.handshakeId"
	fieldCaller             = "recipientAccountId"
)

// table is the catalogue. Which calls change a role or a managed policy comes from IAM's API model, and which change
// a function's role or what it needs from Lambda's, and which change what binds an account
// from AWS Organizations'; the event names are those of CloudTrail's records. Effects are those of IAM's API reference: UntagRole leaves the role's other tags, and CreatePolicyVersion replaces what is in force where it
// sets the default version.
var table = []Event{
	onRole("CreateRole", PartRole, EffectSets, "role created"),
	at("responseElements.role.roleName", onRole("AcquireRole", PartRole, EffectSets, "role created from a template, or an existing role returned")),
	onRole("DeleteRole", PartRole, EffectRemoves, "role deleted"),
	idle(onRole("UpdateRole", PartRole, EffectNone, "role's session duration or description changed"),
		"no check depends on the session duration or the description"),
	idle(onRole("UpdateRoleDescription", PartRole, EffectNone, "role's description changed"),
		"no check depends on the description"),
	onRole("UpdateAssumeRolePolicy", PartTrust, EffectReplaces, "trust policy replaced"),
	onRole("PutRolePolicy", PartInline, EffectSets, "inline policy written"),
	onRole("DeleteRolePolicy", PartInline, EffectRemoves, "inline policy deleted"),
	onRole("AttachRolePolicy", PartPolicy, EffectSets, "managed policy attached"),
	onRole("DetachRolePolicy", PartPolicy, EffectRemoves, "managed policy detached"),
	onRole("PutRolePermissionsBoundary", PartBoundary, EffectSets, "permissions boundary set"),
	onRole("DeleteRolePermissionsBoundary", PartBoundary, EffectRemoves, "permissions boundary removed"),
	onRole("TagRole", PartTags, EffectSets, "role tagged"),
	onRole("UntagRole", PartTags, EffectReplaces, "role's tags removed"),
	at("responseElements.role.roleName", onRole("CreateServiceLinkedRole", PartRole, EffectSets, "service-linked role created")),
	onRole("DeleteServiceLinkedRole", PartRole, EffectRemoves, "service-linked role deleted"),

	onUser("CreateUser", "user created"),
	onUser("DeleteUser", "user deleted"),
	onUser("UpdateUser", "user renamed or moved to another path"),
	onUser("PutUserPolicy", "inline policy of a user written"),
	onUser("DeleteUserPolicy", "inline policy of a user deleted"),
	onUser("AttachUserPolicy", "managed policy attached to a user"),
	onUser("DetachUserPolicy", "managed policy detached from a user"),
	onUser("PutUserPermissionsBoundary", "permissions boundary of a user set"),
	onUser("DeleteUserPermissionsBoundary", "permissions boundary of a user removed"),
	onUser("TagUser", "user tagged"),
	onUser("UntagUser", "user's tags removed"),
	onUser("AddUserToGroup", "user added to a group"),
	onUser("RemoveUserFromGroup", "user removed from a group"),
	idle(onGroup("CreateGroup", "group created"), "a group that was just created has no users and no policies"),
	idle(onGroup("DeleteGroup", "group deleted"), "IAM deletes a group only when it has no users and no policies"),
	onGroup("UpdateGroup", "group renamed or moved to another path"),
	onGroup("PutGroupPolicy", "inline policy of a group written"),
	onGroup("DeleteGroupPolicy", "inline policy of a group deleted"),
	onGroup("AttachGroupPolicy", "managed policy attached to a group"),
	onGroup("DetachGroupPolicy", "managed policy detached from a group"),

	at("responseElements.policy.arn", idle(onPolicy("CreatePolicy", EffectSets, "managed policy created"),
		"a policy that was just created is not attached to any role")),
	idle(onPolicy("DeletePolicy", EffectRemoves, "managed policy deleted"),
		"IAM deletes a policy only when it is no longer attached to any role"),
	onPolicy("CreatePolicyVersion", EffectReplaces, "policy version created"),
	idle(onPolicy("DeletePolicyVersion", EffectNone, "policy version deleted"),
		"only versions that are not the default version can be deleted, and they are not in force"),
	onPolicy("SetDefaultPolicyVersion", EffectReplaces, "policy's default version changed"),
	idle(onPolicy("TagPolicy", EffectNone, "managed policy tagged"), "a policy's tags grant nothing to the roles that use it"),
	idle(onPolicy("UntagPolicy", EffectNone, "managed policy's tags removed"),
		"a policy's tags grant nothing to the roles that use it"),

	configured("CreateFunction", "function created"),
	configured("UpdateFunctionConfiguration", "function's configuration changed"),
	configured("UpdateFunctionCode", "function's code changed"),
	onFunction("DeleteFunction", "function deleted"),
	configured("PublishVersion", "function version published"),
	onFunction("CreateAlias", "alias created"),
	onFunction("UpdateAlias", "alias changed"),
	onFunction("DeleteAlias", "alias deleted"),
	onFunction("AddPermission", "function's resource policy extended"),
	onFunction("RemovePermission", "function's resource policy reduced"),
	at(fieldResourceARN, onFunction("PutResourcePolicy", "resource policy replaced")),
	at(fieldResourceARN, onFunction("DeleteResourcePolicy", "resource policy deleted")),
	onFunction("CreateFunctionUrlConfig", "function URL created"),
	onFunction("UpdateFunctionUrlConfig", "function URL changed"),
	onFunction("DeleteFunctionUrlConfig", "function URL deleted"),
	configuring(ConfiguresInvocation, onFunction("PutFunctionEventInvokeConfig", "asynchronous invocation configured")),
	configuring(ConfiguresInvocation, onFunction("UpdateFunctionEventInvokeConfig", "asynchronous invocation's configuration changed")),
	onFunction("DeleteFunctionEventInvokeConfig", "asynchronous invocation's configuration deleted"),
	onFunction("PutRuntimeManagementConfig", "updates of the function's runtime configured"),
	at(fieldFunction, configuring(ConfiguresMapping, onMapping("CreateEventSourceMapping", "event source mapping created"))),
	configuring(ConfiguresMapping, onMapping("UpdateEventSourceMapping", "event source mapping changed")),
	onMapping("DeleteEventSourceMapping", "event source mapping deleted"),
	at(fieldResource, onFunction("TagResource", "function tagged")),
	at(fieldResource, onFunction("UntagResource", "function's tags removed")),
	onProvider("CreateCapacityProvider", "capacity provider created"),
	idle(onProvider("UpdateCapacityProvider", "capacity provider's scaling or logging changed"),
		"a capacity provider keeps its operator role, its subnets and its security groups"),
	onProvider("DeleteCapacityProvider", "capacity provider deleted"),

	onOrganization("AttachPolicy", fieldOrganizationPolicy, "policy of the organization attached"),
	onOrganization("DetachPolicy", fieldOrganizationPolicy, "policy of the organization detached"),
	onOrganization("UpdatePolicy", fieldOrganizationPolicy, "policy of the organization changed"),
	idle(onOrganization("DeletePolicy", fieldOrganizationPolicy, "policy of the organization deleted"),
		"AWS Organizations deletes a policy only when it is no longer attached to any target"),
	onOrganization("EnablePolicyType", fieldRoot, "policy type enabled"),
	onOrganization("DisablePolicyType", fieldRoot, "policy type disabled"),
	onOrganization("MoveAccount", fieldAccount, "account moved to another organizational unit"),
	onOrganization("RemoveAccountFromOrganization", fieldAccount, "account removed from the organization"),
	onOrganization("CloseAccount", fieldAccount, "account of the organization closed"),
	onOrganization("LeaveOrganization", fieldCaller, "account left its organization"),
	onOrganization("AcceptHandshake", fieldHandshake, "account joined an organization, or the organization was changed"),
}

func onRole(name string, part Part, effect Effect, title string) Event {
	return Event{Source: sourceIAM, Name: name, Subject: SubjectRole, Field: fieldRole, Part: part, Effect: effect, Look: true, Title: title}
}

// onUser and onGroup are events of users, and of groups of users, which a role may be able to become.
func onUser(name, title string) Event {
	return Event{Source: sourceIAM, Name: name, Subject: SubjectUser, Field: fieldUser, Look: true, Title: title}
}

func onGroup(name, title string) Event {
	return Event{Source: sourceIAM, Name: name, Subject: SubjectGroup, Field: fieldGroup, Look: true, Title: title}
}

func onPolicy(name string, effect Effect, title string) Event {
	return Event{Source: sourceIAM, Name: name, Subject: SubjectPolicy, Field: fieldPolicy, Part: PartPolicy, Effect: effect, Look: true, Title: title}
}

func onFunction(name, title string) Event {
	return Event{Source: sourceLambda, Name: name, Subject: SubjectFunction, Field: fieldFunction, Look: true, Title: title}
}

// onOrganization is an event of the management account, or of the account that joins or leaves an organization. AWS Organizations
// records in the partition's global Region alone:
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_cloudtrail-integration.html
func onOrganization(name, field, title string) Event {
	return Event{Source: sourceOrganizations, Name: name, Subject: SubjectOrganization, Field: field, Look: true, Title: title}
}

func onMapping(name, title string) Event {
	return Event{Source: sourceLambda, Name: name, Subject: SubjectMapping, Field: fieldMapping, Look: true, Title: title}
}

func onProvider(name, title string) Event {
	return Event{Source: sourceLambda, Name: name, Subject: SubjectProvider, Field: fieldProvider, Look: true, Title: title}
}

func configured(name, title string) Event {
	e := configuring(ConfiguresFunction, onFunction(name, title))
	e.Config = true
	return e
}

func configuring(what Configures, e Event) Event {
	e.Configures = what
	return e
}

func at(field string, e Event) Event {
	e.Field = field
	return e
}

func idle(e Event, why string) Event {
	e.Look, e.Why = false, why
	return e
}
