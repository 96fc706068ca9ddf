package danger

// identityCenter is where the APIs of IAM Identity Center can be called from:
// https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html
const identityCenter = "that the account is the management account of the organization, or the delegated administrator of IAM Identity Center, " +
	"which rolewatch does not read"

// bounds are the keys of a permissions boundary: a role with one gains no more than the boundary allows, which somebody chose.
var bounds = []string{"iam:permissionsboundary"}

// identityPaths create identities, or change who can sign in to which role.
var identityPaths = []path{
	{id: "role-create", does: "create a role with any permissions, and assume it", makes: true, ways: [][]step{
		{{action: "iam:CreateRole", on: otherRole, without: bounds}, {action: "iam:AttachRolePolicy", on: otherRole, without: bounds, attaches: administrator}},
		{{action: "iam:CreateRole", on: otherRole, without: bounds}, {action: "iam:PutRolePolicy", on: otherRole, without: bounds}},
		{{action: "iam:CreateRole", on: otherRole, keys: widestBoundary}, {action: "iam:PutRolePolicy", on: otherRole, keys: widestBoundary}},
		{
			{action: "iam:CreateRole", on: otherRole}, {action: "iam:DeleteRolePermissionsBoundary", on: otherRole},
			{action: "iam:PutRolePolicy", on: otherRole, without: bounds},
		},
	}},
	{
		id: "saml-provider", does: "replace an existing SAML identity provider with its own, and so sign in to the roles that trust it",
		requires: "a SAML identity provider that a role trusts", ways: [][]step{
			do(aThing, "iam:UpdateSAMLProvider"),
			do(aThing, "iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"),
		},
	},
	{
		id: "roles-anywhere-anchor", does: "get credentials of the roles of IAM Roles Anywhere, with its own certificate authority",
		requires: "a profile of IAM Roles Anywhere", ways: [][]step{
			do(anything, "rolesanywhere:CreateTrustAnchor"),
			do(anything, "rolesanywhere:UpdateTrustAnchor"),
		},
	},
	{
		id: "iot-certificate", does: "get credentials of the roles of existing IoT role aliases, with its own device certificate",
		requires: "an IoT role alias", ways: [][]step{
			do(anything, "iot:CreateKeysAndCertificate", "iot:CreatePolicy", "iot:AttachPolicy"),
			do(anything, "iot:CreateKeysAndCertificate", "iot:CreatePolicy", "iot:AttachPrincipalPolicy"),
			do(anything, "iot:CreateCertificateFromCsr", "iot:CreatePolicy", "iot:AttachPolicy"),
		},
	},
	{
		id: "permission-set-assignment", does: "assign an existing permission set of IAM Identity Center to a user of its choice, in any account",
		requires: identityCenter, elsewhere: true, ways: [][]step{do(anything, "sso:CreateAccountAssignment")},
	},
	{
		id: "identity-store-group", does: "add a user of IAM Identity Center to more powerful groups",
		requires: identityCenter, elsewhere: true, ways: [][]step{
			do(anything, "identitystore:CreateGroupMembership"),
			do(anything, "sso-directory:AddMemberToGroup"),
		},
	},
}
