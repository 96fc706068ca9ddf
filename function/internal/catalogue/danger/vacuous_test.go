package danger

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

const vacuousID = "RW319"

// A condition of which it takes a comparison to see that it restricts nothing is undecided where the budget does not suffice for one, and the
// policies are then said to be too complex. What needs no comparison is decided.
func TestAConditionThatIsNotComparedIsUndecided(t *testing.T) {
	policyOf := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Sid":"One","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{` + condition + `}}]}`
	}
	for condition, want := range map[string]struct{ reported, undecided bool }{
		`"StringLike":{"aws:PrincipalArn":"*"}`:                          {false, true},
		`"StringEquals":{"aws:PrincipalOrgID":"o-example"}`:              {false, false},
		`"StringEqualsIfExists":{"aws:SourceVpce":"vpce-0123456789abc"}`: {true, false},
	} {
		for _, isSpent := range []bool{false, true} {
			s := subject(policyOf(condition))
			if isSpent {
				searches := effective.BudgetOf(s).Searches()
				searches.Spend(searches.Left())
			}
			got := check.Run(Checks(), s)
			reported, undecided, complex := false, false, false
			for _, d := range got.Diagnostics {
				reported, complex = reported || d.Check.ID == vacuousID, complex || d.Check.ID == TooComplex
			}
			for _, u := range got.Undecided {
				if u.Check.ID == vacuousID {
					undecided = true
					if u.Key != "" || u.Missing[0].What != ask.TooComplex {
						t.Errorf("%s is undecided for %q: %v", condition, u.Key, u.Missing)
					}
				}
			}
			if isReported := want.reported || want.undecided && !isSpent; reported != isReported || undecided != (want.undecided && isSpent) || complex != undecided {
				t.Errorf("%s, of a spent budget %v: reported %v, undecided %v, too complex %v", condition, isSpent, reported, undecided, complex)
			}
		}
	}
}

// A comparison gives up before it has spent the budget where a condition has too many patterns to try: what it would have shown is unknown.
func TestAComparisonThatGivesUpLeavesTheConditionUndecided(t *testing.T) {
	patterns := ""
	for i := range 9 {
		patterns += fmt.Sprintf("%q,", fmt.Sprintf("*%c??????????????????*%c*", 'a'+i, 'a'+i*7%26))
	}
	for _, many := range []string{"", patterns} {
		s := subject(`{"Version":"2012-10-17","Statement":[{"Sid":"One","Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringLike":{"aws:PrincipalArn":[` +
			many + `"*r*","*rolewatch*","arn:*"]}}}]}`)
		got := check.Run(Checks(), s)
		isThere := slices.ContainsFunc(got.Diagnostics, func(d check.Diagnostic) bool { return d.Check.ID == vacuousID && d.Key == "inline:p0#One" })
		isUnknown := slices.ContainsFunc(got.Undecided, func(u check.Undecided) bool { return u.Check.ID == vacuousID && u.Key == "inline:p0#One" })
		if _, exceeded := effective.BudgetOf(s).Exceeded(); exceeded || isThere != (many == "") || isUnknown == isThere {
			t.Errorf("with %d more patterns the finding is there: %v, unknown: %v; over budget: %v", len(many), isThere, isUnknown, exceeded)
		}
	}
}
