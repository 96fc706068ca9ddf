package message

import (
	"strings"
)

// elsewhere takes the place of a document that chat has no room for.
const elsewhere = "(JSON: see the e-mail)"

// chatProse shows a sentence: a word that markup could take for a link, a mention, emphasis or an emoji becomes a code
// span, so names and ARNs do, and so does a piece of JSON as a whole. The sentence ends with "…" where it would be longer than limit
// bytes.
func chatProse(s string, limit int) string {
	var b strings.Builder
	text, documents := marked(s)
	room := func(more string) bool { return b.Len()+len(more)+len(" …") <= limit }
	for i, word := range strings.Fields(text) {
		space := ""
		if i > 0 {
			space = " "
		}
		n := strings.Count(word, string(quoteMark))
		shown := chatWord(word, documents[:n], limit)
		if !room(space + shown) {
			shown = chatWord(word, nil, limit)
		}
		documents = documents[n:]
		if !room(space + shown) {
			b.WriteString("…")
			break
		}
		b.WriteString(space + shown)
	}
	return b.String()
}

// chatClause is chatProse for a part of a sentence, which may begin with a comma.
func chatClause(s string, limit int) string {
	if after, ok := strings.CutPrefix(s, ", "); ok {
		return ", " + chatProse(after, limit-len(", "))
	}
	return chatProse(s, limit)
}

// chatWord shows a word that may have documents in it, each as a code span; without documents it says where they are.
func chatWord(word string, documents []string, limit int) string {
	var b strings.Builder
	for i, part := range strings.Split(word, string(quoteMark)) {
		switch {
		case i > 0 && len(documents) >= i:
			b.WriteString("`" + chatText(Line(documents[i-1])) + "`")
		case i > 0:
			b.WriteString(elsewhere)
		}
		b.WriteString(chatPart(part, limit))
	}
	return b.String()
}

// chatPart shows a word or a part of one.
func chatPart(word string, limit int) string {
	core := strings.TrimLeft(word, `("'“`)
	lead := word[:len(word)-len(core)]
	core = strings.TrimRight(core, `.,;:!?)"'”`)
	tail := word[len(lead)+len(core):]
	if strings.ContainsFunc(core, markup) && !clock.MatchString(core) {
		core = chatCode(core, max(limit/2, 20))
	}
	return chatText(lead) + core + tail
}
