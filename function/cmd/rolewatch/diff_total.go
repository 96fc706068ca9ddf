package main

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
)

// undecided tells what could not be decided, so many at most.
func (d *differing) undecided(list []policy.Undecidable, most int) []string {
	var lines []string
	for i, u := range list {
		if i == most {
			return append(lines, fmt.Sprintf("not decided: %d more", len(list)-most))
		}
		text := "not decided: " + granted(u.Action, u.Resource, u.Principal)
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
	}
	return lines
}

// idle tells what has no effect, so many at most.
func (d *differing) idle(list []policy.Ineffective, most int) []string {
	var lines []string
	for i, g := range list {
		if i == most {
			return append(lines, fmt.Sprintf("without effect: %d more", len(list)-most))
		}
		why := "the new side does not allow it: " + strings.Join(g.Verdict.BlockedBy, ", ")
		if len(g.Verdict.Statements) > 0 {
			s := g.Verdict.Statements[0]
			why = "denied by " + called(d.naming("new", s.Policy), s.Document, s.Statement)
		}
		lines = append(lines, "without effect: "+granted(g.Action, g.Resource, g.Principal)+", "+d.heading(g.Statement), "  "+message.Line(why))
	}
	return lines
}

// total ends a comparison.
func (d *differing) total(c policy.Comparison, real []*policy.ReviewedGrant, changes []policy.Change) []string {
	var lines []string
	switch c.NothingNew() {
	case policy.True:
		return []string{"nothing is newly allowed"}
	case policy.Undecided:
		lines = append(lines, "whether anything is newly allowed could not be decided")
	default:
		line := fmt.Sprintf("%s newly allowed by %s", count(len(c.Grants), "grant"), count(len(changes), "statement"))
		if c.More {
			line = "more is newly allowed than these: " + line
		}
		if len(c.Unknown) > 0 {
			line += fmt.Sprintf(", %d not decided", len(c.Unknown))
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
		lines = append(lines, fmt.Sprintf("others cover %d of them", covered))
	}
	if inert > 0 {
		lines = append(lines, fmt.Sprintf("%d of them have no effect as far as is known: AWS documents no such resources for the actions", inert))
	}
	return lines
}
