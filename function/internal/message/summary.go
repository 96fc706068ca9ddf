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

// summary says in one sentence what a message is about: the worst thing, whom it hits and who did it, and how much else there is.
func summary(m Message) string {
	folds := m.folds()
	if len(folds) == 0 {
		return "Nothing to report"
	}
	text := clip(Line(news(m, folds[0])), summaryLimit) + Line(byWhom(m, folds[0]))
	if more := rest(m, folds[0]); more != "" {
		text += "; also " + more
	}
	return text
}

// news is what a message reports of what it is about first.
func news(m Message, f Fold) string {
	text := f.Headline()
	if m.Change != nil {
		text = m.Change.soFar() + text
	}
	switch f.Kind {
	case finding.KindChanged:
		return "Changed: " + text
	case finding.KindResolved:
		return text + ": " + Ending(f.Lead, m.Time)
	}
	return text
}

// byWhom names who brought about what a message is about first, where all of it has one cause: ", by sam".
func byWhom(m Message, f Fold) string {
	if f.Kind == finding.KindResolved || f.Cause == "" {
		return ""
	}
	c, ok := m.change(f.Cause)
	name := clip(ActorName(c.Actor), 64)
	switch {
	case !ok || name == "":
		return ""
	case f.Lead.Cause.Certainty != finding.Certain:
		return ", probably by " + name
	}
	return ", by " + name
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

// rest counts what a message reports in addition to what it is about first.
func rest(m Message, lead Fold) string {
	counts := map[finding.TransitionKind]int{}
	for _, f := range m.folds() {
		counts[f.Kind] += f.Findings
	}
	counts[lead.Kind] -= lead.Findings
	var parts []string
	for _, kind := range []finding.TransitionKind{finding.KindOpened, finding.KindChanged, finding.KindResolved} {
		if counts[kind] > 0 {
			parts = append(parts, fmt.Sprintf("%d more %s", counts[kind], kind))
		}
	}
	return strings.Join(parts, ", ")
}

// word is the word that a message starts with: its severity, or RESOLVED.
func word(m Message) string {
	if kind(m) == finding.KindResolved {
		return "RESOLVED"
	}
	return strings.ToUpper(m.Severity.String())
}

// label is that word, and which part of several the message is.
func label(m Message) string {
	if m.Slices > 1 {
		return word(m) + fmt.Sprintf(" (%d/%d)", m.Slice, m.Slices)
	}
	return word(m)
}

// subject is at most 99 printable ASCII characters, as SNS asks. Who did it stands at the end, and is not cut off.
func subject(m Message) string {
	head := "[rolewatch] " + label(m) + ": "
	folds := m.folds()
	if m.Upgrade != nil || len(folds) == 0 {
		return ascii(head+m.Summary, subjectLimit)
	}
	who := ascii(byWhom(m, folds[0]), subjectLimit/3)
	return ascii(head+Line(news(m, folds[0])), subjectLimit-len(who)) + who
}

// sms is one text message in ASCII.
func sms(m Message) string {
	return ascii("rolewatch "+label(m)+" in "+clip(m.Account, 20)+": "+m.Summary, smsLimit)
}
