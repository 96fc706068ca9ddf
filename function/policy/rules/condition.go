package rules

var conditionRules = []Rule{
	{
		Number: 21, Section: Condition, Source: Documented, URLs: []string{manyValuesPage},
		Sentence: "All operators and all keys of a Condition element must be met. Of several values for a key, one match is enough; with a negated operator, no value can match.",
	},
	{
		Number: 22, Section: Condition, Source: Documented, URLs: []string{operatorsPage},
		Sentence: "If a key isn't in the request context, a condition with a positive operator isn't met, and a condition with a negated operator is.",
	},
	{
		Number: 23, Section: Condition, Source: Documented, URLs: []string{operatorsPage, policyChecksPage},
		Sentence: "A condition whose operator ends in IfExists is met if the key isn't in the request context. IfExists can't be added to Null.",
	},
	{
		Number: 24, Section: Condition, Source: Documented, URLs: []string{setsPage},
		Sentence: "If a key isn't in the request context or has no values, a condition with ForAllValues is met, and a condition with ForAnyValue isn't.",
	},
	{
		Number: 25, Section: Condition, Source: Documented, URLs: []string{setsPage},
		Sentence: "A condition with ForAllValues and a negated operator is met if no value of the request matches any value of the policy.",
	},
	{
		Number: 26, Section: Condition, Source: Observed,
		Sentence: "A set operator on a single-valued key is evaluated, with the key's value as a set of one.",
	},
	{
		Number: 27, Section: Condition, Source: Documented, URLs: []string{operatorsPage},
		Sentence: "Null with the value false requires that the key is in the request context and isn't empty. With the value true, it requires the opposite.",
	},
	{
		Number: 28, Section: Condition, Source: Documented, URLs: []string{userGuide + "reference_policies_elements_condition.html", globalKeysPage},
		Sentence: "The names of condition keys are case insensitive, including the tag key in aws:PrincipalTag/tag-key.",
	},
	{
		Number: 29, Section: Condition, Source: Documented, URLs: []string{operatorsPage},
		Sentence: "StringEquals compares whole strings and has no wildcards. StringEquals and StringLike are case sensitive.",
	},
	{
		Number: 30, Section: Condition, Source: Documented, URLs: []string{operatorsPage},
		Sentence: "ArnEquals and ArnLike are the same operator. They compare the six segments of an ARN one by one, and each segment can contain wildcards.",
	},
	{
		Number: 31, Section: Condition, Source: PartlyDocumented, URLs: []string{operatorsPage},
		Sentence:     "Numeric operators compare integers and decimal numbers. A value that isn't a number doesn't match.",
		Undocumented: "The page doesn't say what a value that isn't a number does.",
	},
	{
		Number: 32, Section: Condition, Source: Documented, URLs: []string{operatorsPage},
		Sentence: "Date operators compare dates in one of the W3C forms of ISO 8601, or in seconds of epoch time.",
	},
	{
		Number: 33, Section: Condition, Source: PartlyDocumented, URLs: []string{operatorsPage},
		Sentence:     "Bool compares with true or false, and ignores case.",
		Undocumented: "The page doesn't mention case.",
	},
	{
		Number: 34, Section: Condition, Source: Documented, URLs: []string{operatorsPage},
		Sentence: "BinaryEquals compares byte by byte with the value that is base64-encoded in the policy.",
	},
	{
		Number: 35, Section: Condition, Source: PartlyDocumented, URLs: []string{operatorsPage},
		Sentence:     "An IP address without a prefix length is a range of that address alone: /32 for IPv4, /128 for IPv6. An IPv4 address never matches an IPv6 range, or the reverse.",
		Undocumented: "The page states /32 only.",
	},
	{
		Number: 36, Section: Condition, Source: PartlyDocumented, URLs: []string{globalKeysPage},
		Sentence:     "aws:SourceIp isn't in the context of a request through a VPC endpoint, or of a request that an AWS service makes.",
		Undocumented: "For a request that a service makes, the page says that the caller's address isn't available, and not that the key is absent.",
	},
	{
		Number: 37, Section: Condition, Source: PartlyDocumented, URLs: []string{variablesPage},
		Sentence: "Policy variables are replaced in the values of string and ARN operators, by the value of a single-valued key or by the default in ${key, 'default'}. " +
			"${*}, ${?} and ${$} are the literal characters. Wildcards in the replacement are literal.",
		Undocumented: "The page doesn't say that wildcards in the replacement are literal.",
	},
	{
		Number: 38, Section: Condition, Source: Documented, URLs: []string{variablesPage, operatorsPage},
		Sentence: "A condition value with a variable that can't be resolved matches nothing. A positive operator isn't met by it, and a negated operator is.",
	},
	{
		Number: 61, Section: Condition, Source: PartlyDocumented,
		URLs: []string{
			globalKeysPage, "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
		},
		Sentence: "Global condition keys are in the request context as their documentation says. Keys of a session are in the context of every request with its credentials. " +
			"Keys of a service, and tag keys of the request and the resource, are in the context only for the actions that list them. " +
			"Whether any other key is in the context is unknown.",
		Undocumented: "No page lists the keys of sessions or says that the lists of actions are complete.",
	},
}
