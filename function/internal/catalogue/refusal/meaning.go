package refusal

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// meaning is how a rejected call is explained whose message has a meaning.
type meaning struct {
	explain func(*explaining) Explanation
	// by are the checks that diagnose it, by what is read of the role; none where the message itself says the cause.
	by func() []*check.Check
	// about says in whole sentences how it is explained.
	about string
}

const (
	byTrust = "The finding says why Lambda cannot assume the role now. If Lambda can assume the role now, the finding compares the time of the call with " +
		"the age of the role and of its last edit, because IAM takes some seconds to propagate a change."
	byNeeds = "The finding names the missing permission and the statement that denies it."
)

// meanings has an entry for each meaning of the table of refusals.
var meanings = map[aws.Meaning]meaning{
	aws.RoleNotAssumable: {(*explaining).notAssumable, trust.Reasons, byTrust},
	aws.RoleNotPrincipal: {(*explaining).notAssumable, trust.Reasons, byTrust},
	aws.RoleOfAnotherAccount: {(*explaining).notAssumable, func() []*check.Check { return []*check.Check{trust.AnotherAccount()} },
		"The CloudTrail record of a call that was rejected with “Cross-account pass role is not allowed” does not contain the role. Only the message is shown, " +
			"in the log of the function, and no finding is reported. If a record names the role, the finding compares the two accounts."},
	aws.RoleNotAnARN: {(*explaining).notAnARN, nothing,
		"The value in the call does not name a role. A finding is reported only if the record names a role elsewhere. " +
			"`rolewatch diagnose` searches for a role with this name and prints its ARN."},
	aws.RoleLacks: {(*explaining).lacks, needs.Checks, byNeeds},
	aws.CodeLacks: {(*explaining).lacks, needs.Checks,
		"The call is not part of a deployment. rolewatch explains it on request, and never reports it on its own."},
	aws.EdgeNotTrusted: {(*explaining).notEdge, func() []*check.Check { return []*check.Check{trust.EdgeNotTrusted()} },
		"The finding says what the trust policy lacks."},
	aws.EnvironmentNotDecrypted: {(*explaining).atRuntime, runtimeChecks(needs.ToDecrypt), byNeeds},
	aws.NotMounted:              {(*explaining).atRuntime, runtimeChecks(needs.ToMount), byNeeds},
	aws.CallerMayNotPass: {(*explaining).passRole, nothing,
		"The finding names the caller and the statement that the caller lacks. The role is not evaluated."},
	aws.NotTheRole: {(*explaining).notAssumable, nothing, "No finding is reported: the execution role is not the cause."},
}

func nothing() []*check.Check { return nil }

func runtimeChecks(of needs.Named) func() []*check.Check {
	return func() []*check.Check { return slices.Concat(trust.Reasons(), of.Checks()) }
}

// About says how rejected calls with a meaning are explained, and gives the checks that diagnose them; false for a meaning that is
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
