package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

const (
	// screen is how many lines a summary has at most before its last ones.
	screen = 15
	// mostShown is how many lines an example has at most.
	mostShown = 5
	// mostNamed is how many names stand in one line, and mostWidth how wide these are together.
	mostNamed, mostWidth = 4, 72
)

// summary describes a comparison to a reviewer, on one screen.
func (d *differing) summary(c policy.Comparison, changes []policy.Change, idle []policy.Ineffective) string {
	real := realGrants(changes)
	var lines []string
	if len(real) > 0 {
		first := headline(real[0])
		if more := len(real) - 1; more > 0 {
			first += fmt.Sprintf(", and %s more", words.Count(more, "grant"))
		}
		lines = append(lines, first)
	}
	shown, left := 0, 0
	for _, change := range changes {
		block := d.block(change)
		switch {
		case len(block) == 0:
		case shown > 0 && (left > 0 || len(lines)+len(block) > screen):
			left++
		default:
			lines, shown = append(lines, block...), shown+1
		}
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("%s more: --details lists every grant", words.Count(left, "statement")))
	}
	lines = append(lines, d.undecided(c.Unknown, 3)...)
	lines = append(lines, d.idle(idle, 3)...)
	if len(real) == 0 && len(c.Grants) > 0 {
		lines = append(lines, "newly allowed, without effect as far as is known: "+granted(c.Grants[0].Action, c.Grants[0].Resource, c.Grants[0].Principal))
	}
	return strings.Join(append(lines, d.total(c, real, changes)...), "\n") + "\n"
}

// realGrants are the grants that take effect and that no other one covers, the gravest first.
func realGrants(changes []policy.Change) []*policy.ReviewedGrant {
	var list []*policy.ReviewedGrant
	for i := range changes {
		for j := range changes[i].Grants {
			if g := &changes[i].Grants[j]; !g.Inert && !g.Covered {
				list = append(list, g)
			}
		}
	}
	return list
}

// headline says the gravest grant in a line.
func headline(g *policy.ReviewedGrant) string {
	text := granted(what([]*policy.ReviewedGrant{g}), shortened(g.Resource), recipient(g))
	if g.Everything {
		text = granted("everything (administrator)", "", recipient(g))
	} else if g.Gravity > actions.Writing {
		text += " (" + g.Gravity.String() + ")"
	}
	if g.Statement.Effect == policy.Deny {
		text = "no longer denied: " + text
	} else {
		text = "newly allowed: " + text
	}
	if keys := conditionKeys(g.Statement.Statement); len(keys) > 0 {
		text += ", under conditions on " + listed(keys)
	}
	return text
}

// shortened leaves out the middle of a long name.
func shortened(name string) string {
	const most = 80
	if r := []rune(name); len(r) > most {
		return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
	}
	return name
}

// recipient is to whom something is granted, as granted shows it.
func recipient(g *policy.ReviewedGrant) string {
	if g.Principal == "*" && g.PrincipalType != "*" && g.PrincipalType != "AWS" && g.PrincipalType != "" {
		return g.PrincipalType + " *"
	}
	return g.Principal
}

func conditionKeys(s *policy.Statement) []string {
	var keys []string
	for _, c := range s.Conditions {
		keys = distinct(keys, []string{actions.Spelling(c.Key)})
	}
	return keys
}

// block describes what one statement newly allows: a line for each kind of access, what stood against it, and an example.
func (d *differing) block(change policy.Change) []string {
	groups := map[string][]*policy.ReviewedGrant{}
	var order []string
	var without, wider, lifted []string
	for i := range change.Grants {
		g := &change.Grants[i]
		if g.Inert || g.Covered {
			continue
		}
		key := kindOfAccess(g) + "\x00" + recipient(g)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], g)
		if first := len(order) == 1 && len(groups[key]) == 1; first {
			without, wider = g.Without, g.Wider
		} else {
			// What goes for some of the grants alone, --details says.
			without, wider = common(without, g.Without), common(wider, g.Wider)
		}
		for _, l := range g.Lifted {
			lifted = distinct(lifted, []string{called(d.naming("old", l.Policy), l.Document, l.Statement)})
		}
	}
	if len(order) == 0 {
		return nil
	}
	lines := []string{d.heading(change.Statement)}
	for _, key := range order[:min(len(order), mostNamed)] {
		line := "  " + access(groups[key])
		if gone := withoutAll(groups[key]); len(gone) > 0 && len(without) == 0 {
			line += ", without the condition on " + listed(gone)
		}
		lines = append(lines, line)
	}
	if more := len(order) - mostNamed; more > 0 {
		lines = append(lines, fmt.Sprintf("  and for %s more", words.Count(more, "principal")))
	}
	for _, reason := range []struct {
		text string
		list []string
	}{{"without the condition on ", without}, {"with a wider condition on ", wider}, {"no longer denied by ", lifted}} {
		if len(reason.list) > 0 {
			lines = append(lines, "  "+reason.text+listed(reason.list))
		}
	}
	shown := strings.Split(strings.TrimSuffix(example(groups[order[0]][0].Witness), "\n"), "\n")
	if more := len(shown) - mostShown; more > 0 {
		shown = append(shown[:mostShown], fmt.Sprintf("      and %s more", words.Count(more, "condition")))
	}
	return append(lines, shown...)
}

