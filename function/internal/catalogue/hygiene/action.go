package hygiene

import (
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// unknownActions looks for patterns that match no action of the list of AWS actions. What is not in a list may still be an action: AWS
// adds actions to services that are known, and services.
func unknownActions(p *check.Pass) {
	for _, one := range written(p) {
		if one.Document == nil {
			continue
		}
		var names []string
		var found []check.Evidence
		acts, exempts := false, false
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
				acts, exempts = acts || !s.NotAction, exempts || s.NotAction
				found = append(found, evidence(one, i, "It names an action that is not in the list of AWS actions"+asOf()+"."))
			}
		}
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		p.Report(check.Diagnostic{
			Key: one.Part.String(), Functions: p.Role.Users.List,
			Title:    words.Upper(one.Part.InWords()) + " of " + p.Role.Ref.Name + " names actions that are not in the list of AWS actions",
			Detail:   notListed(slices.Compact(names)) + meaning(acts, exempts),
			Evidence: found, Fix: check.Fix{Summary: compareSpelling},
		})
	}
}

// compareSpelling is the fix. The list alone never shows that an action has to be removed.
const compareSpelling = "Look the names up in the current Service Authorization Reference. Correct the names that are misspelled. Keep an action that AWS added after the date of the list."

// asOf is the date of the list of actions, as a sentence goes on with it.
func asOf() string {
	if day := actions.AsOf(); !day.IsZero() {
		return " of " + day.Format(time.DateOnly)
	}
	return ""
}

// meaning says what follows if AWS has no such action.
func meaning(acts, exempts bool) string {
	text := " Such a name is misspelled, or newer than the list."
	if acts {
		text += " A misspelled action in Action allows and denies nothing."
	}
	if exempts {
		text += " A misspelled action in NotAction exempts nothing: the statement then covers more than its author intended."
	}
	return text
}

// notListed says of each name what the list does not have: the action, or the service.
func notListed(names []string) string {
	var unlisted, services []string
	for _, name := range names {
		prefix, _, ok := strings.Cut(name, ":")
		if ok && !strings.ContainsAny(prefix, "*?") && actions.Count(prefix) == 0 {
			if text := prefix + like(prefix, actions.Services()); !slices.Contains(services, text) {
				services = append(services, text)
			}
			continue
		}
		unlisted = append(unlisted, name+like(name, actionsOf(prefix)))
	}
	var missing []string
	if len(unlisted) > 0 {
		missing = append(missing, "the action "+strings.Join(unlisted[:min(len(unlisted), 10)], " or "))
	}
	if len(services) > 0 {
		missing = append(missing, "a service with the prefix "+strings.Join(services[:min(len(services), 10)], " or "))
	}
	return "The list of AWS actions" + asOf() + " does not have " + strings.Join(missing, ", or ") + "."
}

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
