package exposure

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// grantedTo is what other accounts may do with a function, by account, and the statements that allow it.
type grantedTo struct {
	names map[string][]string
	refs  []policy.StatementRef
}

// foreignAccount evaluates the accounts that a function's policy names and that are not trusted.
func foreignAccount(p *check.Pass) {
	for _, versions := range byFunction(p.Subject) {
		var open []door
		all := grantedTo{names: map[string][]string{}}
		for _, d := range doorsOf(p, versions) {
			found := d.toForeigners(p, versions)
			if len(found.names) == 0 {
				continue
			}
			open, all.refs = append(open, d), append(all.refs, found.refs...)
			for account, names := range found.names {
				all.names[account] = append(all.names[account], names...)
			}
		}
		if len(open) > 0 {
			p.Report(foreignDiagnostic(open, versions, all))
		}
	}
}

// toForeigners are the actions that other accounts may call through the door.
func (d door) toForeigners(p *check.Pass, versions []role.Function) grantedTo {
	out := grantedTo{names: map[string][]string{}}
	for _, o := range outsiders(p, gate{Gate: d.gate}) {
		try := func(action string, ways ...map[string]policy.ContextValue) {
			g := gate{Gate: d.through(p, action).gate}
			for _, keys := range ways {
				v := visit(p, g, keys)
				v.Action = action
				one := g.admits(o, v)
				if len(one.refs) == 0 || action == urlAction && !d.hasURL(p, versions, "AWS_IAM") {
					continue
				}
				out.names[o.account], out.refs = append(out.names[o.account], action), append(out.refs, one.refs...)
				return
			}
		}
		for _, action := range d.covered(p.Subject) {
			try(action, d.directly(action)...)
		}
		try(urlAction, byURL("AWS_IAM"))
	}
	return out
}

func foreignDiagnostic(open []door, versions []role.Function, all grantedTo) check.Diagnostic {
	f := open[0].function
	accounts := slices.Sorted(maps.Keys(all.names))
	var texts []string
	worst := otherUse
	for _, account := range accounts {
		worst = max(worst, gravest(all.names[account]))
		if len(texts) < mostNamed {
			texts = append(texts, fmt.Sprintf("account %s (%s)", account, words.List(actionTexts(all.names[account]))))
		}
	}
	if more := len(accounts) - len(texts); more > 0 {
		texts = append(texts, words.Count(more, "other account"))
	}
	who := "Account " + accounts[0]
	if len(accounts) > 1 {
		who = words.Count(len(accounts), "other account")
	}
	under := ""
	if keys := keysOf(all.refs); len(keys) > 0 {
		under = " The statement has a condition on " + words.List(keys) + "."
	}
	return check.Diagnostic{
		Key: f.ARN, Severity: foreignSeverity(worst), Functions: reaching(open, versions), Title: who + " can " + verbs[worst] + " " + f.Name(),
		Detail: fmt.Sprintf("The resource policy of %s allows %s. Neither the settings nor the organization's accounts name %s as trusted.%s",
			f.Name(), words.List(texts), words.Either(len(accounts), "the account", "the accounts"), under),
		Evidence: evidenceOf(effective.Distinct(all.refs), "It allows another account to use the function."), Parts: []role.Part{role.FunctionPart(f.ARN)},
		Fix: removeStatements("Remove the statement. If you trust the account, name it in the settings (trustedAccounts or organization).", open, all.refs),
	}
}

// foreignSeverity is that of what named accounts can do with a function.
func foreignSeverity(u use) check.Severity {
	switch u {
	case changes:
		return check.Critical
	case reads:
		return check.High
	}
	return check.Medium
}
