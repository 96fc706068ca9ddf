package message

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const (
	// chatTitle bounds a title and chatDescription a description, in bytes: a section of a Slack message takes 3,000.
	chatTitle       = 250
	chatDescription = 2_900
	// chatTotal is what all descriptions of one message may have together, and chatThreads how many threads there are.
	chatTotal   = 20_000
	chatThreads = 50
)

// notification is a custom notification of Amazon Q Developer in chat applications, version 1.0
// (docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html).
type notification struct {
	Version  string       `json:"version"`
	Source   string       `json:"source"`
	ID       string       `json:"id"`
	Content  chatContent  `json:"content"`
	Metadata chatMetadata `json:"metadata"`
}

type chatContent struct {
	TextType    string   `json:"textType"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	NextSteps   []string `json:"nextSteps,omitempty"`
	Keywords    []string `json:"keywords,omitempty"`
}

type chatMetadata struct {
	ThreadID          string            `json:"threadId"`
	Summary           string            `json:"summary"`
	EventType         string            `json:"eventType"`
	RelatedResources  []string          `json:"relatedResources"`
	AdditionalContext map[string]string `json:"additionalContext"`
}

// chat is the message as notifications, one for each role: a role's findings share a thread. An upgrade is one.
func chat(m Message) []string {
	if m.Upgrade != nil {
		return []string{encode(m.upgradeNotification())}
	}
	var roles []string
	parts := map[string]*Message{}
	for i, g := range m.groups() {
		for _, f := range g.list {
			part := parts[f.Role]
			if part == nil {
				roles = append(roles, f.Role)
				part = &Message{ID: m.ID, Time: m.Time, Account: m.Account, Changes: m.Changes, OldestOpen: m.OldestOpen,
					Slice: m.Slice, Slices: m.Slices}
				parts[f.Role] = part
			}
			list := []*[]finding.Finding{&part.Opened, &part.Changed, &part.Resolved}[i]
			*list = append(*list, f)
		}
	}
	slices.SortStableFunc(roles, func(a, b string) int { return cmp.Compare(worst(*parts[b]), worst(*parts[a])) })
	left := max(len(roles)-chatThreads, 0)
	roles = roles[:len(roles)-left]
	var out []string
	for i, role := range roles {
		part := parts[role]
		part.Severity = worst(*part)
		n := part.notification(role, min(chatDescription, chatTotal/len(roles)))
		if i == 0 && left > 0 {
			n.Content.NextSteps = append(n.Content.NextSteps,
				fmt.Sprintf("%s more are in the message's JSON, and not in this channel.", words.Count(left, "role")))
		}
		out = append(out, encode(n))
	}
	return out
}

// notification is what a message tells of one role.
func (m *Message) notification(role string, limit int) notification {
	f, _ := lead(*m)
	name := RoleName(role)
	title := icon(*m) + " " + label(*m) + ": "
	return notification{
		Version: "1.0", Source: "custom", ID: threadName(m.ID) + "-" + threadName(name),
		Content: chatContent{
			TextType: "client-markdown", Title: title + chatProse(news(*m, f), chatTitle-len(title)),
			Description: describe(m, limit), NextSteps: m.nextSteps(limit),
			Keywords: []string{strings.ToLower(label(*m)), chatField(f.Check, 50), chatField(name, 64)},
		},
		Metadata: chatMetadata{
			ThreadID: m.thread(role), Summary: chatField(news(*m, f), 150), EventType: "rolewatch-" + string(kind(*m)),
			RelatedResources: []string{chatField(role, 512)},
			AdditionalContext: map[string]string{
				"account": chatField(m.Account, 64), "check": chatField(f.Check, 50), "finding": chatField(f.ID, 64),
				"kind": string(kind(*m)), "role": chatField(name, 64), "severity": m.Severity.String(),
			},
		},
	}
}

// thread names a role's thread by the time that the role's oldest open finding was opened, so that what is resolved
// is told where it was opened.
func (m *Message) thread(role string) string {
	oldest := m.OldestOpen[role]
	if oldest.IsZero() {
		oldest = slices.MinFunc(slices.Concat(m.Opened, m.Changed, m.Resolved), func(a, b finding.Finding) int {
			return a.FirstSeen.Compare(b.FirstSeen)
		}).FirstSeen
	}
	return threadName(RoleName(role)) + "-" + utc(oldest).Truncate(time.Second).Format("20060102T150405Z")
}

// threadName keeps of a name what a role's name may have, less the @.
func threadName(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= 'z' && strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=,._-", r) {
			return r
		}
		return '-'
	}, clip(s, 64))
}

func icon(m Message) string {
	if kind(m) == finding.KindResolved {
		return ":white_check_mark:"
	}
	return []string{":information_source:", ":information_source:", ":large_yellow_circle:", ":warning:", ":rotating_light:"}[m.Severity]
}

// describe tells of a role's findings within limit bytes; the last line counts those that did not fit.
func describe(m *Message, limit int) string {
	var b strings.Builder
	total := len(m.Opened) + len(m.Changed) + len(m.Resolved)
	done := 0
	add := func(part string) bool {
		if b.Len()+len(part)+60 > limit && (done > 0 || b.Len() > 0) {
			return false
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(part)
		return true
	}
	for _, g := range m.groups() {
		for _, f := range g.list {
			if !add(chatFinding(m, g.kind, f, limit-60)) {
				break
			}
			done++
		}
	}
	if done < total {
		b.WriteString("\n\n" + fmt.Sprintf("%s more in the e-mail and in the message's JSON.", words.Count(total-done, "finding")))
	}
	return b.String()
}

// chatFinding tells of one finding, line by line, as long as there is room: the most important lines come first.
func chatFinding(m *Message, kind finding.TransitionKind, f finding.Finding, limit int) string {
	lines := []string{"*" + strings.ToUpper(strings.TrimSpace(string(kind)+" "+f.Severity.String())) + "* " + chatCode(f.Check, 20) + " " +
		chatProse(Headline(f), min(limit/2, 300))}
	if kind == finding.KindResolved {
		lines = append(lines, "*Over:* "+Ending(f, m.Time))
	}
	lines = append(lines, chatFunctions(f))
	if kind != finding.KindResolved {
		lines = append(lines, chatBlame(m, f))
		if f.Detail != "" {
			lines = append(lines, "*Why:* "+chatProse(f.Detail, 700))
		}
		for _, e := range f.Evidence[:min(len(f.Evidence), 2)] {
			line := "*Evidence:* " + chatCode(Place(e), 200)
			if e.Text != "" {
				line += "\n" + chatBlock(Statement(e.Text), 600)
			}
			lines = append(lines, line)
		}
		lines = append(lines, chatCommand(f))
	}
	text := ""
	for _, line := range lines {
		if line == "" {
			continue
		}
		if text != "" && len(text)+1+len(line) > limit {
			return text + "\n_Cut: the e-mail and the message's JSON have the rest._"
		}
		text = strings.TrimPrefix(text+"\n"+line, "\n")
	}
	return text
}

func chatFunctions(f finding.Finding) string {
	if f.FunctionsTotal == 0 {
		return ""
	}
	var names []string
	for _, fn := range f.Functions[:min(len(f.Functions), 5)] {
		names = append(names, chatCode(FunctionName(fn), 100))
	}
	text := "*Functions:* " + strings.Join(names, ", ")
	if more := f.FunctionsTotal - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func chatBlame(m *Message, f finding.Finding) string {
	b := m.BlameOf(f)
	if b.Who == "" {
		return "*Who:* " + chatProse(b.Sure, 200)
	}
	text := "*Who:* " + chatProse(b.Who, 400) + "\n*What:* " + chatProse(b.What, 300) + " (" + chatProse(b.Sure, 300) + ")"
	for _, further := range b.Further {
		text += "\n*Before:* " + chatProse(further, 600)
	}
	return text
}

// chatCommand is the command of a fix, where chat shows it as it is; else where to find it.
func chatCommand(f finding.Finding) string {
	if f.Fix.Command == "" {
		return ""
	}
	if shown, exact := Paste(f.Fix.Command); exact && chatExact(shown) && len(shown) <= 1000 {
		return "*Command:*\n" + chatBlock(shown, len(shown))
	}
	return "*Command:* in the e-mail, and in the message's JSON"
}

// nextSteps are what mends the findings that are open, each said once.
func (m *Message) nextSteps(limit int) []string {
	var steps []string
	for _, f := range slices.Concat(m.Opened, m.Changed) {
		step := chatProse(f.Fix.Summary, min(limit/3, 300))
		if step != "" && !slices.Contains(steps, step) && len(steps) < 3 {
			steps = append(steps, step)
		}
	}
	return steps
}
