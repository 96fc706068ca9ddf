package message

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const (
	// emailLimit bounds the text, in bytes; what does not fit is counted.
	emailLimit = 40_000
	// emailFunctions is how many functions of a finding are listed, emailChanges how many records.
	emailFunctions = 20
	emailChanges   = 20
)

// email is the message as plain text: above, what a phone shows of it, which is enough to act; below, the details.
func email(m Message) string {
	p := &page{limit: emailLimit}
	p.para("", label(m)+": "+m.Summary)
	p.gap()
	switch {
	case m.Upgrade != nil:
		emailHead(p, &m)
		emailUpgrade(p, m.Upgrade)
		return p.String()
	case m.Digest != nil:
		emailDigest(p, &m)
		return p.String()
	}
	folds := m.folds()
	said := m.saidAbove(folds)
	if len(folds) > 0 {
		emailTop(p, &m, folds, said)
	}
	title := "DETAILS"
	p.raw("\n" + title + "\n" + strings.Repeat("=", len(title)) + "\n")
	emailHead(p, &m)
	if m.Change != nil {
		emailChange(p, &m, said)
		return p.String()
	}
	left := 0
	for _, g := range m.groups() {
		left += emailGroup(p, &m, g, said)
	}
	emailRest(p, &m, left)
	return p.String()
}

func emailHead(p *page, m *Message) {
	p.field("", "Account", clip(m.accountText(), 256))
	p.field("", "Region", m.regionText())
	p.field("", "Sent", Clock(m.Time))
	p.field("", "Message ID", clip(m.ID, 256))
	if m.Slices > 1 {
		p.field("", "Part", fmt.Sprintf("%d of %d: the change affects more roles than one message can contain", m.Slice, m.Slices))
	}
}

// emailTop sets what the message is about first: what it means, what fixes it, who did it; and in a line each, what else there is.
func emailTop(p *page, m *Message, folds []Fold, said above) {
	lead := folds[0]
	f := lead.Lead
	if lead.Kind == finding.KindResolved {
		emailRoles(p, lead)
		if lead.ResolvedBy != "" {
			emailWho(p, "", m.FixOf(f))
		}
	} else {
		if m.Change != nil {
			p.para("", m.Change.Progress())
		}
		if text := moreChanged(lead); text != "" {
			p.para("", "What changed: "+text)
			p.gap()
		}
		p.para("", lead.example()+clipProse(f.Detail, 600))
		p.gap()
		emailRoles(p, lead)
		p.field("", "Fix", lead.FixText())
		if said.hasCommand(f) {
			p.paste("command for a POSIX shell", f.ID, "fix.command", f.Fix.Command)
			p.gap()
		}
		p.field("", "Verify", lead.verify())
		if said.blame {
			emailWho(p, "", m.BlameOf(f))
		}
	}
	for _, o := range folds[1:min(len(folds), topFolds)] {
		p.field("", "Also", o.also())
	}
	if more := len(folds) - topFolds; more > 0 {
		p.field("", "", "and findings of "+words.Count(more, "more check"))
	}
}

func emailRoles(p *page, f Fold) {
	label := "Role"
	if f.Roles > 1 {
		label = "Roles"
	}
	p.field("", label, clip(f.RoleNames(), 2048))
}

// above is what stands above the details, and is not said again there.
type above struct {
	// blame says that it is said who brought all of it about, fixed that it is said who ended all of it, and command is the command that is
	// there.
	blame   bool
	fixed   bool
	command string
}

func (a above) hasCommand(f finding.Finding) bool {
	return a.command != "" && a.command == f.Fix.Command
}

// saidAbove is what stands above the details of a message: the command of what it is about first, where that is short enough.
func (m *Message) saidAbove(folds []Fold) above {
	said := above{blame: m.onlyBlame() != ""}
	if len(folds) == 0 {
		return said
	}
	lead := folds[0]
	said.fixed = len(folds) == 1 && lead.Kind == finding.KindResolved && lead.ResolvedBy != ""
	shown, exact := Paste(lead.Lead.Fix.Command)
	if exact && lead.Kind != finding.KindResolved && lead.oneFix() && len(shown) <= topCommand {
		said.command = lead.Lead.Fix.Command
	}
	return said
}

const (
	// topCommand is how long a command may be that stands above the details, and topFolds how many checks are named there.
	topCommand = 400
	topFolds   = 5
)

