package refusal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/refusal"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// TestEachMeaningIsExplained holds that every meaning of the table of refusals has an explanation and a sentence about it, and that
// the explanation of each message has a title, a reason and a fix.
func TestEachMeaningIsExplained(t *testing.T) {
	meanings := map[aws.Meaning]bool{}
	for _, row := range aws.Refusals() {
		about, by, ok := refusal.About(row.Meaning)
		if !ok || !strings.HasSuffix(about, ".") {
			t.Errorf("%q has no explanation: %q", row.Meaning, about)
		}
		alone := slices.Contains([]aws.Meaning{aws.CallerMayNotPass, aws.RoleNotAnARN, aws.NotTheRole}, row.Meaning)
		if alone != (len(by) == 0) {
			t.Errorf("%q is diagnosed by %d checks", row.Meaning, len(by))
		}
		e := refusal.Explain(bareRole(), check.Refusal{
			Function: "arn:aws:lambda:us-east-1:111122223333:function:orders", Event: "CreateFunction20150331", Error: row.Example,
		})
		if e.Title == "" || !strings.HasSuffix(e.Why, ".") || e.Fix.Summary == "" {
			t.Errorf("%q is explained as %+v", row.Example, e)
		}
		meanings[row.Meaning] = true
	}
	if len(meanings) < 11 {
		t.Errorf("%d meanings", len(meanings))
	}
	t.Logf("%d meanings", len(meanings))
}

// TestTheRecordOfACrossAccountPassRoleIsDescribed holds the sentence that people look for when no finding is reported.
func TestTheRecordOfACrossAccountPassRoleIsDescribed(t *testing.T) {
	if about, _, _ := refusal.About(aws.RoleOfAnotherAccount); !strings.Contains(about, "does not contain the role") || !strings.Contains(about, "Only the message is shown") {
		t.Errorf("described as %q", about)
	}
}
