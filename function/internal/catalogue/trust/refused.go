package trust

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// young is how old a role can be for IAM not to have spread it yet: Terraform's provider tries for as long.
const young = 5 * time.Minute

// refused tells of the calls that Lambda refused because of the role, all in one diagnostic, with the diagnosis of the
// other checks for the functions that were refused.
func refused(p *check.Pass) {
	if len(p.Refusals) == 0 {
		return
	}
	latest := slices.MaxFunc(p.Refusals, func(a, b check.Refusal) int { return a.Time.Compare(b.Time) })
	d := check.Diagnostic{Parts: []string{"refusal"}, Title: "Lambda refused a function because of the role " + p.Role.Ref.Name}
	for _, r := range p.Refusals {
		if r.Function != "" && !slices.ContainsFunc(d.Functions, func(f role.Function) bool { return f.ARN == r.Function }) {
			d.Functions = append(d.Functions, role.Function{ARN: r.Function, Version: "$LATEST", Role: p.Role.ARN()})
		}
	}
	event, _, _ := strings.Cut(latest.Event, "20150331") // CloudTrail's name has the API's version.
	said := fmt.Sprintf("%s was refused with %s: “%s”", event, latest.ErrorCode, latest.Error)
	if !strings.HasSuffix(latest.Error, ".") {
		said += "."
	}
	if strings.Contains(latest.Error, "iam:PassRole") {
		d.Title = "Whoever deploys may not pass the role " + p.Role.Ref.Name + " to Lambda"
		d.Detail = said + " It is not the role that lacks something: the caller may not pass it."
		d.Fix = passRoleFix(p.Role, latest)
		p.Report(d)
		return
	}
	why, fix := diagnosisOf(p, latest)
	d.Detail, d.Fix = said+" "+why, fix
	p.Report(d)
}

func passRoleFix(r *role.Snapshot, latest check.Refusal) check.Fix {
	document := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":` + quoted(r.ARN()) +
		`,"Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}}]}`
	who := latest.Actor
	if who == "" {
		who = "the caller"
	}
	return check.Fix{Summary: "Allow " + who + " to pass this role to Lambda.", Document: document}
}

// diagnosisOf says why a call was refused, as far as the role's state now tells.
func diagnosisOf(p *check.Pass, r check.Refusal) (string, check.Fix) {
	f := role.Function{ARN: r.Function, Version: "$LATEST", Role: p.Role.ARN()}
	for _, c := range causes(p.Subject, f) {
		ck := titleOf(c.check)
		if ck == nil || c.check == "RW113" || c.check == "RW116" || c.diagnostic.Severity == check.Medium {
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
	if strings.Contains(r.Error, "Cross-account pass role") {
		return "The function was to be in another account than the role " + p.Role.ARN() + ".", check.Fix{Summary: titleOf("RW111").Fix}
	}
	again := check.Fix{Summary: "Deploy again. If that is refused too, this finding will say so."}
	identity, ok := p.Role.Identity.Get()
	created, dated := identity.Created.Get()
	if !ok || !dated {
		return "Lambda can assume the role now. How old the role was then is not known.", again
	}
	age := r.Time.Sub(created)
	if age >= 0 && age < young {
		again.Summary = "Deploy again: the role has had time to spread since. Let deployments wait some 10 seconds after making a role, and try again."
		return fmt.Sprintf("The role was %s old: IAM had not spread it yet. Nothing is wrong with its trust policy.", ageText(age)), again
	}
	return fmt.Sprintf("The role was %s old, and Lambda can assume it now. Its trust policy may have been mended since, or edited seconds before, so that IAM had not spread it yet.",
		ageText(age)), again
}

func titleOf(id string) *check.Check {
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
