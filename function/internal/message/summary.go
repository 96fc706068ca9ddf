package message

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const (
	// subjectLimit is SNS's: a subject has fewer than 100 characters.
	subjectLimit = 99
	// smsLimit is what one text message holds, with room to spare.
	smsLimit = 140
	// summaryLimit bounds the sentence, in characters.
	summaryLimit = 400
)

// summary says in one sentence what a message is about: the worst thing, and how much else there is.
func summary(m Message) string {
	f, ok := lead(m)
	if !ok {
		return "Nothing to tell"
	}
	text := clip(Line(news(m, f)), summaryLimit)
	if more := rest(m); more != "" {
		text += "; also " + more
	}
	return text
}

// news is what a message has to tell of the finding that it is about first.
func news(m Message, f finding.Finding) string {
	switch kind(m) {
	case finding.KindChanged:
		return "Changed: " + about(f)
	case finding.KindResolved:
		return about(f) + ": " + Ending(f, m.Time)
	}
	return about(f)
}

// about is a finding's title with its role and the number of functions that it hits.
func about(f finding.Finding) string {
	title, role := Headline(f), RoleName(f.Role)
	hit := ""
	if f.FunctionsTotal > 0 {
		hit = words.Count(f.FunctionsTotal, "function")
	}
	if before, after, ok := cutWord(title, role); ok {
		if hit == "" {
			return title
		}
		return before + role + " (" + hit + ")" + after
	}
	switch {
	case role == "" && hit == "":
		return title
	case role == "":
		return title + " (" + hit + ")"
	case hit == "":
		return title + " (role " + role + ")"
	}
	return title + " (role " + role + ", " + hit + ")"
}

// cutWord finds a whole word in a text.
func cutWord(text, word string) (before, after string, found bool) {
	if word == "" {
		return "", "", false
	}
	inName := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || strings.IndexByte("_+=@-/", b) >= 0
	}
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return "", "", false
		}
		i += from
		end := i + len(word)
		if (i == 0 || !inName(text[i-1])) && (end == len(text) || !inName(text[end])) {
			return text[:i], text[end:], true
		}
		from = end
	}
}

// rest counts what a message tells beside its lead.
func rest(m Message) string {
	opened, changed, resolved := len(m.Opened), len(m.Changed), len(m.Resolved)
	switch kind(m) {
	case finding.KindOpened:
		opened--
	case finding.KindChanged:
		changed--
	default:
		resolved--
	}
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{opened, "opened"}, {changed, "changed"}, {resolved, "resolved"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d more %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}

// label is the word that a message starts with: its severity, or RESOLVED; and which part of several it is.
func label(m Message) string {
	word := strings.ToUpper(m.Severity.String())
	if kind(m) == finding.KindResolved {
		word = "RESOLVED"
	}
	if m.Slices > 1 {
		word += fmt.Sprintf(" (%d/%d)", m.Slice, m.Slices)
	}
	return word
}

// subject is at most 99 printable ASCII characters, as SNS asks.
func subject(m Message) string { return ascii("[rolewatch] "+label(m)+": "+m.Summary, subjectLimit) }

// sms is one text message in ASCII.
func sms(m Message) string {
	return ascii("rolewatch "+label(m)+" in "+clip(m.Account, 20)+": "+m.Summary, smsLimit)
}
