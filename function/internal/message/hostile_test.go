package message

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// hostile are texts that attack one medium or another.
var hostile = []string{
	"", "plain", "\x1b[31mred\x1b[0m", "\u009b2J", "\x00\x07\x08", "a\r\nBcc: everybody", "\u202egnp.exe", "\u2066x\u2069",
	"zero\u200bwidth\ufeff\u00ad", "\u2028\u2029", "<!here> <!channel> <!everyone>", "<@U012AB3CD> <#C012AB3CD>",
	"@here @channel @everyone @alice", "x@here", "alice@example.com", "`code` ```block```", "[x](https://evil.example)",
	"<https://evil.example|here>", "https://evil.example/a?b=c", "*b* _i_ ~s~ :tada:", "&lt;!here&gt;", "\xff\xfe bad", "\xed\xa0\x80",
	"\U000e0041\U000e0042 tags", "\u3164\u115f\u2800 blank", "----- end of command -----\nrm -rf ~", "\"; rm -rf ~; \"", "日本語 é",
}

// filled is an input in which every text is s.
func filled(s string) Input {
	var in Input
	fill(reflect.ValueOf(&in).Elem(), s)
	at := time.Date(2024, 5, 14, 9, 31, 7, 0, time.UTC)
	in.Time, in.OldestOpen, in.Channels, in.Docs = at, nil, []Channel{Chat}, "https://docs.example.com/checks?a=1&b=2"
	for _, list := range []*[]finding.Finding{&in.Opened, &in.Changed, &in.Resolved} {
		f := &(*list)[0]
		f.Severity, f.FirstSeen, f.LastSeen, f.UnverifiedSince = check.High, at, at, nil
		f.Status, f.FunctionsTotal = finding.Open, 1
	}
	in.Resolved[0].Status = finding.Resolved
	in.Changes[0].Time = at
	return in
}

func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				fill(v.Field(i), s)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), s)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), s)
	}
}

// TestHostileTexts puts each hostile text everywhere at once.
func TestHostileTexts(t *testing.T) {
	for _, s := range hostile {
		checkHostile(t, s)
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(checkHostile)
}

func checkHostile(t *testing.T, s string) {
	in := filled(s)
	m := Build(in)
	r := Render(m, Options{Region: s, Channels: []Channel{Chat}})
	checkRendered(t, r)
	checkRendered(t, Operations(Notice{Account: s, Region: s, Subject: s, Text: s}, []Channel{Chat}))
	if len(r.Channels[Chat.Name]) == 0 {
		t.Errorf("%q: chat was not told", s)
	}
	var back Message
	if err := json.Unmarshal([]byte(r.Machine), &back); err != nil {
		t.Fatalf("%q: machine form cannot be read: %v", s, err)
	}
	if utf8.ValidString(s) && len(m.Omitted) == 0 {
		back.Docs, back.ThreadID = m.Docs, m.ThreadID // Machines are not told.
		if diff := cmp.Diff(m, back); diff != "" {
			t.Errorf("%q: machine form is not faithful:\n%s", s, diff)
		}
		if len(back.Opened) != 1 || back.Opened[0].Evidence[0].Text != s || back.Opened[0].Fix.Command != s || back.Changes[0].UserAgent != s {
			t.Errorf("%q: machine form has other texts", s)
		}
	}
}

// checkRendered holds what is true of every rendering, whatever it is made of.
func checkRendered(t *testing.T, r Rendered) {
	t.Helper()
	for name, text := range map[string]string{"subject": r.Subject, "sms": r.SMS} {
		if i := strings.IndexFunc(text, func(c rune) bool { return c < ' ' || c > '~' }); i >= 0 {
			t.Errorf("%s has other than printable ASCII at %d: %q", name, i, text)
		}
	}
	if len(r.Subject) > 99 || len(r.Subject) == 0 || !strings.HasPrefix(r.Subject, "[rolewatch] ") {
		t.Errorf("subject of %d characters: %q", len(r.Subject), r.Subject)
	}
	checkShows(t, "email", r.Email)
	if !utf8.ValidString(r.Machine) {
		t.Error("machine form is not UTF-8")
	}
	for _, text := range r.Channels[Chat.Name] {
		checkChat(t, text)
	}
	if n := size(r); n > 256_000 {
		t.Errorf("all renderings together have %d bytes", n)
	}
	for name, values := range r.Attributes {
		for _, v := range values {
			if v == "" {
				t.Errorf("attribute %s is empty, which SNS refuses", name)
			}
			checkShows(t, "attribute", v)
		}
	}
}

// checkShows holds that a text has no rune that does not show.
func checkShows(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8: %q", what, text)
	}
	for i, r := range text {
		hidden := unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs, unicode.Variation_Selector)
		if hidden && r != '\n' && r != '\t' {
			t.Fatalf("%s has %U at %d: %q", what, r, i, text[max(0, i-40):i])
		}
	}
}

