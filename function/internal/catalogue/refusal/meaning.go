package refusal

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// meaning is how a refused call is explained whose message has a meaning.
type meaning struct {
	explain func(*explaining) Explanation
	// by are the checks that diagnose it, by what is read of the role; none where the message itself says the cause.
	by func() []*check.Check
	// about says in whole sentences how it is explained.
	about string
}

const (
	byTrust = "The finding says why Lambda cannot assume the role as it is now. Where it can, the finding compares the time of the call with the age " +
		"of the role and of its last edit: IAM takes some seconds to spread a change."
	byNeeds = "The finding says which permission is missing, and which statement denies it."
)

// meanings has an entry for each meaning of the table of refusals.
var meanings = map[aws.Meaning]meaning{
	aws.RoleNotAssumable: {(*explaining).notAssumable, trust.Reasons, byTrust},
	aws.RoleNotPrincipal: {(*explaining).notAssumable, trust.Reasons, byTrust},
	aws.RoleOfAnotherAccount: {(*explaining).notAssumable, func() []*check.Check { return []*check.Check{trust.AnotherAccount()} },
		"CloudTrail's record of a call that was refused with “Cross-account pass role is not allowed” carries no role, so that only its message is shown, " +
			"in the log of the function, and no finding is reported. Where a record does name the role, the finding compares the two accounts."},
	aws.RoleNotAnARN: {(*explaining).notAnARN, nothing,
		"The text that was given does not name a role, so that a finding is reported only where the record names a role elsewhere. " +
			"`rolewatch diagnose` looks for a role of that name, and gives its ARN."},
	aws.RoleLacks: {(*explaining).lacks, needs.Checks, byNeeds},
	aws.CodeLacks: {(*explaining).lacks, needs.Checks,
		"The call is not one of a deployment: it is explained where somebody asks, and never reported by itself."},
	aws.EdgeNotTrusted: {(*explaining).notEdge, func() []*check.Check { return []*check.Check{trust.EdgeNotTrusted()} },
		"The finding says what the trust policy lacks."},
	aws.EnvironmentNotDecrypted: {(*explaining).atRuntime, runtimeChecks(needs.ToDecrypt), byNeeds},
	aws.NotMounted:              {(*explaining).atRuntime, runtimeChecks(needs.ToMount), byNeeds},
	aws.CallerMayNotPass: {(*explaining).passRole, nothing,
		"The finding names the caller, and the statement that the caller lacks. The role is not judged."},
	aws.NotTheRole: {(*explaining).notAssumable, nothing, "No finding is reported: the execution role is not the cause."},
}

func nothing() []*check.Check { return nil }

func runtimeChecks(of needs.Named) func() []*check.Check {
	return func() []*check.Check { return slices.Concat(trust.Reasons(), of.Checks()) }
}

// About says how refused calls with a meaning are explained, and gives the checks that diagnose them; false for a meaning that is
// not known here.
func About(m aws.Meaning) (about string, by []*check.Check, ok bool) {
	of, ok := meanings[m]
	if !ok {
		return "", nil, false
	}
	return of.about, of.by(), true
}

// notAssumable explains that Lambda could not use the role at all.
func (e *explaining) notAssumable() Explanation {
	return e.trusted(trust.WhyNot(asIfTaken(e.Subject), e.function))
}

// notEdge explains that Lambda@Edge could not assume the role.
func (e *explaining) notEdge() Explanation { return e.trusted(trust.NotEdge(e.Subject, e.function)) }
