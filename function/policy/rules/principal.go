package rules

var principalRules = []Rule{
	{
		Number: 39, Section: Principal, Source: PartlyDocumented, URLs: []string{principalPage},
		Sentence:     `As the value of Principal, "*" and {"AWS": "*"} both mean everyone, including anonymous users. Some services distinguish between the two.`,
		Undocumented: "The page doesn't name the services that distinguish between the two.",
	},
	{
		Number: 40, Section: Principal, Source: Documented, URLs: []string{principalPage, grammarPage},
		Sentence: "A wildcard can't match a part of a principal's name or ARN.",
	},
	{
		Number: 41, Section: Principal, Source: Documented, URLs: []string{principalPage},
		Sentence: "An account ID and the ARN of the account's root are the same principal. Both delegate to the account, whose own policies then decide.",
	},
	{
		Number: 42, Section: Principal, Source: Documented, URLs: []string{evaluationPage, principalPage},
		Sentence: "Permissions that a resource-based policy grants to a role's ARN are limited by the role's permissions boundary and by session policies. " +
			"An implicit deny in them doesn't limit permissions granted to the ARN of a session.",
	},
	{
		Number: 43, Section: Principal, Source: Documented, URLs: []string{principalPage},
		Sentence: "When you delete a user or role that a role trust policy names, the unique ID of the principal (AIDA..., AROA...) appears in place of its ARN. " +
			"The policy doesn't apply to a new principal of the same name.",
	},
	{
		Number: 44, Section: Principal, Source: Documented, URLs: []string{principalPage},
		Sentence: "A service principal matches only the service of exactly that name. A name that contains a Region is only for cross-Region requests of services in opt-in Regions.",
	},
	{
		Number: 45, Section: Principal, Source: Documented, URLs: []string{userGuide + "reference_policies_elements_notprincipal.html", boundariesPage},
		Sentence: "NotPrincipal is supported only with Deny. A principal is exempt only if its account is listed, too, and a principal that has a permissions boundary is always denied.",
	},
	{
		Number: 46, Section: Principal, Source: Observed,
		Sentence: "A statement of a resource-based policy that has neither Principal nor NotPrincipal applies to no one.",
	},
	{
		Number: 47, Section: Principal, Source: Documented, URLs: []string{policyChecksPage},
		Sentence: "A federated principal requires the action of its kind of provider: sts:AssumeRoleWithWebIdentity for OpenID Connect, sts:AssumeRoleWithSAML for SAML.",
	},
}
