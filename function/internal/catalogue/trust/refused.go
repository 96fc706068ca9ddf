package trust

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	// young is how old a role can be for IAM not to have spread it yet: Terraform's provider tries for as long.
	young = 5 * time.Minute
	// mostRefusals bounds the refusals that are explained; the rest is counted.
	mostRefusals = 3
)

// explanation is what there is to tell of a refused call.
type explanation struct {
	title, said, why string
	fix              check.Fix
}

// refused tells of the calls that Lambda refused because of the role, all in one diagnostic, with the diagnosis of the
// other checks for the functions that were refused. The newest comes first, and its fix is the diagnostic's.
func refused(p *check.Pass) {
	if len(p.Refusals) == 0 {
		return
	}
	d := check.Diagnostic{Parts: []role.Part{role.PartRefusal}, Functions: refusedFunctions(p.Subject)}
	all := explanations(p)
	d.Title, d.Fix = all[0].title, all[0].fix
	var sentences []string
	for _, a := range all[:min(len(all), mostRefusals)] {
		sentences = append(sentences, a.said, a.why)
	}
	if n := len(all) - mostRefusals; n == 1 {
		sentences = append(sentences, "One more call was refused before, for another reason.")
	} else if n > 1 {
		sentences = append(sentences, fmt.Sprintf("%d more calls were refused before, for other reasons.", n))
	}
	d.Detail = strings.Join(sentences, " ")
	p.Report(d)
}

// refusedFunctions are those that a refused call names, once each.
func refusedFunctions(s *check.Subject) []role.Function {
	var out []role.Function
	for _, r := range s.Refusals {
		if r.Function != "" && !slices.ContainsFunc(out, func(f role.Function) bool { return f.ARN == r.Function }) {
			out = append(out, refusedFunction(s, r))
		}
	}
	return out
}

func refusedFunction(s *check.Subject, r check.Refusal) role.Function {
	return role.Function{ARN: r.Function, Version: aws.LatestVersion, Role: s.Role.ARN()}
}

// asIfTaken is the subject as it would be, had no call been refused: the fix is then for all the refused functions. Only
// this check's is: nobody's try to use the role gets into the fix for the functions that use it.
func asIfTaken(s *check.Subject) *check.Subject {
	taken, shot := *s, *s.Role
	shot.Users.List = slices.Concat(shot.Users.List, refusedFunctions(s))
	taken.Role = &shot
	return &taken
}

// explanations explains the refusals, the newest first: of each function, and of each caller who may not pass the role,
// the last one, and of several with the same reason one.
func explanations(p *check.Pass) []explanation {
	newest := slices.SortedStableFunc(slices.Values(p.Refusals), func(a, b check.Refusal) int { return b.Time.Compare(a.Time) })
	type subject struct{ function, passer string }
	seen := map[subject]bool{}
	var out []explanation
	for _, r := range newest {
		one := subject{function: r.Function}
		if isPassRole(r) {
			one.passer = r.Actor + " "
		}
		if seen[one] {
			continue
		}
		seen[one] = true
		a := explain(p, r)
		if !slices.ContainsFunc(out, func(o explanation) bool { return o.why == a.why }) {
			out = append(out, a)
		}
	}
	return out
}

// isPassRole tells whether the caller was refused, and not Lambda. Lambda says so in the message alone.
func isPassRole(r check.Refusal) bool { return strings.Contains(r.Error, "iam:PassRole") }

func explain(p *check.Pass, r check.Refusal) explanation {
	event, _, _ := strings.Cut(r.Event, "20150331") // CloudTrail's name has the API's version.
	a := explanation{
		title: "Lambda refused a function because of the role " + p.Role.Ref.Name,
		said:  fmt.Sprintf("%s was refused with %s: “%s”", event, r.ErrorCode, r.Error),
	}
	if !strings.HasSuffix(r.Error, ".") {
		a.said += "."
	}
	if isPassRole(r) {
		a.title = "Whoever deploys may not pass the role " + p.Role.Ref.Name + " to Lambda"
		a.why = "It is not the role that lacks something, but " + callerOf(r) + ": to configure a function with a role takes iam:PassRole on that role."
		a.fix = passRoleFix(p.Role, r)
		return a
	}
	a.why, a.fix = diagnosisOf(p, r)
	return a
}

