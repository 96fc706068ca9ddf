package rules

var actionRules = []Rule{
	{
		Number: 12, Section: Action, Source: Documented, URLs: []string{userGuide + "reference_policies_elements_action.html"},
		Sentence: "The service prefix and the name of an action are case insensitive.",
	},
	{
		Number: 13, Section: Action, Source: PartlyDocumented, URLs: []string{userGuide + "reference_policies_elements_action.html"},
		Sentence: "An action can contain the wildcards * and ? anywhere. Each value is one action: commas don't separate actions, and white space isn't removed. " +
			"A malformed value of NotAction excludes no actions.",
		Undocumented: "The page states the wildcards only.",
	},
	{
		Number: 14, Section: Action, Source: Documented, URLs: []string{userGuide + "reference_policies_elements_notaction.html"},
		Sentence: "An Allow statement with NotAction allows only actions that can be performed on the resources of the statement. " +
			`Actions that don't support resource types require "*" as the resource.`,
	},
	{
		Number: 15, Section: Action, Source: Documented, URLs: []string{userGuide + "reference_policies_elements_notresource.html"},
		Sentence: "A statement with NotAction and NotResource applies to all actions that it doesn't list, on all resources that it doesn't list.",
	},
}