// withoutAll are the keys of conditions that are gone for each of the grants.
func withoutAll(list []*policy.ReviewedGrant) []string {
	keys := list[0].Without
	for _, g := range list[1:] {
		keys = common(keys, g.Without)
	}
	return keys
}

// access says in a line what grants of one kind of access to one principal are of.
func access(list []*policy.ReviewedGrant) string {
	if list[0].Everything {
		return granted(kindOfAccess(list[0]), where(list), recipient(list[0]))
	}
	return kindOfAccess(list[0]) + ": " + granted(what(list), where(list), recipient(list[0]))
}

// heading names the statement of a change.
func (d *differing) heading(ref policy.StatementRef) string {
	if ref.Effect == policy.Deny {
		return "no longer denied: " + called(d.naming("old", ref.Policy), ref.Document, ref.Statement) + ", available to any principal that other policies allow"
	}
	return "by " + called(d.naming("new", ref.Policy), ref.Document, ref.Statement)
}

// naming is what the compared policies of a side, or others, are called.
func (d *differing) naming(side, name string) string {
	if name == string(d.kind) {
		return "the " + side + " " + d.kind.inWords()
	}
	return name
}

func kindOfAccess(g *policy.ReviewedGrant) string {
	if g.Everything {
		return "everything (administrator)"
	}
	return g.Gravity.String()
}

// what names the actions of grants of one kind of access, the gravest first. A pattern stands for itself where all that it
// covers is newly allowed.
func what(list []*policy.ReviewedGrant) string {
	var names []string
	for _, g := range list {
		names = distinct(names, actionsOf(g))
	}
	return listed(names)
}

func actionsOf(g *policy.ReviewedGrant) []string {
	all := len(actions.Expand(g.Action))
	switch s := g.Statement.Statement; {
	case len(g.Actions) == 0 || len(g.Actions) == all:
		return []string{g.Action}
	case s.NotAction && len(g.Actions) > all/2:
		var names []string
		for _, v := range s.Actions {
			names = append(names, v.Text)
		}
		return []string{"everything except " + listed(names)}
	case len(g.Actions) > all/2:
		return []string{fmt.Sprintf("%s (%d of %d actions, among them %s)", g.Action, len(g.Actions), all, strings.Join(samples(g), ", "))}
	}
	// Services whose actions are all newly allowed stand for them.
	byService := map[string]int{}
	for _, name := range g.Actions {
		byService[actions.ServiceOf(name)]++
	}
	var names []string
	for _, name := range g.NewActions() {
		if service := actions.ServiceOf(name); byService[service] > 1 && byService[service] == actions.Count(service) {
			name = service + ":*"
		}
		names = distinct(names, []string{name})
	}
	return names
}

// samples are the gravest action of each kind of access, three at most.
func samples(g *policy.ReviewedGrant) []string {
	var names []string
	seen := map[actions.Gravity]bool{}
	for _, name := range g.NewActions() {
		if gravity := actions.GravityOf(name); !seen[gravity] && len(names) < 3 {
			seen[gravity] = true
			names = append(names, name)
		}
	}
	return names
}

// where names the resources of grants.
func where(list []*policy.ReviewedGrant) string {
	var names []string
	for _, g := range list {
		if g.Resource != "" {
			names = distinct(names, []string{g.Resource})
		}
	}
	if slices.Contains(names, "*") {
		return "*"
	}
	return listed(names)
}

// listed lists names, as many as fit.
func listed(names []string) string {
	n, width := 0, 0
	for n < len(names) && n < mostNamed && (n == 0 || width+len(names[n]) <= mostWidth) {
		width += len(names[n]) + 2
		n++
	}
	text := strings.Join(names[:n], ", ")
	if more := len(names) - n; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return message.Line(text)
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
}

func distinct(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}
