package message

import (
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// randomDocument is a JSON object of about so many bytes, on one line or indented.
func randomDocument(r *rand.Rand, size int) string {
	var list []string
	for n := 0; n < size; {
		value := fmt.Sprintf(`"s3:Get%d <%d> & `+"`x`"+` @here é"`, r.IntN(1000), r.IntN(10))
		if r.IntN(3) > 0 {
			value = fmt.Sprintf(`{"Service": "lambda%d.amazonaws.com", "a": [1, {"b": null}]}`, r.IntN(1000))
		}
		list, n = append(list, value), n+len(value)
	}
	v := jsontext.Value(`{"Action": [` + strings.Join(list, ", ") + `]}`)
	if r.IntN(2) == 0 {
		_ = v.Indent()
	}
	return string(v)
}

// randomSentence is prose with documents in it.
func randomSentence(r *rand.Rand) string {
	words := []string{"Replace", "the", "statement", "of", "arn:aws:iam::111122223333:role/orders", "by", "${aws:username}", "s3:*", "now,", "(see)", "`x`", "[1]", `"Service": "lambda.amazonaws.com"`}
	var b strings.Builder
	for range 1 + r.IntN(60) {
		word := words[r.IntN(len(words))]
		if r.IntN(8) == 0 {
			word = []string{"%s", "(%s)", "%s,", "to:%s.", `"%s"`}[r.IntN(5)]
			word = fmt.Sprintf(word, randomDocument(r, 10+r.IntN(1+r.IntN(2000))))
		}
		b.WriteString(word + []string{" ", "\n", "  "}[r.IntN(3)])
	}
	return b.String()
}

// quotes are the code spans and code blocks of a text, as a reader sees them, and what is outside of them.
func quotes(t *testing.T, text string) (spans []string, outside string) {
	t.Helper()
	var rest []string
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			spans = append(spans, html.UnescapeString(strings.Trim(part, "\n")))
			continue
		}
		for line := range strings.Lines(part) {
			pieces := strings.Split(line, "`")
			if len(pieces)%2 == 0 {
				t.Errorf("a code span is not closed: %q", line)
			}
			for j, piece := range pieces {
				if j%2 == 1 {
					spans = append(spans, html.UnescapeString(piece))
				} else {
					rest = append(rest, piece)
				}
			}
		}
	}
	if strings.Count(text, "```")%2 == 1 {
		t.Errorf("a code block is not closed: %q", text)
	}
	return spans, strings.Join(rest, " ")
}

var (
	writtenOut = regexp.MustCompile(`\\u\{[0-9a-f]+\}`)
	halfOfJSON = regexp.MustCompile(`[{\[]\s*"|":|"\s*[\]}]`)
)

// checkWhole holds that every piece of JSON in a text is whole, and gives how many there are.
func checkWhole(t *testing.T, text string) (whole int) {
	t.Helper()
	spans, outside := quotes(t, text)
	for _, span := range spans {
		span = writtenOut.ReplaceAllString(span, "x")
		// A command has a document between quotes.
		if _, after, ok := strings.Cut(span, " '"); ok && strings.HasSuffix(span, "'") {
			span = strings.TrimSuffix(after, "'")
		}
		if strings.IndexAny(span, "{[") != 0 && !halfOfJSON.MatchString(span) {
			continue
		}
		if span == "[1]" {
			continue
		}
		if !jsontext.Value(span).IsValid() && !jsontext.Value("{"+span+"}").IsValid() {
			t.Errorf("a piece of JSON is not whole: %q\nin %q", span, text)
		}
		whole++
	}
	if halfOfJSON.MatchString(outside) {
		t.Errorf("JSON stands outside of code: %q\nin %q", outside, text)
	}
	return whole
}

// Whatever texts quote, chat shows each piece of JSON whole or says where it is.
func TestChatShowsJSONWhole(t *testing.T) {
	whole, pointers := 0, 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 17))
		in := Input{ID: "m", Time: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Account: "111122223333", Channels: []Channel{Chat}}
		for i := range 1 + r.IntN(4) {
			document := randomDocument(r, 10+r.IntN(3000))
			f := finding.Finding{
				ID: fmt.Sprintf("RW103-%d", i), Check: "RW103", Severity: check.High, Role: fmt.Sprintf("arn:aws:iam::111122223333:role/r%d", r.IntN(2)), FirstSeen: in.Time,
				Title: "It is wrong", Detail: randomSentence(r), Evidence: []check.Evidence{{Policy: "trust", Text: document, Why: randomSentence(r)}},
				Fix: check.Fix{Summary: randomSentence(r), Command: "aws iam put '" + strings.ReplaceAll(document, "`", "") + "'"},
			}
			in.Opened = append(in.Opened, f)
		}
		m := Build(in)
		for name, shown := range map[string]Message{"whole": m, "cut": shape(m, limits{functions: 1, statements: 1, evidence: r.IntN(500), detail: 2 + r.IntN(500), name: 200}, unlimited)} {
			for _, text := range Render(shown, Options{Channels: []Channel{Chat}}).Channels[Chat.Name] {
				var n notification
				if err := json.Unmarshal([]byte(text), &n); err != nil {
					t.Fatal(err)
				}
				for _, markup := range append([]string{n.Content.Title, n.Content.Description}, n.Content.NextSteps...) {
					whole += checkWhole(t, link.ReplaceAllString(markup, ""))
					pointers += strings.Count(markup, elsewhere)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d, %s", seed, name)
			}
		}
	}
	if whole < 150 || pointers < 300 {
		t.Errorf("%d documents are whole, %d are elsewhere", whole, pointers)
	}
	t.Logf("%d documents are whole, %d are elsewhere", whole, pointers)
}

// A text that is cut has no half of a document at its end.
func TestClipProse(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 18))
		text := randomSentence(r)
		for range 20 {
			limit := 2 + r.IntN(len(text))
			short := clipProse(text, limit)
			if len([]rune(short)) > limit {
				t.Fatalf("%d runes, want %d", len([]rune(short)), limit)
			}
			for _, p := range pieces(short) {
				if !p.document && halfOfJSON.MatchString(strings.ReplaceAll(p.text, `"`+"\n", "")) && !slices.ContainsFunc(pieces(text), func(q piece) bool { return !q.document && halfOfJSON.MatchString(q.text) }) {
					t.Fatalf("seed %d, limit %d: half of a document in %q", seed, limit, short)
				}
			}
		}
	}
}

// Keywords are the severity, the check and whom it hits: never which part of several the message is.
func TestKeywordsNameNoSlice(t *testing.T) {
	for _, file := range scenarios(t) {
		_, in := readScenario(t, file)
		in.Slice, in.Slices = 1, 6
		for _, text := range Render(Build(in), Options{Channels: []Channel{Chat}}).Channels[Chat.Name] {
			var n notification
			if err := json.Unmarshal([]byte(text), &n); err != nil {
				t.Fatal(err)
			}
			if len(n.Content.Keywords) != 3 || !slices.Contains([]string{"critical", "high", "medium", "low", "resolved"}, n.Content.Keywords[0]) {
				t.Errorf("%s: keywords %q", file, n.Content.Keywords)
			}
		}
	}
}
