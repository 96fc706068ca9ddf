package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
)

// text tells people of a comparison, a paragraph for each grant.
func (d *differing) text(c policy.Comparison) string {
	var b strings.Builder
	inert := 0
	for _, g := range c.Grants {
		if g.Inert {
			inert++
			if !d.explain {
				continue
			}
		}
		fmt.Fprintf(&b, "newly allowed: %s\n%s", granted(g.Action, g.Resource, g.Principal), d.by(g.Statement))
		if g.Inert {
			b.WriteString("  to no effect as far as is known: AWS documents no such resource for the action\n")
		}
		if len(g.Actions) > 0 {
			b.WriteString("  actions: " + some(g.Actions) + "\n")
		}
		b.WriteString(example(g.Witness))
		if d.explain {
			d.explainGrant(&b, g)
		}
		b.WriteString("\n")
	}
	for _, u := range c.Unknown {
		fmt.Fprintf(&b, "not decided: %s\n%s  %s\n", granted(u.Action, u.Resource, u.Principal), d.by(u.Statement), message.Line(u.Why))
		for _, more := range []struct {
			what string
			list []string
		}{{"it hangs on the keys", u.Keys}, {"not read", u.Unread}} {
			if len(more.list) > 0 {
				fmt.Fprintf(&b, "  %s: %s\n", more.what, some(more.list))
			}
		}
		b.WriteString("\n")
	}
	switch c.NothingNew() {
	case policy.True:
		return "nothing is newly allowed\n"
	case policy.Undecided:
		b.WriteString("whether anything is newly allowed could not be decided\n")
	default:
		if c.More {
			b.WriteString("more is newly allowed than these: ")
		}
		fmt.Fprintf(&b, "%s newly allowed, %d not decided\n", count(len(c.Grants), "grant"), len(c.Unknown))
	}
	if inert > 0 {
		fmt.Fprintf(&b, "%d of them to no effect as far as is known: AWS documents no such resources for the actions\n", inert)
	}
	return b.String()
}

// granted says what a part of a statement allows.
func granted(action, resource, principal string) string {
	text := action
	if resource != "" {
		text += " on " + resource
	}
	if principal != "" {
		text += " to " + principal
	}
	return message.Line(text)
}

// by names a statement of the new policy, if there is one, and quotes it where that is asked for.
func (d *differing) by(s policy.StatementRef) string {
	if s.Statement == nil {
		return ""
	}
	text := "  by " + called("the new "+string(d.kind)+" policy", s.Document, s.Statement) + "\n"
	if d.explain {
		text += indented(s.Document.Text(s.Statement.Span), 6)
	}
	return text
}

// some shows a list of names, shortened.
func some(names []string) string {
	const most = 12
	text := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return message.Line(text)
}

// example shows a witness.
func example(w policy.Witness) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  for example: %s\n", asked(w.Request))
	keys := w.Request.Context.Keys
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if keys[key].Presence == policy.KeyPresent {
			fmt.Fprintf(&b, "      with %s\n", message.Line(key+" "+values(keys[key].Values)))
		}
	}
	for _, a := range []struct {
		whose string
		d     *policy.Document
	}{{"identity", w.AssumedIdentity}, {"resource", w.AssumedResource}} {
		if a.d != nil {
			fmt.Fprintf(&b, "      where the %s's own policy is\n%s", a.whose, indented(string(a.d.Source()), 8))
		}
	}
	return b.String()
}

// explainGrant says what the old policy answers to the witness.
func (d *differing) explainGrant(b *strings.Builder, g policy.Grant) {
	v := policy.Evaluate(g.Witness.Request, g.Witness.Under(d.old))
	if v.Decision == policy.ExplicitDeny {
		b.WriteString("  before: the old policy denied it\n")
		for _, s := range v.Statements {
			fmt.Fprintf(b, "    by %s\n%s", called("the old policy", s.Document, s.Statement), indented(s.Document.Text(s.Statement.Span), 6))
		}
		return
	}
	b.WriteString("  before: no statement of the old policy allowed it\n")
	own := partsOf(d.old)[0].Document
	for i := range own.Statements {
		s := &own.Statements[i]
		if s.Effect != policy.Allow || own.Match(i, g.Witness.Request).Action == policy.False {
			continue
		}
		if why := mismatches(own, i, g.Witness.Request); len(why) > 0 {
			fmt.Fprintf(b, "    not by %s\n      %s\n", called("the old policy", own, s), strings.Join(why, "\n      "))
		}
	}
}
