package danger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// group is which of the checks tells of an action; an action is told by one.
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

// onlyLooks tells actions that AWS's tables have as writes, and that by their names are none.
func onlyLooks(name string) bool {
	return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Describe")
}

// star says what one check has to say of actions on resources that nobody named.
type star struct {
	group group
	// may is what the role may do, as a sentence goes on: "get credentials", and why what each statement is to blame for.
	may, why, fix string
	// spare leaves out what follows from everything of a service being allowed.
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
			// What has to have a tag that the role cannot set is named by it, as by its ARN.
		case s.spare && a.ofService:
			ofServices.add(a)
		default:
			own.add(a)
		}
	}
	switch {
	case len(own.names) > 0:
		p.Report(j.starDiagnostic(s, own.names, own.statements))
	case len(ofServices.names) > 0:
		p.Report(j.starDiagnostic(s, ofServices.names, ofServices.statements)) // RW303 tells it.
	case len(hangs) > 0:
		p.Undecided("", role.DistinctGaps(hangs)...)
	default:
		j.undecidedIfUnread(p)
	}
}

// granted are actions that are allowed, and what allows them.
type granted struct {
	names      []string
	statements []policy.StatementRef
}

func (g *granted) add(a actionAnswer) {
	g.names, g.statements = append(g.names, a.name), effective.Distinct(slices.Concat(g.statements, a.Statements()))
}

// toldByServices are the checks of which everything that they would report is of services of which the role may do everything.
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
	sentence := "The role " + r.Ref.Name + " may " + s.may + ", in account " + r.Ref.Account
	if len(names) > 0 {
		sentence += ": " + list(names) + " " + verb(len(names)) + " allowed on resources that no policy names"
	}
	return check.Diagnostic{
		Functions: r.Users.List,
		Title:     r.Ref.Name + " may " + s.may,
		Detail:    detail(append([]string{sentence + "."}, j.e.Caveats...)...),
		Evidence:  j.evidence(statements, s.why),
		Fix:       check.Fix{Summary: s.fix},
	}
}

func verb(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// maxEvidence bounds how many statements a finding quotes.
const maxEvidence = 6

func (j *judge) evidence(statements []policy.StatementRef, why string) []check.Evidence {
	all := j.e.Evidence(statements, why)
	return all[:min(len(all), maxEvidence)]
}

// serviceWildcard tells the services of which the role may do everything to everything.
func serviceWildcard(p *check.Pass) {
	j := judgeOf(p.Subject)
	o := j.opening()
	name := p.Role.Ref.Name
	if o.everything {
		p.Report(check.Diagnostic{
			Functions: p.Role.Users.List, Title: name + " may do everything with every service",
			Detail:   "The role " + name + " may use every action of every service on any resource.",
			Evidence: j.evidence(o.admin.Statements(), "It allows every action of a service."), Fix: check.Fix{Summary: serviceFix},
		})
		return
	}
	var prefixes, titles []string
	var statements []policy.StatementRef
	for _, s := range o.services {
		prefixes, statements = append(prefixes, s.prefix), effective.Distinct(slices.Concat(statements, s.statements))
		titles = append(titles, s.prefix+":*")
	}
	switch {
	case len(prefixes) > 0:
		what := serviceName(prefixes[0])
		if len(prefixes) > 1 {
			what = strconv.Itoa(len(prefixes)) + " services"
		}
		p.Report(check.Diagnostic{
			Functions: p.Role.Users.List, Title: name + " may do everything with " + what,
			Detail: detail(append([]string{"The role " + name + " may use every action of " + list(titles) +
				" on any resource, what AWS adds to these services later included."}, j.e.Caveats...)...),
			Evidence: j.evidence(statements, "It allows every action of a service on any resource."), Fix: check.Fix{Summary: serviceFix},
			Tells: o.toldByServices(),
		})
	case len(o.hanging) > 0:
		var hangs []role.Gap
		for _, h := range o.hanging {
			hangs = append(hangs, h...)
		}
		p.Undecided("", role.DistinctGaps(hangs)...)
	default:
		j.undecidedIfUnread(p)
	}
}

const serviceFix = "Allow only the actions that the functions use, and name the resources that they use them on."

func serviceName(prefix string) string {
	if title, ok := actions.ServiceName(prefix); ok {
		return title
	}
	return words.Upper(prefix)
}
