// Package terminal shows messages and findings to somebody at a terminal, to be read in ten seconds. It is apart from
// the other renderings so that only the command line links what sets it.
package terminal

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Options say what the terminal is like.
type Options struct {
	// Width is in columns; 0 means 80.
	Width int
	// Color allows escape sequences. Without it there is none.
	Color bool
}

const (
	// functions is how many functions of a finding are named, and quoted how many lines of a statement are shown.
	functions = 6
	quoted    = 24
	// quotedLine bounds a line of a statement, in characters.
	quotedLine = 1000
)

// Message shows what one change, or one sweep, brought about.
func Message(m message.Message, o Options) string {
	v := view{theme: newTheme(o), m: &m}
	v.head()
	if m.Change != nil {
		v.change()
	}
	for _, f := range m.Opened {
		v.reported(f, "")
	}
	for _, f := range m.Changed {
		v.reported(f, "changed: ")
	}
	for _, f := range m.Resolved {
		v.over(f)
	}
	v.foot()
	return v.b.String()
}

// Finding shows one finding as a scan tells it.
func Finding(f finding.Finding, o Options) string {
	v := view{theme: newTheme(o)}
	if f.Status == finding.Resolved {
		v.m = &message.Message{Time: f.LastSeen}
		v.over(f)
	} else {
		v.open(f, "", "")
	}
	return v.b.String()
}

// view is a rendering under way. m is nil for a finding that stands alone.
type view struct {
	theme
	b strings.Builder
	m *message.Message
	// by is who was named last, in a first line.
	by string
}

func (v *view) head() {
	text := message.Clock(v.m.Time) + "  account " + message.Line(v.m.Account)
	if v.m.Slices > 1 {
		text += fmt.Sprintf("  part %d of %d", v.m.Slice, v.m.Slices)
	}
	text = "── " + text + " "
	text += strings.Repeat("─", max(v.width-lipgloss.Width(text), 0))
	v.b.WriteString(v.faint.Render(text) + "\n")
}

// reported shows a finding that was opened or has changed. Who brought it about stands in its first line, where that is not who brought
// about all of the message and was named before.
func (v *view) reported(f finding.Finding, prefix string) {
	by := v.m.ByWhom(f)
	if by == v.by {
		by = ""
	} else {
		v.by = by
	}
	v.open(f, prefix, by)
}

// open shows a finding that is open.
func (v *view) open(f finding.Finding, prefix, by string) {
	v.title(v.badge(f.Severity), prefix+message.About(f)+by, v.theme.title)
	v.facts(f)
	if f.Handled != nil {
		v.field("status", finding.HandledText(*f.Handled))
	}
	v.field("changed", message.Line(message.WhatChanged(f)))
	v.field("why", f.Detail)
	v.evidence(f.Evidence)
	if f.UnverifiedSince != nil {
		v.field("unverified", message.Unverified(f))
	}
	if f.Flapping != nil {
		v.field("flapping", message.FlappingText(*f.Flapping))
	}
	v.field("includes", strings.Join(f.Folds, ", "))
	if v.m != nil {
		v.blame(f)
	}
	v.field("fix", f.Fix.Summary)
	v.paste(f, "command", f.Fix.Command, "fix.command")
	if !strings.Contains(f.Fix.Command, f.Fix.Document) {
		v.paste(f, "document", f.Fix.Document, "fix.document")
	}
	v.b.WriteByte('\n')
}

// over shows a finding that is resolved: why, and how long it lasted.
func (v *view) over(f finding.Finding) {
	v.title(v.resolved.Render("RESOLVED"), message.About(f), v.mended)
	v.facts(f)
	v.b.WriteString(beside(v.tag("resolved"), wrap(message.Line(v.m.Ending(f)), v.body(), v.mended)))
	v.b.WriteByte('\n')
}

func (v *view) badge(s check.Severity) string {
	return v.badges[s].Render(strings.ToUpper(s.String()))
}

