package catalogue_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/message/terminal"
)

// messageOf is the message that reports what a check found of a case, changed by sam.
func messageOf(s scenario, subject *check.Subject, d check.Diagnostic) message.Message {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f := finding.Of(subject.Role.Ref.Key(), subject.Role.Ref.ARN, at, d)
	f.Cause, f.Origin = &finding.Cause{EventID: "e1", Certainty: finding.Certain, Part: "trust"}, finding.FromChange
	return message.Build(message.Input{
		ID: s.name(), Time: at, Account: "111122223333", Opened: []finding.Finding{f}, Channels: []message.Channel{message.Chat},
		Changes: []finding.Change{{EventID: "e1", EventName: "PutRolePolicy", Time: at, Actor: finding.Actor{Type: "IAMUser", Name: "sam"}}},
	})
}

// notified is what chat shows.
type notified struct {
	Content struct {
		Title       string   `json:"title"`
		Description string   `json:"description"`
		NextSteps   []string `json:"nextSteps"`
	} `json:"content"`
	Metadata struct {
		Summary string `json:"summary"`
	} `json:"metadata"`
}

var (
	chatQuote = regexp.MustCompile("(?s)```\n(.*?)\n```|`([^`\n]+)`")
	// writtenOut is a character that would close the code, or begin a mention.
	writtenOut = regexp.MustCompile(`\\u\{[0-9a-f]+\}`)
	halfJSON   = regexp.MustCompile(`[{\[]\s*"|":|"\s*[\]}]`)
)

// What any check says of any case is read in the first line of each rendering: how bad it is, whom it hits, and by whom. Chat shows each
// piece of JSON whole, in code that is closed.
func TestEachCaseAsAMessage(t *testing.T) {
	rendered, documents := 0, 0
	for _, s := range scenarios(t) {
		subject := s.content.subject(t)
		for _, d := range check.Run(catalogue.Checks(), subject).Diagnostics {
			if d.Check.ID[:3] != s.id[:3] {
				continue // What other families say of a case is rendered in cases of their own.
			}
			m := messageOf(s, subject, d)
			r := message.Render(m, message.Options{Channels: []message.Channel{message.Chat}})
			var n notified
			if err := json.Unmarshal([]byte(r.Channels[message.Chat.Name][0]), &n); err != nil {
				t.Fatal(err)
			}
			rendered++
			checkFirstLines(t, s.name()+" "+d.Check.ID, m, r, n)
			for _, text := range append([]string{n.Content.Title, n.Content.Description}, n.Content.NextSteps...) {
				documents += checkQuotes(t, s.name()+" "+d.Check.ID, withoutLines(text, d))
			}
		}
	}
	if rendered < 300 || documents < 300 {
		t.Errorf("%d messages with %d documents", rendered, documents)
	}
	t.Logf("%d messages with %d documents", rendered, documents)
}

func checkFirstLines(t *testing.T, name string, m message.Message, r message.Rendered, n notified) {
	t.Helper()
	email, _, _ := strings.Cut(r.Email, "\n\n")
	_, screen, _ := strings.Cut(terminal.Message(m, terminal.Options{Width: 110}), "\n")
	first, _, _ := strings.Cut(screen, "\n  role ")
	for form, text := range map[string]string{
		"subject": r.Subject, "SMS": r.SMS, "e-mail": email, "chat's title": html.UnescapeString(n.Content.Title), "terminal": first,
	} {
		bare := strings.NewReplacer("`", "", `\u{60}`, "")
		text = strings.Join(strings.Fields(bare.Replace(text)), " ")
		role := bare.Replace(message.RoleName(m.Opened[0].Role))
		for what, want := range map[string]string{"severity": strings.ToUpper(m.Severity.String()), "role": role, "actor": "by sam"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the %s does not name the %s %q: %q", name, form, what, want, text)
			}
		}
	}
	if !strings.Contains(n.Metadata.Summary, "by sam") {
		t.Errorf("%s: the summary in chat is %q", name, n.Metadata.Summary)
	}
}

// twice allows what some cases are about: a policy that has a name twice.
var twice = jsontext.AllowDuplicateNames(true)

// withoutLines is a text without the lines of a trust policy in which RW118 found a violation outside of the statements: such a line is shown as it
// is, and is no piece of JSON where the policy has several lines.
func withoutLines(text string, d check.Diagnostic) string {
	for _, e := range d.Evidence {
		if d.Check.ID == "RW118" && e.Statement < 0 && !jsontext.Value(e.Text).IsValid(twice) {
			text = strings.ReplaceAll(text, e.Text, "a line")
		}
	}
	return text
}

// checkQuotes holds that code in chat is closed and has whole JSON, and counts the pieces.
func checkQuotes(t *testing.T, name, text string) (documents int) {
	t.Helper()
	outside := chatQuote.ReplaceAllString(text, "")
	if strings.Contains(outside, "`") || halfJSON.MatchString(outside) {
		t.Errorf("%s: code that is not closed, or JSON outside of code: %q", name, outside)
	}
	for _, q := range chatQuote.FindAllStringSubmatch(text, -1) {
		quoted := writtenOut.ReplaceAllString(html.UnescapeString(q[1]+q[2]), "x")
		if _, after, ok := strings.Cut(quoted, " '{"); ok {
			// A command: each of its documents stands between quotes.
			document, _, closed := strings.Cut("{"+after, "'")
			if quoted = document; !closed {
				t.Errorf("%s: a command is cut: %q", name, text)
			}
		}
		if !strings.HasPrefix(quoted, "{") && !strings.HasPrefix(quoted, "[") && !halfJSON.MatchString(quoted) {
			continue
		}
		documents++
		if !jsontext.Value(quoted).IsValid(twice) && !jsontext.Value("{"+quoted+"}").IsValid(twice) {
			t.Errorf("%s: a piece of JSON is not whole: %q", name, quoted)
		}
	}
	return documents
}
