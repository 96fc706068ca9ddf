package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// blind reports roles that can stop a part of the monitoring of the account.
func blind(p *check.Pass) {
	j := judgeOf(p.Subject)
	if o := j.opening(); o.everything {
		p.Report(j.blindDiagnostic([]string{"all monitoring of the account"}, ask.Answer{}, check.Critical, o.admin.Statements()))
		return
	}
	var whats []string
	var hangs []role.Gap
	all := ask.Answer{Decision: policy.Allowed}
	severity := check.Low
	for i := range sights {
		s := &sights[i]
		for k, action := range s.actions {
			if !j.GrantsKnown(&s.known[k]) || len(s.named) > 0 && actions.ServiceOf(action) == "events" && slices.Contains(whats, sights[1].what) {
				continue
			}
			got := j.blinds(s, action)
			switch got.Decision {
			case policy.Allowed:
				all, severity = ask.Both(all, got), max(severity, harmOf(s, got))
				if !slices.Contains(whats, s.what) {
					whats = append(whats, s.what)
				}
			case policy.Unknown:
				hangs = append(hangs, got.DependsOn...)
			}
		}
	}
	if len(whats) > 0 {
		p.Report(j.blindDiagnostic(whats, all, severity, nil))
		return
	}
	if hangs = append(hangs, j.unread()...); len(hangs) > 0 {
		p.Undecided("", role.DistinctGaps(hangs)...)
	}
}

// blinds evaluates one action on the part that it would stop.
func (j *judge) blinds(s *sight, action string) ask.Answer {
	if len(s.named) == 0 {
		return j.anywhereOf(s, action)
	}
	if !j.MayReach(action, s.named) {
		return ask.Answer{}
	}
	anywhere := j.anywhereOf(s, action)
	if anywhere.Allowed() && !s.open || len(anywhere.Needs()) > 0 {
		return ask.Answer{} // Other checks tell what is allowed on everything, and the stack gives its parts no tag that the role would need.
	}
	part := j.onPart(s, action)
	switch {
	case !part.Possible():
		return part // A Deny that names the part protects it.
	case anywhere.Allowed():
		return anywhere
	case len(part.Needs()) > 0:
		return ask.Answer{}
	}
	return part
}

// anywhereOf evaluates an action on resources that no policy names.
func (j *judge) anywhereOf(s *sight, action string) ask.Answer {
	if !s.ofFunction {
		return j.anywhere(action, nil)
	}
	a, ok := actions.Lookup(action)
	if !ok {
		return ask.Answer{}
	}
	return j.InRegions(func(region string) ask.Answer {
		return j.AnywhereIn(a, region, map[string]string{"lambda:functionarn": j.partARN(action, ownFunction, region)})
	}, action)
}

// onPart evaluates an action on the part itself.
func (j *judge) onPart(s *sight, action string) ask.Answer {
	var best ask.Answer
	for _, end := range s.named {
		best = ask.Better(best, j.InRegions(func(region string) ask.Answer {
			arn := j.partARN(action, end, region)
			return j.On(ask.Question{Action: action, Region: region}, ask.Resource{ARN: arn, Named: true, Pattern: strings.ReplaceAll(arn, partName, "*")})
		}, action))
	}
	return best
}

// harmOf is less for a part of rolewatch that is only among all else, and for what has to be tagged.
func harmOf(s *sight, a ask.Answer) check.Severity {
	severity := s.severity
	if len(s.named) > 0 && !a.Named() {
		severity = check.High
	}
	if len(a.Needs()) > 0 {
		return lower(severity)
	}
	return severity
}

func (j *judge) partARN(action, end, region string) string {
	service, r := actions.ServiceOf(action), j.subject.Role.Ref
	if aws.IsGlobalService(service) || !hasRegion(action) {
		region = ""
	}
	return aws.ARN{Partition: r.Partition, Service: service, Region: region, Account: r.Account, Resource: end}.String()
}

// hasRegion reports whether the ARNs of what an action acts on name a Region.
func hasRegion(action string) bool {
	a, ok := actions.Lookup(action)
	return !ok || a.OnlyStar() || slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool {
		return slices.ContainsFunc(t.ARNs, func(form string) bool { return strings.Contains(form, "${Region}") })
	})
}

func (j *judge) blindDiagnostic(whats []string, all ask.Answer, severity check.Severity, statements []policy.StatementRef) check.Diagnostic {
	r := j.subject.Role
	d := check.Diagnostic{
		Severity: severity, Functions: r.Users.List,
		Title:    r.Ref.Name + " can stop or change " + list(whats),
		Evidence: j.evidence(statements, "It allows actions that stop the monitoring of the account."),
		Fix: check.Fix{Summary: "Remove these actions, or name in Resource what the function has to change. Deny them to everyone except the administrators of the account with a " +
			"service control policy."},
	}
	sentence := "The role " + r.Ref.Name + " can stop or change " + list(whats)
	if len(all.Steps) > 0 {
		sentence += ": its policies allow " + stepTexts(all.Steps[:min(len(all.Steps), maxList)])
		d.Evidence = j.stepEvidence(all.Steps)
	}
	d.Detail = detail(append([]string{sentence + ".", "Actions after that are not recorded or reported."}, j.e.Caveats...)...)
	return d
}
