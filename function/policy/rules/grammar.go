package rules

var grammarRules = []Rule{
	{
		Number: 1, Section: Grammar, Source: Documented, URLs: []string{grammarPage, userGuide + "reference_policies_elements_statement.html"},
		Sentence: "A policy contains only the elements of the policy grammar, with values of the type and form that the grammar defines. " +
			"Statement, Action, Resource, the principals of a type, and the values for a condition key are each a single value or a list.",
	},
	{
		Number: 2, Section: Grammar, Source: PartlyDocumented, URLs: []string{grammarPage, policyChecksPage},
		Sentence:     "An object in a policy can't contain the same key more than once. Keys that differ only in case are the same key.",
		Undocumented: "The pages state case for condition keys only; IAM also rejects elements whose names differ only in case.",
	},
	{
		Number: 3, Section: Grammar, Source: PartlyDocumented, URLs: []string{userGuide + "reference_policies_elements_version.html"},
		Sentence: "A policy without a Version element has version 2008-10-17, in which a policy variable such as ${aws:username} is literal text. " +
			"IAM and AWS Organizations require version 2012-10-17 in new policies.",
		Undocumented: "The page recommends version 2012-10-17. It was observed that IAM and AWS Organizations reject other versions, and that role trust policies and other services don't.",
	},
	{
		Number: 4, Section: Grammar, Source: Documented, URLs: []string{userGuide + "reference_policies_elements_effect.html"},
		Sentence: "The value of Effect is Allow or Deny, and it is case sensitive.",
	},
	{
		Number: 5, Section: Grammar, Source: PartlyDocumented, URLs: []string{userGuide + "reference_policies_elements_sid.html", grammarPage},
		Sentence:     "In an IAM policy, each Sid is unique and contains only the letters A-Z and a-z and digits.",
		Undocumented: "IAM also accepts underscores.",
	},
	{
		Number: 6, Section: Grammar, Source: PartlyDocumented, URLs: []string{userGuide + "reference_policies_elements_id.html", grammarPage},
		Sentence:     "The Id element is optional in resource-based policies. It isn't allowed in policies that are attached to an identity or an organization.",
		Undocumented: "IAM accepts an Id in the policies that it stores for users, groups and roles.",
	},
	{
		Number: 7, Section: Grammar, Source: Documented, URLs: []string{grammarPage, principalPage},
		Sentence: `Resource-based policies, role trust policies and RCPs require Principal or NotPrincipal. Its value is "*" or an object that lists ` +
			"principals by type: AWS, Service, Federated or CanonicalUser. Other policies can't contain either element.",
	},
	{
		Number: 8, Section: Grammar, Source: Documented, URLs: []string{policyChecksPage, userGuide + "reference_policies_elements_notprincipal.html"},
		Sentence: "A role trust policy can't contain Resource, NotResource or NotPrincipal, or a wildcard within a principal.",
	},
	{
		Number: 9, Section: Grammar, Source: Documented, URLs: []string{userGuide + "reference_iam-quotas.html", rcpSyntaxPage},
		Sentence: "IAM doesn't count white space toward the size of a policy. AWS Organizations counts every character of an SCP or RCP.",
	},
	{
		Number: 10, Section: Grammar, Source: PartlyDocumented, URLs: []string{grammarPage},
		Sentence:     "A policy is JSON text in UTF-8.",
		Undocumented: "The page refers to JSON as RFC 7159 defines it, whose default encoding is UTF-8, and names no encoding itself.",
	},
	{
		Number: 11, Section: Grammar, Source: Documented, URLs: []string{grammarPage},
		Sentence: "A condition value is a string, a number or a Boolean. Quotation marks are optional for numbers and Booleans.",
	},
}
