package danger

// iamPaths change the permissions of roles, users and groups.
var iamPaths = []path{
	{id: "iam-everything", does: "perform every IAM action on roles, users and policies", ways: [][]step{{{
		action: "iam:*", each: []string{
			"iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:CreatePolicyVersion", "iam:CreateRole", "iam:PassRole",
		},
	}}}},
	{id: "iam-put", does: "write inline policies for any role, user and group", ways: [][]step{{{
		action: "iam:Put*", each: []string{"iam:PutRolePolicy", "iam:PutUserPolicy", "iam:PutGroupPolicy"},
	}}}},
	{id: "policy-version", does: "change managed policies, and so the permissions of everyone who has them", ways: [][]step{
		do(aPolicy, "iam:CreatePolicyVersion"),
		way(do(aPolicy, "iam:CreatePolicyVersion"), do(otherRole, "iam:UpdateAssumeRolePolicy")),
		way(do(aPolicy, "iam:CreatePolicyVersion"), do(otherRole, "sts:AssumeRole")),
	}},
	{id: "policy-default-version", does: "restore an earlier version of a managed policy, which may allow more",
		requires: "a managed policy that has an earlier version", ways: [][]step{
			do(aPolicy, "iam:SetDefaultPolicyVersion"),
		}},
	{id: "role-attach-policy", does: "attach any policy to itself, or to a role that it can assume", ways: [][]step{
		way(attach("iam:AttachRolePolicy", itself)),
		way(attach("iam:AttachRolePolicy", otherRole), do(otherRole, "sts:AssumeRole")),
		way(attach("iam:AttachRolePolicy", otherRole), do(otherRole, "iam:UpdateAssumeRolePolicy")),
	}},
	{id: "role-inline-policy", does: "write inline policies for itself, or for a role that it can assume", ways: [][]step{
		do(itself, "iam:PutRolePolicy"),
		do(otherRole, "iam:PutRolePolicy", "sts:AssumeRole"),
		do(otherRole, "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"),
	}},
	{id: "role-trust", does: "change the trust policies of other roles, and so allow anyone to assume them", ways: [][]step{
		do(otherRole, "iam:UpdateAssumeRolePolicy"),
		do(otherRole, "iam:UpdateAssumeRolePolicy", "sts:AssumeRole"),
	}},
	{id: "role-boundary", does: "remove the permissions boundary of a role that it can assume", ways: [][]step{
		do(otherRole, "iam:DeleteRolePermissionsBoundary", "sts:AssumeRole"),
	}},
	{id: "user-access-key", does: "create access keys for other users", ways: [][]step{
		do(aUser, "iam:CreateAccessKey"),
		do(aUser, "iam:CreateAccessKey", "iam:DeleteAccessKey"),
	}},
	{id: "user-password", does: "create a console password for a user who has none", ways: [][]step{do(aUser, "iam:CreateLoginProfile")}},
	{id: "user-new-password", does: "change the console password of another user", ways: [][]step{do(aUser, "iam:UpdateLoginProfile")}},
	{id: "user-attach-policy", does: "attach any policy to a user", ways: [][]step{
		way(attach("iam:AttachUserPolicy", aUser)),
		way(attach("iam:AttachUserPolicy", aUser), do(aUser, "iam:CreateAccessKey")),
	}},
	{id: "user-inline-policy", does: "write inline policies for a user", ways: [][]step{
		do(aUser, "iam:PutUserPolicy"),
		do(aUser, "iam:PutUserPolicy", "iam:CreateAccessKey"),
	}},
	{id: "user-boundary", does: "remove the permissions boundary of a user", ways: [][]step{do(aUser, "iam:DeleteUserPermissionsBoundary")}},
	{id: "group-attach-policy", does: "attach any policy to a group", ways: [][]step{way(attach("iam:AttachGroupPolicy", aGroup))}},
	{id: "group-inline-policy", does: "write inline policies for a group", ways: [][]step{do(aGroup, "iam:PutGroupPolicy")}},
	{id: "group-join", does: "add users to more powerful groups", ways: [][]step{do(aGroup, "iam:AddUserToGroup")}},
	{id: "assume-role", does: "assume other roles whose trust policies trust the account as a whole", onlyAny: true,
		requires: "a more powerful role whose trust policy allows the account to assume it", ways: [][]step{
			do(otherRole, "sts:AssumeRole"),
		}},
	{
		id: "permission-set-policy", does: "attach any policy to a permission set of IAM Identity Center",
		requires: identityCenter, elsewhere: true, ways: [][]step{
			do(anything, "sso:AttachManagedPolicyToPermissionSet"),
			do(anything, "sso:AttachCustomerManagedPolicyReferenceToPermissionSet"),
			do(anything, "sso:AttachManagedPolicyToPermissionSet", "sso:CreateAccountAssignment", "sso:CreatePermissionSet"),
		},
	},
	{
		id: "permission-set-inline-policy", does: "write the inline policy of a permission set of IAM Identity Center",
		requires: identityCenter, elsewhere: true, ways: [][]step{do(anything, "sso:PutInlinePolicyToPermissionSet")},
	},
}
