package message

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names, user agents, Sids, tags and policy text are an attacker's to choose. Everything that keeps them from doing
// harm where they are shown is in this file; the renderings pass every such text through one of these functions.

// blank are runes that count as printable and yet show nothing, or change how their neighbours look: fillers, the
// braille blank, the combining grapheme joiner, variation selectors, and marks that enclose what stands before them.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, {Lo: 0x0488, Hi: 0x0489, Stride: 1}, {Lo: 0x115f, Hi: 0x1160, Stride: 1},
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, {Lo: 0x180b, Hi: 0x180f, Stride: 1}, {Lo: 0x1abe, Hi: 0x1abe, Stride: 1},
		{Lo: 0x20dd, Hi: 0x20e4, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0x3164, Hi: 0x3164, Stride: 1},
		{Lo: 0xa670, Hi: 0xa672, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}, {Lo: 0xffa0, Hi: 0xffa0, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xe0100, Hi: 0xe01ef, Stride: 1}},
}

// safe tells whether a rune shows what it is: no control or format character, no bidirectional override, no space
// but the ordinary one, no line separator, nothing invisible, nothing unassigned.
func safe(r rune) bool { return unicode.IsPrint(r) && !unicode.Is(blank, r) }

// escape shows every rune that keep refuses, as \n, \r, \t, \u{202e}, or \x{ff} for a byte that is not UTF-8.
func escape(s string, keep func(rune) bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x{%02x}`, s[i])
		case keep(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	return b.String()
}

// Line shows a text on one line of an e-mail or a terminal: control characters (so escape sequences, and the newlines
// that would forge a field), bidirectional overrides and whatever cannot be seen are written out.
func Line(s string) string { return escape(s, safe) }

// Block shows a text that may have several lines, such as a policy statement. Tabs become four spaces.
func Block(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\t", "    ")
	return escape(s, func(r rune) bool { return r == '\n' || safe(r) })
}

// Statement shows a piece of a document as Block does. A piece begins where its first brace stands, so its other lines
// are moved to the left as far as they all can be.
func Statement(s string) string {
	lines := strings.Split(strings.TrimRight(Block(s), "\n"), "\n")
	indent := len(s)
	for _, line := range lines[1:] {
		if text := strings.TrimLeft(line, " "); text != "" {
			indent = min(indent, len(line)-len(text))
		}
	}
	for i, line := range lines[1:] {
		lines[i+1] = line[min(indent, len(line)):] // A blank line may be shorter.
	}
	return strings.Join(lines, "\n")
}

// Paste shows a command or a document that is there to be pasted: as it is, where every character shows what it is.
// Where one does not, exact is false: the text is shown as Block does, must be marked, and the true one is in the
// machine's JSON alone. Only the carriage returns of CRLF line ends are dropped, which neither JSON nor a shell misses.
func Paste(s string) (shown string, exact bool) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	exact = utf8.ValidString(s)
	for _, r := range s {
		exact = exact && (r == '\n' || r == '\t' || safe(r))
	}
	for line := range strings.Lines(s) {
		exact = exact && !strings.HasPrefix(line, fence)
	}
	if !exact {
		s = Block(s)
	}
	return strings.TrimRight(s, "\n"), exact
}

// fence opens the lines that enclose what can be pasted.
const fence = "-----"

// ascii shows a text on one line in printable ASCII, cut to limit characters.
func ascii(s string, limit int) string {
	s = escape(s, func(r rune) bool { return r >= ' ' && r <= '~' })
	if len(s) > limit {
		return s[:limit-3] + "..."
	}
	return s
}

// clip cuts a text to limit runes, its last one "…" when something was cut off. What is cut is cut before it is
// escaped, so that no escape is cut in half.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	end := len(s)
	for i := range s {
		if n == limit-1 {
			end = i
		}
		if n++; n > limit {
			return s[:end] + "…"
		}
	}
	return s
}

// chatText makes a text harmless in Slack's markup and in Teams's: `&`, `<` and `>` (links, mentions such as <!here>)
// become entities, a backtick cannot close a code span, and no @ can begin a mention.
func chatText(s string) string {
	var b strings.Builder
	prev := ' '
	for i, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '`', r == '@' && mentions(prev, s[i+1:]):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		prev = r
	}
	return b.String()
}

// mentions tells whether an @ between prev and rest could be read as a mention, rather than as part of an address.
func mentions(prev rune, rest string) bool {
	if prev > unicode.MaxASCII || !unicode.IsLetter(prev) && !unicode.IsDigit(prev) {
		return true
	}
	rest = strings.ToLower(rest)
	for _, group := range []string{"here", "channel", "everyone", "group", "subteam"} {
		if strings.HasPrefix(rest, group) {
			return true
		}
	}
	return false
}

// chatCode shows a text as a code span, in which chat knows no links, mentions, emphasis or emoji.
func chatCode(s string, limit int) string {
	s = strings.TrimSpace(chatText(Line(clip(s, limit))))
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// chatBlock shows a text as a code block.
func chatBlock(s string, limit int) string {
	return "```\n" + chatText(Block(clip(strings.TrimRight(s, "\n"), limit))) + "\n```"
}

// chatExact tells whether chat's code shows a text as it is, so that what is copied is what was meant.
func chatExact(s string) bool {
	prev := ' '
	for i, r := range s {
		if r != '\n' && !safe(r) || r == '`' || r == '@' && mentions(prev, s[i+1:]) {
			return false
		}
		prev = r
	}
	return true
}

// clock is a time of day, whose colons mean nothing to chat.
var clock = regexp.MustCompile(`^\d\d:\d\d:\d\d$`)

// markup tells whether a rune inside a word could mean something to chat.
func markup(r rune) bool {
	return r <= unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-'/%+=$", r)
}

// chatField shows a text as a plain value outside the markup, in a field that buttons take their variables from.
func chatField(s string, limit int) string { return chatText(Line(clip(s, limit))) }
