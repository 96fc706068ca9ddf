package message

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const (
	// subjectLimit is SNS's: a subject has fewer than 100 characters.
	subjectLimit = 99
	// smsLimit is what one text message holds, with room to spare.
	smsLimit = 140
	// leastNews is how many characters of what happened a subject has at least before it names the account.
	leastNews = 40
	// shortNews is up to how many characters there are in a subject or a text message, which leaves out how long a finding was open, and in what it
	// changed.
	shortNews = 140
	// changedLimit bounds what the first line says of a change, in characters.
	changedLimit = 60
	// summaryLimit bounds the sentence, in characters.
	summaryLimit = 400
)

// summary says in one sentence what a message is about: the worst thing, whom it hits and who did it, and how much else there is.
func summary(m Message) string {
	folds := m.folds()
	if len(folds) == 0 {
		return "Nothing to report"
	}
	text := firstLine(m, folds[0], summaryLimit, func(text string, limit int) string { return clip(Line(text), limit) })
	if more := rest(m, folds[0]); more != "" {
		text += "; also " + more
	}
	return text
}

// news is what a message reports of what it is about first, in at most limit characters as far as that can be.
func news(m Message, f Fold, limit int) string {
	before := ""
	if m.Change != nil {
		before = m.Change.soFar()
	}
	switch f.Kind {
	case finding.KindChanged:
		before = changed(f, limit > shortNews) + ": " + before
	case finding.KindResolved:
		ending := m.endingOf(f)
		if limit > shortNews {
			ending += m.after(f.Lead)
		}
		before = strings.TrimSuffix(words.Upper(ending), ",") + ": " + before
	}
	return before + f.headline(limit-len(before))
}

// endingOf says how the findings of a fold ended: by whom where that goes for all of them.
func (m *Message) endingOf(f Fold) string {
	if f.ResolvedBy == "" {
		return m.ending(f.Lead, "")
	}
	return m.ending(f.Lead, m.fixer(f.Lead.ResolvedBy))
}

// changed is what happened to a finding that has changed: what somebody decided about it, where that is reported, and what is other than
// in the last message, where there is room for that.
func changed(f Fold, inWhat bool) string {
	text := "Changed"
	if h := f.Lead.Handled; h != nil && f.Findings == 1 {
		text = "No longer " + string(h.As)
		if h.Holds() || h.As == finding.Reopened {
			text = words.Upper(string(h.As))
		}
	}
	if inWhat && len(f.Lead.WhatChanged) > 0 && f.Findings == 1 {
		text += " (" + clip(f.Lead.WhatChanged[0], changedLimit) + ")"
	}
	return text
}

// moreChanged is WhatChanged where the first line does not say all of it.
func moreChanged(f Fold) string {
	said := len(f.Lead.WhatChanged) == 1 && utf8.RuneCountInString(f.Lead.WhatChanged[0]) <= changedLimit
	if said || f.Findings != 1 {
		return ""
	}
	return WhatChanged(f.Lead)
}

// WhatChanged says in a sentence what is other of a finding than in the last message; empty where nothing is.
func WhatChanged(f finding.Finding) string {
	if len(f.WhatChanged) == 0 {
		return ""
	}
	return words.Upper(strings.Join(f.WhatChanged, "; ")) + "."
}

// firstLine is what a message is about first and who did it, in at most limit bytes: of what is too long, first the word for what they
// did is left out, and then the title is cut.
func firstLine(m Message, f Fold, limit int, show func(text string, limit int) string) string {
	by := m.byWhomOf(f, false)
	if len(news(m, f, summaryLimit))+len("..")+len(by) > limit {
		by = m.byWhomOf(f, true)
	}
	who := show(by, max(limit/3, 40))
	return show(news(m, f, limit-len(who)-len("..")), limit-len(who)) + who
}

// ByWhomOf names who brought about what a message is about first, where all of it has one cause: ", changed by sam".
func (m *Message) ByWhomOf(f Fold) string { return m.byWhomOf(f, false) }

func (m *Message) byWhomOf(f Fold, short bool) string {
	if f.Kind == finding.KindResolved || f.Cause == "" {
		return ""
	}
	return m.byWhom(f.Lead, short)
}

// ByWhom names who brought a finding about, and by what: ", changed by sam"; empty where nobody is known.
func (m *Message) ByWhom(f finding.Finding) string { return m.byWhom(f, false) }

// byWhom is ByWhom; short leaves out what they did.
func (m *Message) byWhom(f finding.Finding, short bool) string {
	if f.Cause == nil {
		return ""
	}
	c, ok := m.change(f.Cause.EventID)
	name := clip(ActorName(c.Actor), 64)
	if !ok || name == "" {
		return ""
	}
	by := "by " + name
	switch {
	case short:
	case c.ErrorCode != "":
		by = "called " + by
	default:
		by = "changed " + by
	}
	if f.Cause.Certainty != finding.Certain {
		by = "probably " + by
	}
	return ", " + by
}

