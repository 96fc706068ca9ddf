package danger

import (
	"slices"
	"strconv"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestSeveritiesThatDependOnTheRole holds that the documentation of a check names several severities where what it finds has several.
func TestSeveritiesThatDependOnTheRole(t *testing.T) {
	one := []string{Admin, AdminManagedPolicy, TooComplex}
	for _, c := range Checks() {
		if several := len(c.Severities) > 1; several == slices.Contains(one, c.ID) {
			t.Errorf("%s has the severities %v", c.ID, c.Severities)
		}
		if len(c.Reads) == 0 {
			t.Errorf("%s reads nothing", c.ID)
		}
	}
}

// TestWhatAComparisonCannotDecideIsBounded gives as many reasons as a finding has room for, each with what it depends on.
func TestWhatAComparisonCannotDecideIsBounded(t *testing.T) {
	one := policy.Undecidable{Action: "s3:GetObject", Resource: "arn:aws:s3:::orders/a", Why: "a key is unknown", Keys: []string{"aws:SourceIp"}, Unread: []string{"boundary"}}
	got := undecidable([]policy.Undecidable{one})
	if len(got) != 1 || got[0].What != "s3:GetObject on arn:aws:s3:::orders/a: a key is unknown (aws:SourceIp, boundary)" {
		t.Errorf("one is %v", got)
	}
	if got = undecidable([]policy.Undecidable{{Action: "s3:GetObject", Why: "it is too complex"}}); len(got) != 1 || got[0].What != "s3:GetObject: it is too complex" {
		t.Errorf("one without a resource is %v", got)
	}
	var all []policy.Undecidable
	for i := range maxUndecided + 2 {
		all = append(all, policy.Undecidable{Action: "s3:GetObject", Why: strconv.Itoa(i)})
	}
	if got = undecidable(all); len(got) != maxUndecided {
		t.Errorf("of %d reasons there are %d", len(all), len(got))
	}
}

// TestAForbiddenPermissionThatCouldNotBeReadIsUndecided holds that a list of the settings that is not understood excludes nothing.
func TestAForbiddenPermissionThatCouldNotBeReadIsUndecided(t *testing.T) {
	s := subject(allowing(t, "*", "s3:GetObject"))
	s.Parameters.Never = []check.Never{{Name: "payroll"}}
	result := check.Run(Checks(), s)
	if !slices.ContainsFunc(result.Undecided, func(u check.Undecided) bool { return u.Check.ID == "RW316" && u.Key == "payroll" }) {
		t.Errorf("undecided are %+v", result.Undecided)
	}
}
