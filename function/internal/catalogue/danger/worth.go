package danger

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// addsLittle reports whether the role's policies only add statements that list harmless actions. What exactly is new then need not be
// worked out.
func (j *judge) addsLittle(then policy.Set) bool {
	added, complete := policy.Added(then, j.e.Set)
	if !complete {
		return false
	}
	var named []string
	for _, ref := range added {
		for _, v := range ref.Statement.Actions {
			if ref.Statement.NotAction || strings.ContainsAny(v.Text, "*?") {
				return false
			}
			a, ok := actions.Lookup(v.Text)
			if !ok || isStrong(groupOf(a)) && !isHarmless(a) {
				return false
			}
			named = append(named, v.Text)
		}
	}
	for _, name := range named {
		if severity, _ := j.worth(name); severity > check.Low {
			return false
		}
	}
	return true
}

// isHarmless reports whether an action is harmless on every resource.
func isHarmless(a actions.Action) bool { return groupOf(a) == noGroup && !toldElsewhere[a.String()] }

// harm is how much a grant is worth: little where it lists, tags, or reads or writes what the policy names. A grant of many
// actions gets the worst of them for its witness, where that was denied before.
func (j *judge) harm(g *confirmed, then *judge) check.Severity {
	names := g.Actions
	if len(names) == 0 {
		names = []string{g.asked.Action}
	}
	worst := check.Low
	for _, name := range names {
		severity, anywhere := j.worth(name)
		if severity > worst && anywhere.Allowed() && !then.anywhere(name, nil).Allowed() {
			g.asked = anywhere.Steps[len(anywhere.Steps)-1]
		}
		worst = max(worst, severity)
	}
	return worst
}

// worth is how much it is worth to the role to be allowed an action, and whether it is allowed on what no policy names, where that
// matters.
func (j *judge) worth(name string) (check.Severity, ask.Answer) {
	a, ok := actions.Lookup(name)
	switch {
	case !ok:
		return check.Medium, ask.Answer{} // What it does is not known yet.
	case isHarmless(a):
		return check.Low, ask.Answer{}
	}
	anywhere := j.Anywhere(a, nil)
	return severityOf(groupOf(a), anywhere.Allowed()), anywhere
}

// severityOf is that of one action, on resources that nobody named or on those that a policy names.
func severityOf(g group, anywhere bool) check.Severity {
	switch strong := isStrong(g); {
	case strong && anywhere:
		return check.High
	case strong, anywhere:
		return check.Medium
	}
	return check.Low
}

// isStrong reports whether one action of a group is enough to do harm, on whatever resource. Of the actions in no group, only those that
// RW304 or RW305 report are passed.
func isStrong(g group) bool { return g == permissions || g == credentials || g == noGroup }
