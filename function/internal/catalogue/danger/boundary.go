package danger

import (
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// boundaryWeakened reports a permissions boundary that was removed, or replaced with one that allows more.
func boundaryWeakened(p *check.Pass) {
	former, edited := p.Before.Parts[role.PartBoundary]
	if !edited || former.State() == role.Absent {
		return
	}
	if p.Role.Boundary.State() == role.Unknown {
		p.Undecided("", p.Role.Boundary.Gap("permissions boundary").InPolicy(role.PartBoundary))
		return
	}
	was, ok := former.Get()
	if !ok || was.Document == nil {
		p.Undecided("", formerGap(former).InPolicy(role.PartBoundary))
		return
	}
	j := judgeOf(p.Subject)
	command := ""
	if was.ARN != "" {
		command = rewrite.Command("iam put-role-permissions-boundary", "--role-name", p.Role.Ref.Name, "--permissions-boundary", was.ARN)
	}
	now, ok := p.Role.Boundary.Get()
	switch {
	case !ok:
		p.Report(j.boundaryDiagnostic("The permissions boundary of "+p.Role.Ref.Name+" was removed",
			"The role "+p.Role.Ref.Name+" had a permissions boundary and has none now. A boundary no longer limits what its policies allow.", nil, command))
	case now.Document == nil:
		p.Undecided("", now.Gap("permissions boundary").InPolicy(role.PartBoundary))
	default:
		j.compareBoundaries(p, was, now, command)
	}
}

func formerGap(former role.Maybe[role.Policy]) role.Gap {
	const name = "permissions boundary as it was"
	if p, ok := former.Get(); ok && p.Document == nil {
		return p.Gap(name)
	}
	return former.Gap(name)
}

func (j *judge) compareBoundaries(p *check.Pass, was, now role.Policy, command string) {
	c := j.compare(policy.Set{Identity: []policy.Part{was.AsPart()}}, policy.Set{Identity: []policy.Part{now.AsPart()}})
	var grants []confirmed
	for _, g := range c.Grants {
		if !g.Inert {
			grants = append(grants, confirmed{g, ask.Step{Action: g.Witness.Request.Action, Resource: j.own(g.Witness.Request.Resource, g.Witness)}})
		}
	}
	if len(grants) == 0 {
		if len(c.Unknown) > 0 {
			p.Undecided("", undecidable(c.Unknown)...)
		}
		return
	}
	var refs []policy.StatementRef
	for _, g := range grants {
		refs = append(refs, g.Statement)
	}
	p.Report(j.boundaryDiagnostic("The permissions boundary of "+p.Role.Ref.Name+" allows more than before",
		"The permissions boundary of the role "+p.Role.Ref.Name+" was replaced or edited. It now allows what it did not allow before: "+
			grantTexts(grants)+".", refs, command))
}

func (j *judge) boundaryDiagnostic(title, text string, refs []policy.StatementRef, command string) check.Diagnostic {
	return check.Diagnostic{
		Functions: j.subject.Role.Users.List, Title: title, Parts: []role.Part{role.PartBoundary},
		Detail:   text,
		Evidence: j.evidence(refs, "This statement of the boundary allows it now."),
		Fix: check.Fix{
			Summary: "Restore the former boundary. If the change is intended, check that the role needs what its policies now allow.", Command: command,
		},
	}
}
