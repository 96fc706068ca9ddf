package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// detailed describes a comparison in full, a paragraph for each grant.
func (d *differing) detailed(c policy.Comparison, changes []policy.Change, idle []policy.Ineffective) string {
	var b strings.Builder
	for _, change := range changes {
		for i := range change.Grants {
			d.detail(&b, &change.Grants[i])
		}
	}
	for _, lines := range [][]string{d.undecided(c.Unknown, len(c.Unknown)), d.idle(idle, len(idle)), d.total(c, realGrants(changes), changes)} {
		for _, line := range lines {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func (d *differing) detail(b *strings.Builder, g *policy.ReviewedGrant) {
	fmt.Fprintf(b, "newly allowed: %s\n  %s\n", granted(g.Action, g.Resource, g.Principal), d.heading(g.Statement))
	if d.explain {
		b.WriteString(indented(g.Statement.Document.Text(g.Statement.Statement.Span), 6))
	}
	switch {
	case g.Inert:
		b.WriteString("  no known effect: AWS does not document this resource for the action\n")
	case g.Covered:
		b.WriteString("  another grant covers it\n")
	}
	fmt.Fprintf(b, "  %s\n", kindOfAccess(g))
	if len(g.Actions) > 0 {
		b.WriteString("  actions: " + some(g.NewActions()) + "\n")
	}
	if len(g.Without) > 0 {
		b.WriteString("  without the condition on " + some(g.Without) + "\n")
	}
	if len(g.Wider) > 0 {
		b.WriteString("  with a wider condition on " + some(g.Wider) + "\n")
	}
	b.WriteString(example(g.Witness))
	if d.explain && g.Statement.Effect != policy.Deny {
		d.explainGrant(b, g.Grant)
	}
	b.WriteString("\n")
}

// granted says what a part of a statement allows.
func granted(action, resource, principal string) string {
	text := action
	if resource != "" {
		text += " on " + resource
	}
	switch principal {
	case "":
	case "*":
		text += " to everyone (*)"
	default:
		text += " to " + principal
	}
	return message.Line(text)
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
			fmt.Fprintf(&b, "      with %s\n", message.Line(actions.Spelling(key)+" "+values(keys[key].Values)))
		}
	}
	for _, a := range []struct {
		whose string
		d     *policy.Document
	}{{"the principal's own policies allow it", w.AssumedIdentity}, {"its session policy allows it", w.AssumedSession}, {"the resource's policy does not deny it", w.AssumedResource}} {
		if a.d != nil {
			fmt.Fprintf(&b, "      assuming that %s\n", a.whose)
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