func callerOf(r check.Refusal) string {
	if r.Actor == "" {
		return "the caller"
	}
	return "the caller " + r.Actor
}

// passRoleFix is the statement to grant. Lambda's message says where it is missing, if it is not in the caller's own
// policies ("Troubleshoot access denied error messages" in the IAM User Guide).
func passRoleFix(r *role.Snapshot, refusal check.Refusal) check.Fix {
	if _, where, ok := strings.Cut(refusal.Error, "with an explicit deny in a"); ok {
		where = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(where, "n ")), ".")
		return check.Fix{Summary: "Take iam:PassRole on " + r.ARN() + " out of the " + where + " that denies it to " + callerOf(refusal) + ". A statement that allows it would not help."}
	}
	fix := check.Fix{
		Summary: "Allow " + callerOf(refusal) + " to pass this role to Lambda.",
		Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":` + quoted(r.ARN()) +
			`,"Condition":{"StringEquals":{"iam:PassedToService":"` + aws.LambdaService + `"}}}]}`,
	}
	for _, kind := range []string{"permissions boundary", "service control policy", "session policy"} {
		if strings.Contains(refusal.Error, "no "+kind+" allows") {
			fix.Summary = "Allow " + callerOf(refusal) + " to pass this role to Lambda, in the " + kind + " that does not."
		}
	}
	return fix
}

// diagnosisOf says why a call was refused, as far as the role's state now tells.
func diagnosisOf(p *check.Pass, r check.Refusal) (string, check.Fix) {
	across := strings.Contains(r.Error, "Cross-account pass role")
	for _, c := range causes(asIfTaken(p.Subject), refusedFunction(p.Subject, r)) {
		ck := checkOf(c.check)
		elsewhere := c.check == roleARNAccount || c.check == roleARNPartition
		if ck == nil || across && !elsewhere || c.check == roleRecreated || c.check == edgeTrustMissing || c.diagnostic.Severity == check.Medium {
			continue
		}
		if len(c.missing) > 0 {
			return "Why could not be told, because something was not read: " + strings.Join(c.missing, "; ") + ".",
				check.Fix{Summary: "Let rolewatch read what is missing, or see whether the role exists and its trust policy lets Lambda in, and deploy again."}
		}
		fix := c.diagnostic.Fix
		if fix.Document == "" && strings.HasPrefix(r.Event, "CreateFunction") {
			// There is no function yet that a command could configure.
			fix = check.Fix{Summary: ck.Fix}
		}
		return c.check + ": " + c.diagnostic.Title + ". " + c.diagnostic.Detail, fix
	}
	if across {
		return "The function was to be in another account than the role " + p.Role.ARN() + ".", check.Fix{Summary: checkOf(roleARNAccount).Fix}
	}
	return byAge(p.Role, r)
}

// byAge explains a refusal for which the role's state now gives no cause.
func byAge(shot *role.Snapshot, r check.Refusal) (string, check.Fix) {
	again := check.Fix{Summary: "Deploy again. If that is refused too, this finding will say so."}
	identity, _ := shot.Identity.Get()
	created, dated := identity.Created.Get()
	age := r.Time.Sub(created)
	switch {
	case !dated:
		return "Lambda can assume the role now. How old the role was then is not known.", again
	case age < 0:
		return fmt.Sprintf("The role that is there now was created %s later, and Lambda can assume it now.", ageText(-age)), again
	case age < young:
		again.Summary = "Deploy again: the role has had time to spread since. Let deployments wait some 10 seconds after making a role, and try again."
		return fmt.Sprintf("The role was %s old: IAM had not spread it yet. Nothing is wrong with its trust policy.", ageText(age)), again
	}
	return fmt.Sprintf("The role was %s old, and Lambda can assume it now. Its trust policy may have been mended since, or edited seconds before, so that IAM had not spread it yet.",
		ageText(age)), again
}

func checkOf(id string) *check.Check {
	for _, c := range append(missingChecks(), trustChecks()...) {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// ageText is a duration in the unit that people would say.
func ageText(d time.Duration) string {
	n, unit := int(d/time.Second), "second"
	switch {
	case d >= 48*time.Hour:
		n, unit = int(d/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		n, unit = int(d/time.Hour), "hour"
	case d >= 2*time.Minute:
		n, unit = int(d/time.Minute), "minute"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
