package rules

var resourceRules = []Rule{
	{
		Number: 16, Section: Resource, Source: Documented, URLs: []string{resourcePage},
		Sentence: "In the ARN of a resource, * also matches slashes. An asterisk that is the last character of a segment can also match colons, and therefore later segments.",
	},
	{
		Number: 17, Section: Resource, Source: PartlyDocumented, URLs: []string{resourcePage},
		Sentence: "Each segment of a resource's ARN can contain wildcards, the partition included, except the segment that identifies the service. " +
			"The service is written in full, or the whole segment is a wildcard.",
		Undocumented: "The page doesn't allow a wildcard as the service; IAM accepts one that is the whole segment.",
	},
	{
		Number: 18, Section: Resource, Source: Observed,
		Sentence: "In policies that are attached to the caller, segments that are missing at the end of a resource's ARN are completed with wildcards. " +
			"In resource-based policies they aren't.",
	},
	{
		Number: 19, Section: Resource, Source: Documented, URLs: []string{variablesPage, resourcePage},
		Sentence: "In the ARN of a resource, a policy variable is replaced only after the fifth colon. Before it, the variable is literal text.",
	},
	{
		Number: 20, Section: Resource, Source: Documented, URLs: []string{variablesPage},
		Sentence: "A value of Resource or NotResource with a variable that can't be resolved matches no resource.",
	},
	{
		Number: 60, Section: Resource, Source: PartlyDocumented, URLs: []string{userGuide + "reference-arns.html"},
		Sentence: "A wildcard in the part of an ARN that names the resource type, as in tabl*/orders, is incorrect usage. An Allow matches by it as by any other text. " +
			"Whether a Deny that matches only by it applies is unknown.",
		Undocumented: "The page calls it incorrect and doesn't state its effect; AWS managed policies contain it.",
	},
}
