package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// undecided describes what could not be decided, so many at most.
func (d *differing) undecided(list []policy.Undecidable, most int) []string {
	var lines []string
	for i, u := range list {
		if i == most {
			return append(lines, fmt.Sprintf("undecided: %d more", len(list)-most))
		}
		text := "undecided: " + granted(u.Action, u.Resource, u.Principal)
		if u.Statement.Statement != nil {
			text += ", " + d.heading(u.Statement)
		}
		lines = append(lines, text, "  "+message.Line(u.Why))
		if len(u.Keys) > 0 {
			lines = append(lines, "  it depends on the keys "+some(u.Keys))
		}
		if len(u.Unread) > 0 {
			lines = append(lines, "  not read: "+some(u.Unread))
		}
		lines = append(lines, "  "+message.Line(role.ComparisonSettledBy(u)))
	}
	return lines
}

// idle describes what has no effect, so many at most.
func (d *differing) idle(list []policy.Ineffective, most int) []string {
	var lines []string
	for i, g := range list {
		if i == most {
			return append(lines, fmt.Sprintf("without effect: %d more", len(list)-most))
		}
		why := "other policies on the new side do not allow it: " + strings.Join(g.Verdict.BlockedBy, ", ")
		if len(g.Verdict.Statements) > 0 {
			s := g.Verdict.Statements[0]
			why = "denied by " + called(d.naming("new", s.Policy), s.Document, s.Statement)
		}
		lines = append(lines, "without effect: "+granted(g.Action, g.Resource, g.Principal)+", "+d.heading(g.Statement), "  "+message.Line(why))
	}
	return lines
}

// mostLifted is how many Deny statements that are gone are named.
const mostLifted = 2

// total ends a comparison.
func (d *differing) total(c policy.Comparison, real []*policy.ReviewedGrant, changes []policy.Change) []string {
	var lines []string
	lifted := slices.DeleteFunc(slices.Clone(d.lifted), func(l policy.StatementRef) bool {
		return slices.ContainsFunc(real, func(g *policy.ReviewedGrant) bool {
			return slices.ContainsFunc(g.Lifted, func(named policy.StatementRef) bool { return named.Statement == l.Statement })
		})
	})
	for i, l := range lifted {
		if i == mostLifted {
			lines = append(lines, fmt.Sprintf("no longer denied: %d statements more", len(lifted)-mostLifted))
			break
		}
		lines = append(lines, "no longer denied: "+called(d.naming("old", l.Policy), l.Document, l.Statement)+", which has an effect if another policy of the identity allows it")
	}
	as := ""
	if d.guessed {
		as = ", compared as " + d.kind.inWords()
	}
	switch c.NothingNew() {
	case policy.True:
		return append(lines, "nothing is newly allowed"+as)
	case policy.Undecided:
		lines = append(lines, "it could not be decided whether anything is newly allowed"+as)
	default:
		line := words.Count(len(real), "grant") + " newly allowed" + as
		if c.More {
			line = "more is newly allowed than what is listed: " + line
		}
		if len(c.Unknown) > 0 {
			line += fmt.Sprintf(", %d undecided", len(c.Unknown))
		}
		lines = append(lines, line)
	}
	inert, covered := 0, 0
	for _, change := range changes {
		for _, g := range change.Grants {
			switch {
			case g.Inert:
				inert++
			case g.Covered:
				covered++
			}
		}
	}
	if covered > 0 {
		lines = append(lines, "and "+words.Count(covered, "grant")+" more, included in these: --details lists every grant")
	}
	if inert > 0 {
		lines = append(lines, "and "+words.Count(inert, "grant")+" more with no known effect: AWS does not document these resources for the actions")
	}
	return lines
}
