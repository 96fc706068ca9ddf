package main

// noticed gives, for each package that is mutated, those whose tests should notice: its own first, and then those that use it.
var noticed = map[string][]string{
	"events":                               {"events", "function/internal/reconcile", "function/internal/watch"},
	"function/settings":                    {"function/settings"},
	"function/internal/catalogue/danger":   families,
	"function/internal/catalogue/exposure": families,
	"function/internal/catalogue/hygiene":  families,
	"function/internal/catalogue/needs":    families,
	"function/internal/catalogue/trust":    families,
	"function/internal/check":              {"function/internal/check", "function/internal/finding", "function/internal/reconcile", "function/internal/catalogue"},
	"function/internal/dynamostore":        {"function/internal/dynamostore"},
	"function/internal/fanin":              {"function/internal/fanin", "function/internal/watch"},
	"function/internal/finding":            {"function/internal/finding", "function/internal/reconcile", "function/internal/message", "function/internal/watch"},
	"function/internal/hub":                {"function/internal/hub"},
	"function/internal/inforce":            {"function/internal/inforce", "function/internal/reconcile", "function/internal/watch"},
	"function/internal/memory":             {"function/internal/memory", "function/internal/watch"},
	"function/internal/message":            {"function/internal/message", "function/internal/watch"},
	"function/internal/reconcile":          {"function/internal/reconcile", "function/internal/watch"},
	"function/internal/watch":              {"function/internal/watch"},
}

// families are what notices a fault of a family of checks: the cases of all of them.
var families = []string{"function/internal/catalogue"}

// slow are the tests that take most of the time of their package. They are asked about a patch that no other test
// notices, and not about a sample: each mutant that lives would be one for all of them.
var slow = map[string]string{
	"function/internal/dynamostore": "^TestOnEmulators$",
	"function/internal/hub":         "^(TestAnyFaultsEndAsAFaultlessRunDoes|TestAnSCPAtTheRoot)$",
	"function/internal/message":     "^(TestAnySizeFits|TestFindingsGoLast)$",
	"function/internal/watch":       "^(TestAnyFaultsEndAsAFaultlessRunDoes|TestAnUpgradeIsCountedOnceWhateverFails|TestAChangeToThousandsOfRoles)$",
}

// judges are the tests of a package that are asked about a sample, where that is not most of them: the properties of the checks that go
// through all cases take minutes.
var judges = map[string]string{
	"function/internal/catalogue": "^(TestCases|TestExamples|TestFixesMend|TestGrantsMend|TestManagedPoliciesOfAWS|TestAnAccountIsTheSameInEachForm|" +
		"TestPoliciesOfAWSMeetTheNeedsThatTheyAreFor|TestRealDocumentsAsTrustPolicies|TestWhatIsTakenAsPublished|TestAConditionThatTheWholeInternetMeetsIsNone|" +
		"TestTheOrderOfStatementsIsNoNews|TestTheRevisionIsRaisedWhenAJudgementChanges|FuzzNoCheckIsSilent|FuzzMetamorphoses)$",
}
