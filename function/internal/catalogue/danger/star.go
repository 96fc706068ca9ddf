package danger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// group is the check that reports an action. One check reports an action.
type group int

const (
	noGroup group = iota
	credentials
	data
	permissions
	write
)

// groupOf puts an action where it does most harm. Reads that are not of secrets or of data are in no group, nor are writes
// that have no resource to name, and those that every function needs.
func groupOf(a actions.Action) group {
	name := a.String()
	switch {
	case actions.GivesCredentials(name):
		return credentials
	case dataActions[name]:
		return data
	case usualActions[name] || toldElsewhere[name] || sparedCredentials[name] || onlyLooks(a.Name):
		return noGroup
	case a.Level == actions.PermissionsManagement:
		return permissions
	case a.Level == actions.Write && !a.OnlyStar():
		return write
	}
	return noGroup
}

// onlyLooks reports whether an action only reads according to its name, although AWS lists it as a write.
func onlyLooks(name string) bool {
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Describe")
}

// star holds the texts of one check on actions on resources that no policy names.
type star struct {
	group group
	// may is what the role can do, as a sentence goes on after "can", and why is what each statement allows.
	may, why, fix string
	// spare leaves out what follows from a statement that allows every action of a service.
	spare bool
}

// run reports all actions of a group in one finding.
func (s star) run(p *check.Pass) {
	j := judgeOf(p.Subject)
	o := j.opening()
	if o.everything {
		p.Report(j.starDiagnostic(s, nil, o.admin.Statements()))
		return
	}
	var hangs []role.Gap
	var own, ofServices granted
	for _, a := range o.answers {
		switch {
		case a.group != s.group:
		case !a.Allowed():
			hangs = append(hangs, a.DependsOn...)
		case len(a.Needs()) > 0:
			// A tag that the role cannot set names a resource, as an ARN does.
		case s.spare && a.ofService:
			ofServices.add(a)
		default:
			own.add(a)
		}
	}
	switch {
	case len(own.names) > 0:
		p.Report(j.starDiagnostic(s, own.names, own.statements.List()))
	case len(ofServices.names) > 0:
		p.Report(j.starDiagnostic(s, ofServices.names, ofServices.statements.List())) // RW303 reports it.
	case len(hangs) > 0:
		p.Undecided("", role.DistinctGaps(hangs)...)
	default:
		j.undecidedIfPartial(p)
	}
}

// undecidedIfPartial says that what was left out may be allowed, and what a policy allows that was not read.
func (j *judge) undecidedIfPartial(p *check.Pass) {
	if missing := j.missing(j.opening().isPartial); len(missing) > 0 {
		p.Undecided("", missing...)
	}
}

// missing is why more may be allowed than was found: policies that were not read, and what was left out for lack of budget.
func (j *judge) missing(isPartial bool) []role.Gap {
	unread := j.unread()
	if !isPartial {
		return unread
	}
	return append(slices.Clip(unread), j.overBudget())
}

// overBudget says that something was left out for lack of budget, and the statements that took the most work.
func (j *judge) overBudget() role.Gap {
	statements, _ := j.Budget.Exceeded()
	return ask.OverBudget(statements...)
}

// granted are actions that are allowed, and what allows them.
type granted struct {
	names      []string
	statements ask.Statements
}

func (g *granted) add(a actionAnswer) {
	g.names = append(g.names, a.name)
	for i := range a.Steps {
		g.statements.Add(a.Steps[i].Statements...)
	}
}

// toldByServices are the checks that would report only services of which the role can perform every action.
func (o *opening) toldByServices() (out []check.Told) {
	for _, one := range []struct {
		group group
		id    string
	}{{data, DataAccess}, {write, WriteStar}} {
		if !slices.ContainsFunc(o.answers, func(a actionAnswer) bool {
			return a.group == one.group && a.Allowed() && len(a.Needs()) == 0 && !a.ofService
		}) {
			out = append(out, check.Told{Check: one.id})
		}
	}
	return out
}

func (j *judge) starDiagnostic(s star, names []string, statements []policy.StatementRef) check.Diagnostic {
	r := j.subject.Role
	sentence := "The role " + r.Ref.Name + " can " + s.may + " in account " + r.Ref.Account
	title := r.Ref.Name + " can " + s.may
	if len(names) > 0 {
		title = r.Ref.Name + " can call " + firstOf(names) + " on any resource"
		sentence = "The policies of " + r.Ref.Name + " allow " + list(names) + " on any resource in account " + r.Ref.Account
	}
	return check.Diagnostic{
		Functions: r.Users.List,
		Title:     title,
		Detail:    detail(append([]string{sentence + "."}, j.e.Caveats...)...),
		Evidence:  j.evidence(statements, s.why),
		Fix:       check.Fix{Summary: s.fix},
	}
}

// maxEvidence bounds how many statements a finding quotes.
const maxEvidence = 6

func (j *judge) evidence(statements []policy.StatementRef, why string) []check.Evidence {
	all := j.e.Evidence(statements, why)
	return all[:min(len(all), maxEvidence)]
}

// serviceWildcard reports the services of which the role can perform every action on every resource.
func serviceWildcard(p *check.Pass) {
	j := judgeOf(p.Subject)
	o := j.opening()
	name := p.Role.Ref.Name
	if o.everything {
		p.Report(check.Diagnostic{
			Functions: p.Role.Users.List, Title: name + " can perform every action of every service",
			Detail:   "The role " + name + " can perform every action of every service on any resource.",
			Evidence: j.evidence(o.admin.Statements(), "It allows every action of a service."), Fix: check.Fix{Summary: serviceFix},
		})
		return
	}
	var prefixes, titles []string
	var statements ask.Statements
	for _, s := range o.services {
		prefixes = append(prefixes, s.prefix)
		statements.Add(s.statements...)
		titles = append(titles, s.prefix+":*")
	}
	switch {
	case len(prefixes) > 0:
		what := serviceName(prefixes[0])
		if len(prefixes) > 1 {
			what = strconv.Itoa(len(prefixes)) + " services"
		}
		p.Report(check.Diagnostic{
			Functions: p.Role.Users.List, Title: name + " can perform every action of " + what,
			Detail: detail(append([]string{"The policies of " + name + " allow " + list(titles) +
				" on any resource, including actions that AWS adds later."}, j.e.Caveats...)...),
			Evidence: j.evidence(statements.List(), "It allows every action of a service on any resource."), Fix: check.Fix{Summary: serviceFix},
			Tells: o.toldByServices(),
		})
	case len(o.hanging) > 0:
		var hangs []role.Gap
		for _, h := range o.hanging {
			hangs = append(hangs, h...)
		}
		p.Undecided("", role.DistinctGaps(hangs)...)
	default:
		j.undecidedIfPartial(p)
	}
}

const serviceFix = "Allow only the actions that the functions use, on the resources that they use."

func serviceName(prefix string) string {
	if title, ok := actions.ServiceName(prefix); ok {
		return title
	}
	return words.Upper(prefix)
}
