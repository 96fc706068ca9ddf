package hygiene

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// unknownActions looks for patterns that match no action of the catalogue of actions.
func unknownActions(p *check.Pass) {
	for _, one := range written(p) {
		if one.Document == nil {
			continue
		}
		var names []string
		var found []check.Evidence
		acts, spares := false, false
		for i := range one.Document.Statements {
			s := &one.Document.Statements[i]
			hit := false
			for _, a := range s.Actions {
				if a.Text != "" && !known(a.Text) {
					hit = true
					names = append(names, a.Text)
				}
			}
			if hit {
				acts, spares = acts || !s.NotAction, spares || s.NotAction
				found = append(found, evidence(one, i, "It names an action that is not in the list."))
			}
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		names = slices.Compact(names)
		detail := explained(names)
		if acts {
			detail += " If AWS does not have the action, the statement does nothing there."
		}
		if spares {
			detail += " If AWS does not have the action, a NotAction that names it exempts nothing by it: the statement covers more than it says."
		}
		p.Report(check.Diagnostic{
			Key: one.Part.String(), Functions: p.Role.Users.List, Title: one.Part.String() + " of " + p.Role.Ref.Name + " names actions that are not in AWS's list of " + listed(), Detail: detail,
			Evidence: found, Fix: check.Fix{Summary: "Spell the actions as the service authorization reference does. Leave those that are newer than the list."},
		})
	}
}

// explained says of each name what the list has instead. AWS may have added an action or a service since.
func explained(names []string) string {
	var wrong, services []string
	for _, name := range names {
		prefix, _, ok := strings.Cut(name, ":")
		if ok && !strings.ContainsAny(prefix, "*?") && actions.Count(prefix) == 0 {
			if text := prefix + like(prefix, actions.Services()); !slices.Contains(services, text) {
				services = append(services, text)
			}
			continue
		}
		wrong = append(wrong, name+like(name, actionsOf(prefix)))
	}
	var out []string
	if len(wrong) > 0 {
		out = append(out, fmt.Sprintf("The service authorization reference of %s does not list %s.", listed(), strings.Join(wrong[:min(len(wrong), 10)], " or ")))
	}
	if len(services) > 0 {
		out = append(out, fmt.Sprintf("The service authorization reference of %s has no service with the prefix %s.", listed(), strings.Join(services[:min(len(services), 10)], " or ")))
	}
	return strings.Join(append(out, "What AWS added since is not in it."), " ")
}

// listed is the date of the list of actions.
func listed() string { return actions.AsOf().Format(time.DateOnly) }

// actionsOf are the actions of a service.
func actionsOf(prefix string) (out []string) {
	list, _ := actions.Service(prefix)
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

// like names the one candidate that is a slip or two away, in brackets.
func like(text string, candidates []string) string {
	best, nearest, alone := 3, "", false
	for _, c := range candidates {
		switch d := words.Distance(strings.ToLower(text), strings.ToLower(c)); {
		case d < best:
			best, nearest, alone = d, c, true
		case d == best:
			alone = false
		}
	}
	if !alone || len(text) < 4 {
		return ""
	}
	return " (" + nearest + "?)"
}

func known(pattern string) bool {
	if pattern == "*" {
		return true
	}
	found := false
	actions.Each(pattern, func(string) bool {
		found = true
		return false
	})
	return found
}
