package message

import (
	"strings"
	"unicode/utf8"
)

// pageWidth is how wide an e-mail's text is set, in characters; labelWidth is the column that labels stand in.
const (
	pageWidth  = 78
	labelWidth = 11
)

// page sets plain text. Every text that is given to it is escaped on its way.
type page struct {
	b strings.Builder
	// limit is how many bytes the page may have.
	limit int
}

func (p *page) String() string { return p.b.String() }

// raw adds lines that are ours as they are.
func (p *page) raw(s string) { p.b.WriteString(s) }

func (p *page) gap() { p.b.WriteByte('\n') }

// room tells whether a part still fits on the page.
func (p *page) room(part string) bool { return p.b.Len()+len(part) <= p.limit }

// para sets a paragraph, or several where the text has line breaks.
func (p *page) para(indent, text string) { p.set(indent, indent, text) }

// field sets a label and, beside it, a text. Nothing is set for an empty text.
func (p *page) field(indent, label, text string) {
	if text == "" {
		return
	}
	label = indent + label
	p.set(label+strings.Repeat(" ", max(labelWidth+len(indent)-len(label), 1)), indent+strings.Repeat(" ", labelWidth), text)
}

// set wraps text, with first before its first line and indent before the others: no line of it can pass for one of
// ours.
func (p *page) set(first, indent, text string) {
	for line := range strings.Lines(Block(text)) {
		for _, row := range Wrap(line, pageWidth-utf8.RuneCountInString(first)) {
			p.b.WriteString(strings.TrimRight(first+row, " "))
			p.b.WriteByte('\n')
			first = indent
		}
	}
}

// quote sets a text line by line, each behind a bar and none wrapped: it is somebody else's, byte for byte.
func (p *page) quote(indent, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(Block(text), "\n"), "\n") {
		p.b.WriteString(indent + "| " + line + "\n")
	}
}

// paste sets what can be pasted, at the margin and between two lines of ours; what cannot be pasted is marked.
func (p *page) paste(what, id, field, text string) {
	if text == "" {
		return
	}
	shown, exact := Paste(text)
	p.gap()
	if !exact {
		p.para("", NotPasteable(what, id, field))
		p.quote("", shown)
		return
	}
	p.raw(fence + " " + what + " " + fence + "\n" + shown + "\n" + fence + " end of " + what + " " + fence + "\n")
}

// NotPasteable warns of a command or document that could not be shown as it is, and says where the true text stands.
func NotPasteable(what, id, field string) string {
	return "DO NOT PASTE this " + what + ": it holds characters that cannot be shown and are written out here. The exact text is " +
		field + " of finding " + Line(id) + " in the message's JSON."
}

// Wrap cuts a line at its spaces into rows of at most width characters; a longer word has a row of its own.
func Wrap(line string, width int) []string {
	var rows []string
	row, n := "", 0
	for word := range strings.FieldsSeq(line) {
		w := utf8.RuneCountInString(word)
		switch {
		case n == 0:
			row, n = word, w
		case n+1+w <= width:
			row, n = row+" "+word, n+1+w
		default:
			rows = append(rows, row)
			row, n = word, w
		}
	}
	return append(rows, row)
}