// emailGroup sets the findings of one kind and says how many there was no room for. One that is too long to be set
// in full is set in brief, and so are those after the first ten of a check.
func emailGroup(p *page, m *Message, g group, said above) int {
	if len(g.list) == 0 {
		return 0
	}
	title := strings.ToUpper(string(g.kind))
	p.raw("\n" + title + "\n" + strings.Repeat("=", len(title)) + "\n")
	ofCheck := map[string]int{}
	for i, f := range g.list {
		ofCheck[f.Check]++
		part := emailFinding(m, g.kind, f, ofCheck[f.Check] > roleNames, said)
		if !p.room(part) {
			part = emailFinding(m, g.kind, f, true, said)
		}
		if !p.room(part) {
			return len(g.list) - i
		}
		p.raw(part)
	}
	return 0
}

func emailFinding(m *Message, kind finding.TransitionKind, f finding.Finding, brief bool, said above) string {
	p := &page{}
	p.gap()
	p.set(fmt.Sprintf("%-8s  ", strings.ToUpper(f.Severity.String())), "          ", clip(Headline(f), 500))
	p.field("  ", "Check", clip(strings.TrimSpace(f.Check+" "+f.Slug), 256))
	p.field("  ", "Finding", clip(f.ID, 256))
	p.field("  ", "Role", clip(f.Role, 2048))
	p.field("  ", "Owner", clip(Owners(f), 1000))
	if kind != finding.KindResolved && !brief {
		p.field("  ", "Console", ConsoleLink(f.Role))
		p.field("  ", "Docs", m.checkLink(f))
	}
	if brief {
		p.field("  ", "Functions", words.Count(f.FunctionsTotal, "function"))
		p.field("  ", "Note", "shortened: the JSON of this message has all details")
		return p.String()
	}
	emailFunctionList(p, f)
	if kind == finding.KindResolved {
		p.field("  ", "Resolved", m.Ending(f))
		p.field("  ", "Opened", Clock(f.FirstSeen))
		b := m.FixOf(f)
		if !said.fixed {
			emailWho(p, "  ", b)
		}
		p.field("  ", "Cause", b.Sure)
		for _, further := range b.Further {
			p.field("  ", "Before", further)
		}
		return p.String()
	}
	p.field("  ", "Changed", WhatChanged(f))
	p.field("  ", "Why", f.Detail)
	emailEvidence(p, f.Evidence)
	if f.UnverifiedSince != nil {
		p.field("  ", "Unverified", Unverified(f))
	}
	if f.Handled != nil {
		p.field("  ", "Status", finding.HandledText(*f.Handled))
	}
	if f.Flapping != nil {
		p.field("  ", "Flapping", FlappingText(*f.Flapping))
	}
	p.field("  ", "Includes", folded(f))
	emailBlame(p, m, f, said)
	p.field("  ", "Fix", f.Fix.Summary)
	if !said.hasCommand(f) {
		p.paste("command for a POSIX shell", f.ID, "fix.command", f.Fix.Command)
	}
	p.paste("corrected document", f.ID, "fix.document", f.Fix.Document)
	p.field("  ", "Verify", Verifying(f))
	return p.String()
}

func emailFunctionList(p *page, f finding.Finding) {
	if f.FunctionsTotal == 0 {
		return
	}
	label := "Functions"
	shown := f.Functions[:min(len(f.Functions), emailFunctions)]
	for _, fn := range shown {
		p.field("  ", label, clip(Line(qualified(fn)), 2048))
		label = ""
	}
	if more := f.FunctionsTotal - len(shown); more > 0 {
		text := fmt.Sprintf("and %d more", more)
		if len(shown) == 0 {
			text = words.Count(more, "function")
		}
		p.field("  ", label, text)
	}
}

func emailEvidence(p *page, list []check.Evidence) {
	const indent = "  "
	for _, e := range list {
		p.field(indent, "Evidence", Line(Place(e)))
		if e.Text != "" {
			p.quote(indent+strings.Repeat(" ", labelWidth), Statement(e.Text))
		}
		p.field(indent, "", e.Why)
	}
}

// folded names the checks that a finding stands for.
func folded(f finding.Finding) string {
	if len(f.Folds) == 0 {
		return ""
	}
	return strings.Join(f.Folds, ", ") + " (not reported separately; `rolewatch explain` describes them)"
}