func (v *view) title(badge, text string, style lipgloss.Style) {
	badge += "  "
	v.b.WriteString(beside(badge, wrap(message.Line(text), v.width-lipgloss.Width(badge), style)))
}

// facts are what every finding has: its role, check and functions.
func (v *view) facts(f finding.Finding) {
	v.field("role", message.Line(message.RoleName(f.Role)))
	v.field("functions", functionList(f))
	v.field("check", message.Line(strings.TrimSpace(f.Check+" "+f.Slug)))
}

func functionList(f finding.Finding) string {
	var names []string
	for _, fn := range f.Functions[:min(len(f.Functions), functions)] {
		names = append(names, message.Line(message.FunctionName(fn)))
	}
	if more := f.FunctionsTotal - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}

func (v *view) tag(label string) string {
	return v.label.Render(fmt.Sprintf("  %-*s", labelWidth, label))
}

func (v *view) body() int { return v.width - labelWidth - 2 }

// field shows a label and a text beside it; nothing for an empty text.
func (v *view) field(label, text string) {
	if text != "" {
		v.b.WriteString(beside(v.tag(label), wrap(text, v.body(), lipgloss.NewStyle())))
	}
}

// evidence shows each statement to blame: where it is, its own text, and why.
func (v *view) evidence(list []check.Evidence) {
	for _, e := range list {
		v.field("statement", message.Line(message.Place(e)))
		if e.Text != "" {
			v.b.WriteString(beside(v.tag(""), v.statement(message.Statement(e.Text))))
		}
		v.field("", e.Why)
	}
}

// statement is a statement's text behind a bar, line by line, none of it wrapped.
func (v *view) statement(text string) string {
	lines := strings.Split(strings.TrimRight(message.Block(text), "\n"), "\n")
	more := len(lines) - quoted
	lines = lines[:min(len(lines), quoted)]
	for i, line := range lines {
		if r := []rune(line); len(r) > quotedLine {
			line = string(r[:quotedLine]) + "…"
		}
		lines[i] = "┃ " + v.quote.Render(line)
	}
	if more > 0 {
		lines = append(lines, "┃ "+v.faint.Render(fmt.Sprintf("… %d more lines", more)))
	}
	return strings.Join(lines, "\n")
}

func (v *view) blame(f finding.Finding) {
	b := v.m.BlameOf(f)
	if b.Who == "" {
		v.field("who", message.Line(b.Sure))
		return
	}
	v.field("who", message.Line(b.Who))
	v.field("", message.Line(b.What))
	v.field("", message.Line(b.Sure))
	for _, further := range b.Further {
		v.field("before", message.Line(further))
	}
}

// paste shows what can be pasted at the margin, so that it is pasted as it is; what cannot be is marked.
func (v *view) paste(f finding.Finding, what, text, field string) {
	if text == "" {
		return
	}
	shown, exact := message.Paste(text)
	if !exact {
		v.b.WriteString(beside(v.tag(what), wrap(message.NotPasteable(what, f.ID, field), v.body(), v.warning)))
		v.b.WriteString(beside(v.tag(""), v.statement(shown)))
		return
	}
	v.b.WriteString(v.label.Render("  "+what+":") + "\n")
	for line := range strings.SplitSeq(shown, "\n") {
		v.b.WriteString(v.pasteLine(line) + "\n")
	}
}

// pasteLine styles a line without letting the style touch its tabs.
func (v *view) pasteLine(line string) string {
	return v.pasting.TabWidth(lipgloss.NoTabConversion).Render(line)
}

func (v *view) foot() {
	if cuts := v.m.Cuts(); cuts != "" {
		v.b.WriteString(wrap("Omitted to limit the size: "+cuts+".", v.width, v.faint) + "\n")
	}
	if v.m.StillOpen > 0 {
		v.b.WriteString(wrap(v.m.OthersOpen(), v.width, v.faint) + "\n")
	}
}
