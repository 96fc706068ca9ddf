package message

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Texts of checks quote pieces of policies. A piece of JSON is shown whole or not at all: half of a policy is worse than none.

const (
	// quotesWithin and quotesTried bound the search for pieces of JSON, in bytes and in places where one may begin.
	quotesWithin = 16_000
	quotesTried  = 40
)

// piece is a part of a text: prose, or a JSON object, an array, or a member of an object.
type piece struct {
	text     string
	document bool
}

// pieces takes a text apart.
func pieces(s string) []piece {
	var out []piece
	from, tried := 0, 0
	for i := 0; i < min(len(s), quotesWithin) && tried < quotesTried; i++ {
		if !strings.ContainsRune("{[\"", rune(s[i])) || i > 0 && !strings.ContainsRune(" \n\t(\"':=", rune(s[i-1])) {
			continue
		}
		tried++
		n := documentAt(s[i:])
		if n == 0 {
			continue
		}
		if i > from {
			out = append(out, piece{text: s[from:i]})
		}
		out = append(out, piece{text: s[i : i+n], document: true})
		i += n - 1
		from = i + 1
	}
	if from < len(s) {
		out = append(out, piece{text: s[from:]})
	}
	return out
}

// member begins a member of an object: its name and the colon.
var member = regexp.MustCompile(`^"[A-Za-z][A-Za-z0-9:_/-]*"\s*:\s*`)

// documentAt is how many bytes a piece of JSON has that a text begins with; 0 where it begins with none.
func documentAt(s string) int {
	name := len(member.FindString(s))
	if name == 0 && s[0] == '"' {
		return 0
	}
	value, err := jsontext.NewDecoder(strings.NewReader(s[name:]), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)).ReadValue()
	if err != nil || name == 0 && len(value) <= len("{}") {
		return 0
	}
	return name + len(value)
}

// isDocument reports whether a text is one JSON object or array.
func isDocument(s string) bool {
	list := pieces(strings.TrimSpace(s))
	return len(list) == 1 && list[0].document
}

// compact is a document on one line, as short as it can be; what cannot be made so is given back.
func compact(document string) string {
	inside := strings.HasPrefix(document, `"`)
	v := jsontext.Value(document)
	if inside {
		v = jsontext.Value("{" + document + "}")
	}
	if v.Compact(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil {
		return document
	}
	if inside {
		return string(v[1 : len(v)-1])
	}
	return string(v)
}

// clipProse is clip for a text that may quote JSON: what would be cut in half is left out.
func clipProse(s string, limit int) string {
	short := clip(s, limit)
	if short == s {
		return s
	}
	end := len(short) - len("…")
	at := 0
	for _, p := range pieces(s) {
		if p.document && at < end && at+len(p.text) > end {
			return s[:at] + "…"
		}
		at += len(p.text)
	}
	return short
}

// quoteMark stands for a document of a text while its words are looked at: Line writes such a character of the text itself out.
const quoteMark = '\ue000'

// marked is a text on one line with a mark for each document, and the documents.
func marked(s string) (text string, documents []string) {
	var b strings.Builder
	for _, p := range pieces(s) {
		if p.document {
			b.WriteRune(quoteMark)
			documents = append(documents, compact(p.text))
		} else {
			b.WriteString(Line(spaced(p.text)))
		}
	}
	return b.String(), documents
}

// spaced is a text with one space for all white space between two words, and at its ends.
func spaced(s string) string {
	text := strings.Join(strings.Fields(s), " ")
	if first, _ := utf8.DecodeRuneInString(s); text == "" || strings.ContainsRune(" \t\n\r", first) {
		text = " " + text
	}
	if last, _ := utf8.DecodeLastRuneInString(s); strings.ContainsRune(" \t\n\r", last) {
		text += " "
	}
	return text
}
