package main

// noticed gives, for each package that is mutated, those whose tests should notice: its own first, and then those that use it.
var noticed = map[string][]string{
	"events":                               {"events", "function/internal/reconcile", "function/internal/watch"},
	"function/settings":                    {"function/settings"},
	"function/internal/catalogue/danger":   {"function/internal/catalogue/danger", "function/internal/catalogue", "function/internal/reach"},
	"function/internal/catalogue/exposure": families,
	"function/internal/catalogue/hygiene":  families,
	"function/internal/catalogue/needs":    {"function/internal/catalogue/needs", "function/internal/catalogue"},
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
	"function/internal/reach":       "^TestASearchByEvaluationAgrees$",
	"function/internal/watch":       "^(TestAnyFaultsEndAsAFaultlessRunDoes|TestAnUpgradeIsCountedOnceWhateverFails|TestAChangeToThousandsOfRoles)$",
}

// cases are the tests that go through the cases of the checks once. The others go through all of them many times, which takes minutes. judges has
// what of them is asked about a sample of the mutants in a folder: of a family of checks, its own cases, and those of the checks that explain by
// it what Lambda reports; of what a role may do also random policies.
const cases = "^(TestCases|TestExamples|TestFixesMend|TestGrantsMend)$"

var judges = map[string]string{
	"function/internal/check":              cases,
	"function/internal/catalogue/trust":    cases + "/^RW(1|224)",
	"function/internal/catalogue/needs":    cases + "/^RW(2|117)",
	"function/internal/catalogue/danger":   "^(TestNoCheckIsSilent|" + cases[2:] + "/^RW3",
	"function/internal/catalogue/exposure": cases + "/^RW4",
	"function/internal/catalogue/hygiene":  cases + "/^RW5",
}
