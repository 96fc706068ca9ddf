package rules

var evaluationRules = []Rule{
	{
		Number: 48, Section: Evaluation, Source: Documented, URLs: []string{evaluationPage},
		Sentence: "An explicit deny in any policy overrides every allow.",
	},
	{
		Number: 49, Section: Evaluation, Source: Documented,
		URLs:     []string{userGuide + "reference_policies_evaluation-logic_policy-eval-basics.html", userGuide + "reference_policies_evaluation-logic-cross-account.html"},
		Sentence: "Within an account, an allow in an identity-based policy or in the resource-based policy is enough. Across accounts, both must allow the request.",
	},
	{
		Number: 50, Section: Evaluation, Source: Documented, URLs: []string{evaluationPage, "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"},
		Sentence: "Role trust policies and KMS key policies must explicitly allow access. Within the account, a policy that names the principal is enough; " +
			"where it names the account, an identity-based policy must allow the request, too.",
	},
	{
		Number: 51, Section: Evaluation, Source: PartlyDocumented, URLs: []string{boundariesPage, evaluationPage, principalPage},
		Sentence: "The permissions of a user or role are limited to those that its permissions boundary also allows. This includes a grant to the ARN of the role in a resource-based policy. " +
			"An implicit deny in the boundary doesn't limit what a resource-based policy of the same account grants directly to a user or session, or to everyone.",
		Undocumented: "The pages state it for everyone only where a condition on aws:PrincipalArn names the role.",
	},
	{
		Number: 52, Section: Evaluation, Source: Documented, URLs: []string{userGuide + "access_policies.html", evaluationPage},
		Sentence: "The permissions of a session are limited to those that its session policy also allows. An implicit deny in the session policy doesn't limit a grant to the session's ARN.",
	},
	{
		Number: 53, Section: Evaluation, Source: Documented,
		URLs: []string{organizations + "orgs_manage_policies_scps_evaluation.html", scpPage, organizations + "orgs_manage_policies_scps_syntax.html"},
		Sentence: "SCPs must allow the request at every level from the root to the account; a level without policies allows nothing. " +
			"They limit the principals of member accounts, and not those of the management account, service principals or anonymous users. " +
			"They can use the full policy language.",
	},
	{
		Number: 54, Section: Evaluation, Source: Documented, URLs: []string{rcpSyntaxPage, rcpPage},
		Sentence: `RCPs that you write contain only Deny statements, with "*" as the principal and actions that name their service. ` +
			"They apply to resources of member accounts in the services that support RCPs. RCPFullAWSAccess, which allows everything, is always attached.",
	},
	{
		Number: 55, Section: Evaluation, Source: Documented, URLs: []string{stsReference + "API_GetCallerIdentity.html"},
		Sentence: "sts:GetCallerIdentity requires no permissions and is allowed even where a policy denies it.",
	},
	{
		Number: 56, Section: Evaluation, Source: Documented, URLs: []string{userGuide + "id_roles_update-role-trust-policy.html", evaluationPage},
		Sentence: "A role can assume itself only if its trust policy allows that explicitly.",
	},
	{
		Number: 57, Section: Evaluation, Source: Observed,
		Sentence: "No policy can allow changes to what AWS owns in an account: IAM writes and iam:PassRole on role/aws-reserved/*, IAM writes on AWS managed policies, " +
			"and kms:CreateAlias, kms:UpdateAlias and kms:DeleteAlias on alias/aws/*.",
	},
	{
		Number: 58, Section: Evaluation, Source: PartlyDocumented, URLs: []string{stsReference + "API_GetFederationToken.html", principalPage},
		Sentence: "A federated user session has the permissions of the IAM user that called GetFederationToken, limited by the session policy. " +
			"A policy that names the session applies to it. Unless the request says who called, whether a policy that names a user applies is unknown.",
		Undocumented: "The documentation doesn't say whether a policy that names the user applies to the session.",
	},
	{
		Number: 59, Section: Evaluation, Source: PartlyDocumented, URLs: []string{scpPage, rcpPage},
		Sentence: "SCPs and RCPs don't limit service-linked roles, whose ARNs have the path /aws-service-role/. The ARN of a session has no path: where nothing else identifies the role of a session " +
			"named AWSServiceRoleFor..., and SCPs or RCPs decide, the answer is unknown.",
		Undocumented: "The pages state the exception; how sessions are recognized isn't documented.",
	},
}
