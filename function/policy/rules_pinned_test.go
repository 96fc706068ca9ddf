package policy

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/rules"
)

// The rules that the scenarios of testdata/parse and of testdata/evaluate do not pin by number, and why.
var (
	notPinnedByParse = map[int]string{
		9:  "Parse knows no quota and refuses only what exceeds its own limit: TestSize",
		10: "a scenario is UTF-8 itself; escapes that are no character are in TestEscapesThatAreNoCharacter",
	}
	notPinnedByEvaluate = map[int]string{
		61: "which keys are in the context is for the caller to say; Evaluate takes Request.Context as it is",
	}
)

// checkPinned fails for each rule of some sections that no scenario pins, unless there is a reason; for a reason that no
// longer holds; and for a number that is not a rule's.
func checkPinned(t *testing.T, pinned map[int]bool, reasons map[int]string, inScope func(rules.Section) bool) {
	t.Helper()
	held, excepted := 0, 0
	for _, r := range rules.All() {
		if !inScope(r.Section) {
			continue
		}
		switch reason := reasons[r.Number]; {
		case pinned[r.Number] && reason != "":
			t.Errorf("rule %d is pinned by a scenario, and listed as not pinned: %s", r.Number, reason)
		case pinned[r.Number]:
			held++
		case reason != "":
			excepted++
		default:
			t.Errorf("rule %d is pinned by no scenario: %s", r.Number, r.Sentence)
		}
	}
	for number := range pinned {
		if _, ok := rules.Find(number); !ok && number != 0 {
			t.Errorf("a scenario pins rule %d, and there is no such rule", number)
		}
	}
	if held == 0 || excepted != len(reasons) {
		t.Errorf("%d rules are pinned, and %d of %d reasons are for rules of these sections", held, excepted, len(reasons))
	}
	t.Logf("%d rules are pinned, and %d are not for a reason", held, excepted)
}

func isGrammar(s rules.Section) bool  { return s == rules.Grammar }
func notGrammar(s rules.Section) bool { return s != rules.Grammar }