// about is a finding's title with its role and the number of functions that it hits, in at most limit characters as far as that can
// be: the title is cut, and the role is not.
func about(f finding.Finding, limit int) string {
	title, role := Headline(f), RoleName(f.Role)
	hit := ""
	if f.FunctionsTotal > 0 {
		hit = words.Count(f.FunctionsTotal, "function")
	}
	if before, after, ok := cutWord(title, role); ok {
		counted := before + role
		if hit != "" {
			counted += " (" + hit + ")"
		}
		for _, named := range []string{counted, before + role} {
			if utf8.RuneCountInString(named) < limit {
				return clip(named+after, limit)
			}
		}
	}
	parts := []string{hit}
	if role != "" {
		parts = []string{"role " + role, hit}
	}
	return withHits(title, slices.DeleteFunc(parts, func(s string) bool { return s == "" }), limit)
}

// withHits is a title with what it hits in parentheses, in at most limit characters as far as that can be: what comes last of it is left
// out, and then the title is cut.
func withHits(title string, hits []string, limit int) string {
	for n := len(hits); n > 0; n-- {
		text := " (" + strings.Join(hits[:n], ", ") + ")"
		if room := limit - utf8.RuneCountInString(text); utf8.RuneCountInString(title) <= room || n == 1 {
			return clip(title, max(room, 10)) + text
		}
	}
	return clip(title, max(limit, 10))
}

// About is a finding in one line: its title with its role and the number of functions that it hits.
func About(f finding.Finding) string { return about(f, summaryLimit) }

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
			text := fmt.Sprintf("%d %s", counts[kind], kind)
			if len(parts) == 0 {
				text = words.Count(counts[kind], "other finding") + " " + string(kind)
			}
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// word is the word that a message starts with: its severity, or RESOLVED; EXPIRED where it is about a finding that nobody is known to have
// fixed.
func word(m Message) string {
	if kind(m) == finding.KindResolved {
		if folds := m.folds(); len(folds) > 0 {
			return Ended(folds[0].Lead)
		}
		return "RESOLVED"
	}
	return strings.ToUpper(m.Severity.String())
}

// Ended is the word for a finding that is over.
func Ended(f finding.Finding) string {
	if f.Resolution == finding.Expired {
		return "EXPIRED"
	}
	return "RESOLVED"
}

// label is that word, and which part of several the message is.
func label(m Message) string {
	if m.Slices > 1 {
		return word(m) + fmt.Sprintf(" (%d/%d)", m.Slice, m.Slices)
	}
	return word(m)
}

// subject is at most 99 printable ASCII characters, as SNS asks. It names the account, and the Region where several are watched, as long as
// that leaves room for what happened. Who did it stands at the end, and is not cut off.
func subject(m Message) string {
	folds := m.folds()
	text := ""
	for _, in := range []string{m.in(), ""} {
		head := ascii("[rolewatch] "+label(m)+in+": ", subjectLimit/2)
		if m.Upgrade != nil || m.Digest != nil || len(folds) == 0 {
			return ascii(head+m.Summary, subjectLimit)
		}
		news := firstLine(m, folds[0], subjectLimit-len(head), asciiLine)
		text = head + news
		if cut := strings.Index(news, "..."); cut < 0 || cut >= leastNews {
			break
		}
	}
	return text
}

// in says for a subject where it is.
func (m *Message) in() string {
	where := []string{clip(cmp.Or(m.AccountName, m.Account), 24)}
	switch regions := m.regions(); {
	case !m.ManyRegions || len(regions) == 0:
	case len(regions) == 1:
		where = append(where, clip(regions[0], 20))
	default:
		where = append(where, words.Count(len(regions), "Region"))
	}
	if where = slices.DeleteFunc(where, func(s string) bool { return s == "" }); len(where) == 0 {
		return ""
	}
	return " in " + strings.Join(where, ", ")
}

// asciiLine is ascii for a text of which something was cut: the mark of that has three characters then.
func asciiLine(s string, limit int) string { return ascii(strings.ReplaceAll(s, "…", "..."), limit) }

// sms is one text message in ASCII.
func sms(m Message) string {
	head := ascii("rolewatch "+label(m)+" in "+clip(m.Account, 20)+": ", smsLimit/3)
	folds := m.folds()
	if whole := ascii(head+m.Summary, len(m.Summary)+smsLimit); len(whole) <= smsLimit || len(folds) == 0 || m.Upgrade != nil || m.Digest != nil {
		return ascii(whole, smsLimit)
	}
	return head + firstLine(m, folds[0], smsLimit-len(head), asciiLine)
}
