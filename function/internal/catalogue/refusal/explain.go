package refusal

import (
	"cmp"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/needs"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/trust"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Explanation is why one call was rejected, and what to do.
type Explanation struct {
	Title, Why string
	Evidence   []check.Evidence
	Fix        check.Fix
	// Undecided says that the cause depends on something that is not known.
	Undecided bool

	said string
}

// Explain explains one rejected call by the current state of the role.
func Explain(s *check.Subject, r check.Refusal) Explanation {
	refused, _ := aws.ReadRefusal(r.Error)
	e := explaining{Subject: s, refusal: r, refused: refused, function: asAsked(s, r)}
	of, known := meanings[refused.Meaning]
	if !known {
		of.explain = (*explaining).notAssumable // The message is not in the table any more.
	}
	out := of.explain(&e)
	if out.Title == "" {
		out.Title = e.title()
	}
	if r.Unnamed {
		out = e.ofUnnamedRole(out)
	}
	out.said = said(r)
	return out
}

// explaining is one explanation in the making.
type explaining struct {
	*check.Subject
	refusal  check.Refusal
	refused  aws.Refused
	function role.Function
}

func (e *explaining) title() string {
	if e.refusal.Error == "" {
		return "Lambda cannot assume the role " + e.Role.Ref.Name
	}
	if e.refused.Meaning == aws.CodeLacks {
		return "A call with the role " + e.Role.Ref.Name + " was not allowed"
	}
	return "Lambda rejected " + e.call() + " because of its execution role " + e.Role.Ref.Name
}

// ofUnnamedRole is an explanation of a call of which it is not known whether it was about this role.
func (e *explaining) ofUnnamedRole(of Explanation) Explanation {
	of.Title = "Lambda rejected a call for a function that uses the role " + e.Role.Ref.Name
	of.Why = "The CloudTrail record does not show whether the call named another role. If the call was about the role that the function uses: " + of.Why
	of.Undecided = true
	return of
}

// call is the call with the function that it was about.
func (e *explaining) call() string {
	name := cmp.Or(aws.LambdaCall(e.refusal.Event), "a call")
	if e.refusal.Function != "" {
		name += " for " + aws.FunctionNameOf(e.refusal.Function)
	}
	return name
}

// trusted explains that Lambda could not assume the role.
func (e *explaining) trusted(reasons []trust.Reason) Explanation {
	across := e.refused.Meaning == aws.RoleOfAnotherAccount
	for _, reason := range reasons {
		if across && !reason.Elsewhere {
			continue
		}
		if len(reason.Missing) > 0 {
			return e.undecided(reason.Missing, nil,
				settled(reason.Missing)+"Or check whether the role exists and its trust policy allows Lambda to assume it, and deploy again.")
		}
		fix := reason.Diagnostic.Fix
		if fix.Document == "" && aws.LambdaCall(e.refusal.Event) == "CreateFunction" {
			// There is no function yet that a command could configure.
			fix = check.Fix{Summary: reason.Check.Fix}
		}
		return Explanation{
			Why: "Cause (" + reason.Check.ID + "): " + reason.Diagnostic.Title + ". " + reason.Diagnostic.Detail, Evidence: ofRole(reason.Diagnostic.Evidence), Fix: fix,
		}
	}
	if f, err := aws.ParseARN(e.refusal.Function); across && err == nil && f.Account == e.Role.Ref.Account {
		return Explanation{
			Why:       "The function and the role " + e.Role.ARN() + " are in the same account, " + f.Account + ". The call named a role of another account, which the message does not show.",
			Fix:       check.Fix{Summary: "Check which role the call names, and use a role of account " + f.Account + " instead."},
			Undecided: true,
		}
	}
	if across {
		return Explanation{Why: "The call was for a function in another account than the role " + e.Role.ARN() + ".", Fix: check.Fix{Summary: trust.AnotherAccount().Fix}}
	}
	if id, _ := e.Role.Identity.Get(); e.refusal.Function == "" && e.function.Role != e.Role.ARN() && id.ARN != "" {
		return Explanation{
			Why: "No role has the ARN " + e.function.Role + ". The account has a role with this name, but the ARN of the role is " + id.ARN + ".",
			Fix: check.Fix{Summary: "Use the complete ARN of the role, including its path: " + id.ARN + "."},
		}
	}
	return e.byAge("Lambda can assume the role now.")
}

// ofRole is the evidence of the role's own parts: the function's configuration is what the rejected call requested.
func ofRole(all []check.Evidence) (out []check.Evidence) {
	for _, e := range all {
		if role.Part(e.Policy).Kind() != role.OfFunction {
			out = append(out, e)
		}
	}
	return out
}

// undecided is an explanation that depends on something that is not known.
func (e *explaining) undecided(missing []role.Gap, evidence []check.Evidence, summary string) Explanation {
	return Explanation{
		Why:      "rolewatch could not determine the cause, because the following is unknown: " + strings.Join(role.GapTexts(missing), "; ") + ".",
		Evidence: evidence, Fix: check.Fix{Summary: summary}, Undecided: true,
	}
}

// settled are the sentences on what settles it, before another one.
func settled(missing []role.Gap) string {
	return strings.Join(append(role.Settling(missing), ""), " ")
}

// atRuntime explains what Lambda found out only when it ran the function.
func (e *explaining) atRuntime() Explanation {
	if reasons := trust.WhyNot(asIfTaken(e.Subject), e.function); len(reasons) > 0 {
		return e.trusted(reasons)
	}
	if len(e.refused.Actions) > 0 {
		return e.lacks() // The message names the call.
	}
	named := needs.ToDecrypt
	if e.refused.Meaning == aws.NotMounted {
		named = needs.ToMount
	}
	a := needs.For(e.Subject, e.function, named)
	if a.Lacking != "" {
		return Explanation{Why: strings.Join(a.Sentences, " "), Evidence: a.Evidence, Fix: a.Fix}
	}
	if len(a.Missing) > 0 {
		return e.undecided(a.Missing, a.Hangs, "Allow rolewatch to read what is missing, or check whether the role allows what the configuration of the function requires.")
	}
	out := Explanation{Why: "The role has the permissions that the configuration of the function needs. " + e.refused.Says}
	switch e.refused.Meaning {
	case aws.NotMounted:
		out.Fix.Summary = "Check that the file system policy allows the role to mount the file system, and that the security groups allow the function to reach the mount target on port 2049."
	default:
		out.Fix.Summary = "Check that the key policy allows kms:Decrypt to the role. If the role was deleted and created again, configure the function with the role again so that Lambda creates a new grant."
	}
	return out
}

// notAnARN explains that something else than an ARN was given as the role, as is the name of this one.
func (e *explaining) notAnARN() Explanation {
	out := Explanation{Why: "The call named “" + e.refused.Value + "” as the role, which is not the ARN of a role."}
	switch e.Role.Exists() {
	case role.Known:
		out.Fix.Summary = "Use the ARN of the role: " + e.Role.ARN() + "."
	case role.Absent:
		out.Why += " The account does not have a role with this name."
		out.Fix.Summary = "Create the role or find the intended role, and use its ARN."
	default:
		out.Fix.Summary = "Use the ARN of the role, as iam:GetRole returns it."
	}
	return out
}
