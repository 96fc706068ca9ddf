package exposure

import (
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// limit is the network or organization that strangers need to use a function whose policy names everyone.
type limit struct {
	names  []string
	refs   []policy.StatementRef
	narrow []string
	// network is set where it is a network, and anonymous where those who are there need no credentials.
	network, anonymous bool
}

// publicConditioned evaluates those who are in a network, or in an organization that is not the role's own.
func publicConditioned(p *check.Pass) {
	for _, versions := range byFunction(p.Subject) {
		var open []door
		var all limit
		for _, d := range doorsOf(p, versions) {
			if !d.gate.NamesEverybody() || !d.gate.IsConditional() {
				continue
			}
			l := d.limited(p, versions)
			if len(l.names) == 0 {
				continue
			}
			open = append(open, d)
			all = limit{append(all.names, l.names...), append(all.refs, l.refs...), append(all.narrow, l.narrow...), all.network || l.network, all.anonymous || l.anonymous}
		}
		if len(open) > 0 {
			p.Report(limitDiagnostic(open, versions, all))
		}
	}
}

// limited are the actions that only a network or an organization denies to strangers.
func (d door) limited(p *check.Pass, versions []role.Function) (out limit) {
	try := func(action string, ways ...map[string]policy.ContextValue) {
		d := d.through(p, action)
		if slices.ContainsFunc(ways, func(keys map[string]policy.ContextValue) bool {
			_, far := d.forStrangers(p, action, keys)
			return far > toNobody
		}) {
			return
		}
		for _, keys := range ways {
			a, narrow, network := d.fromWithin(p, action, keys)
			if a.Decision != policy.Allowed || action == urlAction && !d.hasURL(p, versions, "AWS_IAM") {
				continue
			}
			out.names, out.refs = append(out.names, action), append(out.refs, granting(a.Verdict)...)
			out.narrow, out.network = append(out.narrow, narrow), out.network || network
			return
		}
	}
	for _, action := range d.covered(p.Subject) {
		try(action, d.directly(action)...)
	}
	try(urlAction, byURL("AWS_IAM"))
	d.limitedURL(p, versions, &out)
	return out
}

// limitedURL asks for callers without credentials, who are in a network, where a URL requires none.
func (d door) limitedURL(p *check.Pass, versions []role.Function, out *limit) {
	if d.anonymously(p, urlAction, byURL("NONE")).Decision == policy.Allowed || !d.hasURL(p, versions, "NONE") {
		return // Another check reports a URL that is open to everyone.
	}
	who, visit := anonymous(p, urlAction, byURL("NONE"))
	visit.Chosen = inNetwork(isFreeText)
	if a := d.gate.Ask(who, visit); a.Decision == policy.Allowed {
		out.names, out.refs = append(out.names, urlAction), append(out.refs, granting(a.Verdict)...)
		out.narrow, out.network, out.anonymous = append(out.narrow, narrowness(d.gate, a, narrow{who, visit, true, false})), true, true
	} else {
		d.undecided(p, a)
	}
}

// inNetwork reports whether a key is one of those that a caller chooses, or says from where the request comes.
func inNetwork(chosen func(string) bool) func(string) bool {
	return func(key string) bool { return chosen(key) || ask.IsNetworkKey(key) }
}

// fromWithin asks for a stranger of any organization in a network, then for one of an organization that the policy names.
func (d door) fromWithin(p *check.Pass, action string, keys map[string]policy.ContextValue) (a ask.Passage, says string, network bool) {
	others, _ := strangers(p, d.function.ARN, d.gate)
	all := everybody(d.gate, others, action)
	visit := ask.Visit{Action: action, Context: call(around(p), keys), Like: map[string]string{"aws:requestedregion": aRegion}}
	for i, of := range [][]string{d.gate.AnyOrganization(), d.gate.Organizations(organizationOf(p))} {
		visit.Organizations, visit.Chosen, network = of, isFree, false
		if a = d.gate.AskFromAnywhere(all, visit); a.Decision != policy.Allowed {
			visit.Chosen, network = inNetwork(isFree), true
			a = d.gate.Ask(all, visit)
		}
		if a.Decision == policy.Allowed {
			return a, narrowness(d.gate, a, narrow{all, visit, network, i > 0}), network
		}
	}
	d.undecided(p, a)
	return a, "", false
}

func limitDiagnostic(open []door, versions []role.Function, l limit) check.Diagnostic {
	f, worst := open[0].function, gravest(l.names)
	severity := foreignSeverity(worst)
	says := "It requires an organization that the settings do not name as your own."
	if l.network {
		says = "It restricts the network that requests come from. Anyone who can send requests from there is allowed, with credentials of any account."
		if l.anonymous {
			says = "It restricts the network that requests come from. Anyone who can send requests from there is allowed without credentials, because the URL has AuthType NONE."
		}
		if worst == invokes {
			severity = check.High
		}
	}
	slices.Sort(l.narrow)
	narrow := ""
	for _, text := range slices.Compact(l.narrow) {
		narrow += text
	}
	return check.Diagnostic{
		Key: f.ARN, Severity: severity, Functions: reaching(open, versions), Title: "Anyone who meets a condition can " + verbs[worst] + " " + f.Name(),
		Detail: fmt.Sprintf("The resource policy of %s names every principal (%s). Only a condition restricts who can use the function. %s%s",
			f.Name(), words.List(actionTexts(l.names)), says, narrow),
		Evidence: evidenceOf(effective.Distinct(l.refs), "It names every principal, and restricts them only by a condition."), Parts: []role.Part{role.FunctionPart(f.ARN)},
		Fix: removeStatements("In Principal, name who has to use the function. If the organization is your own, name it in the settings (organization).", open, l.refs),
	}
}
