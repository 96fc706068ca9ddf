package coverage

import "slices"

// roleOperations are IAM's operations on roles, on managed policies, and on what gives a role to somebody.
var roleOperations = slices.Concat(
	[]Row{
		event("CreateRole"),
		event("DeleteRole"),
		event("UpdateRole"),
		event("UpdateRoleDescription"),
		event("UpdateAssumeRolePolicy"),
		event("PutRolePolicy"),
		event("DeleteRolePolicy"),
		event("AttachRolePolicy"),
		event("DetachRolePolicy"),
		event("PutRolePermissionsBoundary"),
		event("DeleteRolePermissionsBoundary"),
		event("TagRole"),
		event("UntagRole"),
		event("AcquireRole"),
		event("CreateServiceLinkedRole"),
		event("DeleteServiceLinkedRole"),
		event("CreatePolicy"),
		event("DeletePolicy"),
		event("CreatePolicyVersion"),
		event("DeletePolicyVersion"),
		event("SetDefaultPolicyVersion"),
		event("TagPolicy"),
		event("UntagPolicy"),
		event("CreateUser"),
		event("DeleteUser"),
		event("UpdateUser"),
		event("PutUserPolicy"),
		event("DeleteUserPolicy"),
		event("AttachUserPolicy"),
		event("DetachUserPolicy"),
		event("PutUserPermissionsBoundary"),
		event("DeleteUserPermissionsBoundary"),
		event("TagUser"),
		event("UntagUser"),
		event("AddUserToGroup"),
		event("RemoveUserFromGroup"),
		event("CreateGroup"),
		event("DeleteGroup"),
		event("UpdateGroup"),
		event("PutGroupPolicy"),
		event("DeleteGroupPolicy"),
		event("AttachGroupPolicy"),
		event("DetachGroupPolicy"),

		noConcern("PutAccountProperties", "It turns role manager on. A role that role manager makes is recorded as AcquireRole, and judged as any other."),
		noConcern("AddRoleToInstanceProfile", "Whether EC2 instances may have the role is up to its trust policy, which RW406 judges."),
		noConcern("RemoveRoleFromInstanceProfile", "The trust policy still allows EC2, and RW406 still reports it."),
	},
	each(notYet, "Whether a trust policy's OIDC provider exists, and for which audiences its tokens are. Providers are not read: RW405 judges as if each were there and accepted every audience, which reports too much and not too little.",
		"CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider", "AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider",
		"UpdateOpenIDConnectProviderThumbprint"),
	each(notYet, "Who signs in through a SAML provider that a trust policy names: whoever replaces the metadata of the provider decides that. RW308 reports a role that may replace it; what the metadata says is not read.",
		"CreateSAMLProvider", "UpdateSAMLProvider", "DeleteSAMLProvider"),
	each(notYet, "Whether roles can obtain tokens for other clouds: sts:GetWebIdentityToken works only while the feature is on. RW210 checks the permission alone.",
		"EnableOutboundWebIdentityFederation", "DisableOutboundWebIdentityFederation"),
	each(notYet, "A delegation gives a product provider temporary access with the permissions of a principal of the account. Delegations are not read: they come from no trust policy and no policy of a role, and no check asks for them yet.",
		"CreateDelegationRequest", "UpdateDelegationRequest", "AssociateDelegationRequest", "AcceptDelegationRequest", "RejectDelegationRequest", "SendDelegationToken"),
)

const (
	ofCredentials  = "It manages the sign-in or the credentials of a user, which no execution role has. Which permissions a role can obtain depends on whether it may create credentials, and not on those that there are."
	ofMFA          = "It manages an MFA device. A condition on MFA in a trust policy is judged as it is written."
	ofCertificates = "It manages a server certificate, which no execution role and no function uses."
	ofOtherTags    = "It tags something that no check reads the tags of."
	ofRoot         = "It is about the root users of member accounts. No execution role depends on it."
	ofAccount      = "It sets a name or a rule for the passwords of the account's users. No execution role depends on it."
)

var otherIAMOperations = slices.Concat(
	[]Row{
		noConcern("CreateInstanceProfile", "An instance profile has no role before AddRoleToInstanceProfile."),
		noConcern("DeleteInstanceProfile", "IAM deletes an instance profile only when it has no role."),
		noConcern("SetSecurityTokenServicePreferences", "It says in which Regions tokens of the global endpoint of STS are valid. Lambda does not use that endpoint's preference."),
	},
	each(noConcern, ofCredentials, "ChangePassword", "CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "CreateLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile",
		"CreateServiceSpecificCredential", "UpdateServiceSpecificCredential", "ResetServiceSpecificCredential",
		"DeleteServiceSpecificCredential", "UploadSSHPublicKey", "UpdateSSHPublicKey", "DeleteSSHPublicKey", "UploadSigningCertificate",
		"UpdateSigningCertificate", "DeleteSigningCertificate"),
	each(noConcern, ofMFA, "CreateVirtualMFADevice", "DeleteVirtualMFADevice", "EnableMFADevice", "DeactivateMFADevice", "ResyncMFADevice"),
	each(noConcern, ofCertificates, "UploadServerCertificate", "UpdateServerCertificate", "DeleteServerCertificate"),
	each(noConcern, ofOtherTags, "TagMFADevice", "UntagMFADevice", "TagServerCertificate", "UntagServerCertificate", "TagInstanceProfile",
		"UntagInstanceProfile", "TagOpenIDConnectProvider", "UntagOpenIDConnectProvider", "TagSAMLProvider", "UntagSAMLProvider"),
	each(noConcern, ofRoot, "EnableOrganizationsRootCredentialsManagement", "DisableOrganizationsRootCredentialsManagement", "EnableOrganizationsRootSessions",
		"DisableOrganizationsRootSessions"),
	each(noConcern, ofAccount, "CreateAccountAlias", "DeleteAccountAlias", "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy"),
)
