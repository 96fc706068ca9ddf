package coverage

var roleFields = []Row{
	judged("Arn", "RW110 compares its path with what functions are configured with, and the role's name is part of it."),
	judged("RoleId", "RW113 reports a role that was deleted and created again under its name."),
	judged("CreateDate", "RW113 says since when the role is another one."),
	judged("AssumeRolePolicyDocument", "RW102 to RW109, RW116, RW118, RW401 to RW406 and RW508 judge the trust policy."),
	judged("PermissionsBoundary.PermissionsBoundaryArn", "The text of the boundary bounds what the role may do in all checks of permissions. RW318 reports a weaker one."),
	judged("Tags.Key", "RW509 finds the tool that made the role. Conditions on tags of the role are judged by them."),
	judged("Tags.Value", "RW509 finds the tool that made the role. Conditions on tags of the role are judged by them."),

	noConcern("SourceRoleTemplate", "Whatever template the role was made from, its policies are read and judged as those of any role."),
	noConcern("RoleLastUsed", "When the role was used changes nothing of what it may do, or of who may assume it. The fix of RW502 says to look at it before the role is deleted."),

	noConcern("RoleName", "It is part of the ARN."),
	noConcern("Path", "It is part of the ARN."),
	noConcern("Description", "No permission depends on it."),
	noConcern("MaxSessionDuration", "Lambda renews the credentials of a function."),
	noConcern("PermissionsBoundary.PermissionsBoundaryType", "It has one value."),
}

var policyFields = []Row{
	judged("DefaultVersionId", "The version that is in force is the one that checks judge."),
	judged("PolicyId", "It distinguishes a policy from a deleted one with the same name."),
	noConcern("Arn", "The policy is asked for by its ARN, which the role's attachments name."),
	noConcern("PolicyName", "It is part of the ARN."),
	noConcern("Path", "It is part of the ARN."),
	noConcern("AttachmentCount", "Which roles a policy is attached to is listed, not counted."),
	noConcern("PermissionsBoundaryUsageCount", "Which roles a policy bounds is listed, not counted."),
	noConcern("IsAttachable", "A policy that is attached is in force."),
	noConcern("CreateDate", "When the policy was created decides nothing."),
	noConcern("UpdateDate", "When the policy was changed decides nothing."),
	noConcern("Description", "No permission depends on it."),
	noConcern("Tags", "No check reads tags of policies."),
}