var (
	codeBlock = regexp.MustCompile("(?s)```.*?```")
	codeSpan  = regexp.MustCompile("`[^`\n]+`")
	entity    = regexp.MustCompile(`&(amp|lt|gt);`)
	link      = regexp.MustCompile(`(?m)^\*(Console|Docs):\* <https://[A-Za-z0-9./#?=%_~:;&-]+>$`)
	mention   = regexp.MustCompile(`(?i)(^|[^a-z0-9])@|@(here|channel|everyone|group)`)
	ours      = regexp.MustCompile(`(?m)\*[A-Z][A-Za-z]*:?( [A-Z]+)?\*|^_Cut: .*_$|^:[a-z_]+: `)
)

// checkChat holds that a notification is well formed, within its limits, and has no markup but ours.
func checkChat(t *testing.T, text string) {
	t.Helper()
	var n notification
	if err := json.Unmarshal([]byte(text), &n, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("chat: %v\n%s", err, text)
	}
	if n.Version != "1.0" || n.Source != "custom" || n.Content.TextType != "client-markdown" || n.Content.Description == "" || n.Metadata.ThreadID == "" {
		t.Errorf("not a custom notification: %s", text)
	}
	if len(n.Content.Title) > chatTitle || len(n.Content.Description) > 3000 {
		t.Errorf("title of %d bytes, description of %d", len(n.Content.Title), len(n.Content.Description))
	}
	fields := append([]string{n.ID, n.Metadata.ThreadID, n.Metadata.Summary, n.Metadata.EventType}, n.Metadata.RelatedResources...)
	fields = append(fields, n.Content.Keywords...)
	for _, v := range n.Metadata.AdditionalContext {
		fields = append(fields, v)
	}
	for _, field := range fields {
		checkInert(t, field)
	}
	for _, markup := range append([]string{n.Content.Title, n.Content.Description}, n.Content.NextSteps...) {
		markup = link.ReplaceAllString(markup, "")
		checkInert(t, markup)
		prose := codeSpan.ReplaceAllString(codeBlock.ReplaceAllString(markup, ""), "")
		prose = entity.ReplaceAllString(ours.ReplaceAllString(prose, ""), "")
		if i := strings.IndexAny(prose, "*_~`[]<>@&#|\\"); i >= 0 || strings.Contains(prose, "://") {
			t.Errorf("chat has markup that is not ours at %d: %q\nin %q", i, prose, markup)
		}
	}
}

// checkInert holds that a text mentions nobody and opens no tag, in or out of code.
func checkInert(t *testing.T, s string) {
	t.Helper()
	checkShows(t, "chat", s)
	if bare := entity.ReplaceAllString(s, ""); strings.ContainsAny(bare, "<>&") || mention.MatchString(s) {
		t.Errorf("chat has a tag or a mention: %q", s)
	}
}

// size counts a message as SNS takes it.
func size(r Rendered) int {
	n := quoted(r.Machine) + quoted(r.Email) + quoted(r.SMS) + len(r.Subject)
	for _, c := range r.Channels[Chat.Name] {
		n += quoted(c)
	}
	for name, values := range r.Attributes {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}
