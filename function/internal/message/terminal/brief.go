package terminal

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Brief shows a message in a few lines: what happened and who caused it, and how to fix it. The evidence and the details are left out.
func Brief(m message.Message, o Options) string {
	v := view{theme: newTheme(o), m: &m}
	if m.Change != nil {
		v.change()
	}
	for _, f := range m.Opened {
		v.short(f, "")
	}
	for _, f := range m.Changed {
		v.short(f, "changed: ")
	}
	for _, f := range m.Resolved {
		v.title(v.clock()+v.resolved.Render(message.Ended(f)), message.RoleName(f.Role)+": "+message.Headline(f)+" ("+m.Ending(f)+")", v.mended)
	}
	v.foot()
	return v.b.String()
}

func (v *view) clock() string { return v.faint.Render(v.m.Time.UTC().Format("15:04:05")) + "  " }

func (v *view) short(f finding.Finding, prefix string) {
	v.title(v.clock()+v.badge(f.Severity), prefix+message.Headline(f), v.theme.title)
	v.field("functions", functionList(f))
	v.field("check", message.Line(strings.TrimSpace(f.Check+" "+f.Slug)))
	v.field("changed", message.Line(message.WhatChanged(f)))
	v.field("why", f.Detail)
	b := v.m.BlameOf(f)
	v.field("who", message.Line(cmp.Or(b.Short, b.Sure)))
	v.field("fix", f.Fix.Summary)
	if shown, exact := message.Paste(oneLine(f.Fix)); exact && shown != "" {
		v.b.WriteString(v.pasteLine(shown) + "\n")
	}
}

// oneLine is the command of a fix with its document written without white space.
func oneLine(fix check.Fix) string {
	short := jsontext.Value(fix.Document)
	if fix.Document == "" || short.Compact() != nil {
		return fix.Command
	}
	return strings.ReplaceAll(fix.Command, fix.Document, short.String())
}
