package trust

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Reason is why Lambda cannot assume the role for one function version, as the check has it that is about this cause.
type Reason struct {
	Check      *check.Check
	Diagnostic check.Diagnostic
	// Missing is what would have to be known, where it cannot be decided.
	Missing []role.Gap
	// Elsewhere says that the role is in another account or partition than the function.
	Elsewhere bool
}

// Reads are the facts that the reasons are based on.
func Reads() []check.Fact {
	return []check.Fact{check.Identity, check.Trust, check.RoleTags, check.ResourceControlPolicies, check.Functions}
}

// WhyNot gives the reasons why Lambda cannot assume the role for a version, the first of which is enough; none where it can.
// What is wrong with a role that Lambda can assume (an environment that it cannot decrypt, a date that is near, Lambda@Edge)
// is not among them.
func WhyNot(s *check.Subject, f role.Function) (reasons []Reason) {
	for _, c := range causes(s, f) {
		if inAddition(c.check) || c.diagnostic.Severity == check.Medium {
			continue
		}
		if ck := checkOf(c.check); ck != nil {
			reasons = append(reasons, Reason{
				Check: ck, Diagnostic: c.diagnostic, Missing: c.missing, Elsewhere: c.check == roleARNAccount || c.check == roleARNPartition,
			})
		}
	}
	return reasons
}

// Reasons are the checks that WhyNot may name.
func Reasons() []*check.Check {
	return slices.DeleteFunc(Checks(), func(c *check.Check) bool { return inAddition(c.ID) })
}

// inAddition reports whether a check is about what is wrong although Lambda can assume the role.
func inAddition(id string) bool { return id == roleRecreated || id == edgeTrustMissing }

// EdgeNotTrusted is the check that NotEdge names.
func EdgeNotTrusted() *check.Check { return checkOf(edgeTrustMissing) }

// NotEdge gives the reasons why Lambda@Edge cannot assume the role for a version.
func NotEdge(s *check.Subject, f role.Function) (reasons []Reason) {
	f.Edge = role.Have(true)
	for _, c := range causes(s, f) {
		if c.check == edgeTrustMissing {
			reasons = append(reasons, Reason{Check: checkOf(c.check), Diagnostic: c.diagnostic, Missing: c.missing})
		}
	}
	return reasons
}

// AnotherAccount is the check of a role that is in another account than the function.
func AnotherAccount() *check.Check { return checkOf(roleARNAccount) }

func checkOf(id string) *check.Check {
	for _, c := range append(missingChecks(), trustChecks()...) {
		if c.ID == id {
			return c
		}
	}
	return nil
}
