package refusal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// lacks explains that a call with the role was denied. A role that does not exist any more lacks everything.
func (e *explaining) lacks() Explanation {
	byCode := e.refused.Meaning == aws.CodeLacks
	if e.Role.Exists() == role.Absent {
		if byCode && e.refusal.Function == "" {
			return Explanation{
				Why: "The call was made with a session of the role " + e.Role.Ref.Name + ", which does not exist in the account now.",
				Fix: check.Fix{Summary: "Check whether the role was deleted, or belongs to another account."},
			}
		}
		return e.trusted(trust.WhyNot(asIfTaken(e.Subject), e.function))
	}
	a := needs.For(e.Subject, e.function, needs.Named{Actions: e.refused.Actions, Resource: e.refused.Resource, ByCode: byCode})
	if len(e.refused.Calls) > 0 && len(e.refused.Actions) == 0 {
		calls := strings.Join(e.refused.Calls, ", ")
		a.Missing = []role.Gap{{
			What:      words.Either(len(e.refused.Calls), "which IAM action "+calls+" is", "which IAM actions "+calls+" are"),
			SettledBy: "This version of rolewatch does not know " + words.Either(len(e.refused.Calls), "the call. Look it up", "the calls. Look them up") + " in the Service Authorization Reference.",
		}}
	}
	switch {
	case len(a.Missing) > 0:
		return e.unless(a)
	case a.Lacking != "" && a.Named:
		out := Explanation{Title: e.lackTitle(a.Lacking), Why: lackText(a), Evidence: a.Evidence, Fix: a.Fix}
		if notRead[e.refused.Denied.By] {
			out.Why += " " + e.byDenial().Why
		} else if e.assumes() {
			out.Why += e.otherTrust()
		}
		return out
	}
	out := e.allowedNow(a.Anywhere)
	if a.Lacking != "" {
		out.Why += " The role lacks another permission that the configuration needs. " + lackText(a)
		out.Evidence, out.Fix.Document, out.Fix.Command = append(out.Evidence, a.Evidence...), a.Fix.Document, a.Fix.Command
		out.Fix.Summary += " " + a.Fix.Summary
	}
	return out
}

// lackText is what lacks, after the check that asks for the first of it.
func lackText(a needs.Answer) string {
	text := strings.Join(a.Sentences, " ")
	if len(a.Checks) > 0 {
		text = "Cause (" + a.Checks[0].ID + "): " + text
	}
	return text
}

func (e *explaining) lackTitle(lacking string) string {
	switch {
	case e.refused.Meaning != aws.CodeLacks:
		return "Lambda rejected " + e.call() + ": its role " + e.Role.Ref.Name + " is not allowed to call " + lacking
	case e.refusal.Function == "":
		return "The role " + e.Role.Ref.Name + " is not allowed to call " + lacking
	}
	return "The role " + e.Role.Ref.Name + " is not allowed to call " + lacking + ", which the code of " + e.function.Name() + " calls"
}

// unless explains a call that depends on something unknown.
func (e *explaining) unless(a needs.Answer) Explanation {
	out := e.undecided(a.Missing, a.Hangs, "Exempt the call from the statements in the evidence, or provide what they depend on, and deploy again.")
	if e.refused.Denied != (aws.Denial{}) {
		out.Why = e.denied() + " " + out.Why
	}
	if len(a.Hangs) > 0 {
		out.Why += " Lambda's message says that the call was denied, so " + role.StatementName{Policy: a.Hangs[0].Policy, Statement: a.Hangs[0].Statement, Sid: a.Hangs[0].Sid}.InWords() + " is the likely cause."
	} else {
		out.Fix.Summary = settled(a.Missing) + "Or check whether the role allows the action that Lambda's message names. Then deploy again."
	}
	if a.Lacking != "" {
		out.Why, out.Evidence, out.Fix = out.Why+" The missing permissions may be the cause. "+strings.Join(a.Sentences, " "), append(out.Evidence, a.Evidence...), a.Fix
	}
	return out
}

// allowedNow explains a denied call that the role allows as far as it is read.
func (e *explaining) allowedNow(anywhere bool) Explanation {
	switch {
	case e.refused.Denied.Explicit, notRead[e.refused.Denied.By]:
		return e.byDenial()
	case e.assumes():
		return Explanation{
			Why: "The role allows sts:AssumeRole on " + e.refused.Resource + "." + e.otherTrust(), Undecided: true,
			Fix: check.Fix{Summary: "In the trust policy of " + e.refused.Resource + ", allow sts:AssumeRole to " + e.Role.ARN() + "."},
		}
	case anywhere:
		return e.byAge(fmt.Sprintf("The role allows %s now, at least on some resources. The message does not name the resource of the call.", strings.Join(e.refused.Actions, ", ")))
	}
	return e.byAge("The role now has the permissions that the message names.")
}

// assumes reports whether the call was to assume another role.
func (e *explaining) assumes() bool {
	_, err := role.ParseRef(e.refused.Resource)
	return err == nil && slices.Contains(e.refused.Actions, "sts:AssumeRole")
}

// otherTrust says what else such a call requires.
func (e *explaining) otherTrust() string {
	return " The trust policy of " + e.refused.Resource + " must allow the call too. rolewatch did not evaluate that trust policy."
}

// notRead are the types of policies that are not among what is read of a role.
var notRead = map[string]bool{aws.BySessionPolicy: true, aws.ByResourcePolicy: true, aws.ByEndpointPolicy: true}

// denied is what the message says of the policy that denied the call.
func (e *explaining) denied() string {
	d := e.refused.Denied
	switch {
	case d.Explicit && d.By == "":
		return "The message says that a statement denies the call, but not which policy contains the statement."
	case d.Explicit:
		return "The message says that a statement of " + article(d.By) + " denies the call."
	}
	return "The message says that no " + d.By + " allows the call."
}

// article puts the indefinite article before the type of a policy.
func article(by string) string {
	if strings.HasPrefix(by, "identity") {
		return "an " + by
	}
	return "a " + by
}

// byDenial explains a call that what is read of the role does not deny, by what the message says of the policy that does.
func (e *explaining) byDenial() Explanation {
	action, on := strings.Join(e.refused.Actions, ", "), "the resource"
	if e.refused.Resource != "" {
		on = e.refused.Resource
	}
	out := Explanation{Why: e.denied(), Undecided: true}
	switch e.refused.Denied.By {
	case aws.BySessionPolicy:
		out.Why += " The session policy was passed when the credentials were obtained from AWS STS. rolewatch cannot read it."
		out.Fix.Summary = "Allow " + action + " on " + on + " in the session policy that is passed when the credentials are obtained. Changing the role's policies does not help."
	case aws.ByResourcePolicy:
		out.Why += " rolewatch does not read the policy of " + on + "."
		out.Fix.Summary = "In the policy of " + on + ", allow " + action + " to " + e.Role.ARN() + ", and do not deny it."
	case aws.ByEndpointPolicy:
		out.Why += " rolewatch does not read the policies of VPC endpoints."
		out.Fix.Summary = "In the policy of the VPC endpoint through which the function calls the service, allow " + action + " on " + on + ", and do not deny it."
	default:
		out.Why += " The policies that rolewatch read do not contain that statement. The statement was removed after the call, rolewatch did not read it, or it depends on " +
			"something that the message does not show, such as the Region of the call."
		out.Fix.Summary = "Find the statement that denies " + action + " on " + on + ", and exempt the role from it. A statement that allows the call does not help."
	}
	return out
}
