package coverage

import "slices"

// inSweep is why a change of the organization's policies is judged although no event of it is listed: every reconcile reads the
// policies that apply to the account.
const inSweep = "RW115, and what a role may do in all checks of permissions, are judged by the policies that apply at the time of the reconcile. " +
	"No event of the operation leads to one: the daily sweep does, at the latest."

const (
	ofOtherAccounts = "It creates, closes or names an account or a unit. Which policies apply to the account that is watched stays the same."
	ofDelegation    = "It says which accounts and services may administer the organization. The policies that apply to the account stay the same."
	ofTransfer      = "It is about who pays for the organization. No permission depends on it."
	ofInvitation    = "An invitation changes nothing before the account accepts it."
)

var organizationsOperations = slices.Concat(
	each(judged, inSweep, "EnableAllFeatures", "CreateOrganization", "DeleteOrganization"),
	[]Row{
		event("AttachPolicy"),
		event("DetachPolicy"),
		event("UpdatePolicy"),
		event("DeletePolicy"),
		event("EnablePolicyType"),
		event("DisablePolicyType"),
		event("MoveAccount"),
		event("RemoveAccountFromOrganization"),
		event("LeaveOrganization"),
		event("CloseAccount"),
		event("AcceptHandshake"),
		noConcern("CreatePolicy", "A policy takes nothing away before it is attached."),
		noConcern("TagResource", "No check reads tags of accounts, units or policies of the organization."),
		noConcern("UntagResource", "No check reads tags of accounts, units or policies of the organization."),
	},
	each(noConcern, ofOtherAccounts, "CreateAccount", "CreateGovCloudAccount", "CreateOrganizationalUnit", "UpdateOrganizationalUnit", "DeleteOrganizationalUnit"),
	each(noConcern, ofDelegation, "EnableAWSServiceAccess", "DisableAWSServiceAccess", "RegisterDelegatedAdministrator", "DeregisterDelegatedAdministrator",
		"PutResourcePolicy", "DeleteResourcePolicy"),
	each(noConcern, ofTransfer, "InviteOrganizationToTransferResponsibility", "UpdateResponsibilityTransfer", "TerminateResponsibilityTransfer"),
	each(noConcern, ofInvitation, "InviteAccountToOrganization", "CancelHandshake", "DeclineHandshake"),
)
