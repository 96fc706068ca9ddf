package message

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

const (
	// chatTitle bounds a title and chatDescription a description, in bytes: a section of a Slack message takes 3,000.
	chatTitle       = 250
	chatDescription = 2_900
	// chatBlockLimit bounds a block of code, in bytes.
	chatBlockLimit = 600
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

// chat is the message as one notification.
func chat(m Message) []string {
	if m.Upgrade != nil {
		return []string{encode(m.upgradeNotification())}
	}
	if m.Digest != nil {
		return []string{encode(m.digestNotification())}
	}
	folds := m.folds()
	if len(folds) == 0 {
		return nil
	}
	return []string{encode(m.notification(folds))}
}

func (m *Message) notification(folds []Fold) notification {
	lead, roles := folds[0], m.allRoles()
	title := icon(*m) + " " + label(*m) + ": "
	summary := firstLine(*m, lead, 150, func(text string, limit int) string { return clip(Line(text), limit) })
	context := map[string]string{
		"account": chatField(m.Account, 64), "check": chatField(lead.Check, 50), "kind": string(kind(*m)), "severity": m.Severity.String(),
	}
	hit := words.Count(max(len(roles), lead.Roles), "role")
	if len(roles) == 1 {
		hit = RoleName(roles[0])
		context["finding"], context["role"] = chatField(lead.Lead.ID, 64), chatField(hit, 64)
	}
	if len(folds) == 1 && lead.Findings == 1 && lead.Kind != finding.KindResolved {
		// The buttons act on the one finding of the message, by the part of its ID that is hexadecimal.
		if _, hex, _ := strings.Cut(lead.Lead.ID, "-"); finding.IsHexID(hex) {
			context[deploy.ActVariable] = hex
		}
	}
	resources := []string{}
	for _, arn := range roles[:min(len(roles), roleNames)] {
		resources = append(resources, chatField(arn, 512))
	}
	return notification{
		Version: "1.0", Source: "custom", ID: threadName(m.ID),
		Content: chatContent{
			TextType: "client-markdown", Title: title + firstLine(*m, lead, chatTitle-len(title), chatClause),
			Description: describe(m, folds, chatDescription), NextSteps: nextSteps(folds),
			Keywords: []string{strings.ToLower(word(*m)), chatField(lead.Check, 50), chatField(hit, 64)},
		},
		Metadata: chatMetadata{
			ThreadID: m.Thread(), Summary: chatText(summary), EventType: "rolewatch-" + string(kind(*m)),
			RelatedResources: resources, AdditionalContext: context,
		},
	}
}

func icon(m Message) string {
	if kind(m) == finding.KindResolved {
		return ":white_check_mark:"
	}
	return []string{":information_source:", ":information_source:", ":large_yellow_circle:", ":warning:", ":rotating_light:"}[m.Severity]
}

// describe tells of the findings within limit bytes, those of several roles for one check together; the last line counts those that
// did not fit.
func describe(m *Message, folds []Fold, limit int) string {
	var b strings.Builder
	blame := m.onlyBlame()
	done, total := 0, 0
	for _, f := range folds {
		total += f.Findings
	}
	if m.Change != nil {
		if text := m.Change.Progress(); text != "" {
			b.WriteString(text + "\n\n")
		}
	}
	for i, f := range folds {
		part := chatFold(m, f, i == 0, blame, limit-60)
		if b.Len()+len(part)+60 > limit && i > 0 {
			break
		}
		if i > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(part)
		done += f.Findings
	}
	if done < total {
		b.WriteString("\n\n" + fmt.Sprintf("%s more in the e-mail and in the message's JSON.", words.Count(total-done, "finding")))
	}
	return b.String()
}

// chatFold tells of the findings of one check, line by line, as long as there is room: the most important lines come first. What is
// said of one role stands for all of them. Who did it is said once where it is the same for the whole message.
func chatFold(m *Message, of Fold, first bool, blame string, limit int) string {
	f := of.Lead
	lines := []string{"*" + strings.ToUpper(strings.TrimSpace(string(of.Kind)+" "+of.Severity.String())) + "* " + chatCode(f.Check, 20) + " " + chatProse(of.Headline(), min(limit/2, 300))}
	if of.Roles > 1 {
		lines = append(lines, "*Roles:* "+chatProse(of.RoleNames(), 900))
	}
	if f.Handled != nil && of.Findings == 1 {
		lines = append(lines, "*Status:* "+chatProse(finding.HandledText(*f.Handled), 700))
	}
	where := ""
	if first {
		where = chatWhere(m)
	}
	if owners := Owners(f); owners != "" && of.Findings == 1 {
		lines = append(lines, "*Owner:* "+chatProse(owners, 300))
	}
	if of.Kind == finding.KindResolved {
		return cutLines(append(lines, "*Resolved:* "+chatProse(m.endingOf(of)+m.after(f), 300), chatFixer(m, of), chatFunctions(f), where), limit)
	}
	if text := moreChanged(of); text != "" {
		lines = append(lines, "*Changed:* "+chatProse(text, 500))
	}
	if f.Detail != "" {
		lines = append(lines, "*Why:* "+chatProse(of.example()+f.Detail, 700))
	}
	if f.Flapping != nil {
		lines = append(lines, "*Flapping:* "+FlappingText(*f.Flapping))
	}
	if of.oneFix() {
		lines = append(lines, chatCommand(f))
	}
	if blame == "" || first {
		lines = append(lines, chatBlame(m, f))
	}
	if f.Fix.Verify != "" {
		lines = append(lines, "*Verify:* "+chatCode(f.Fix.Verify, 200)+" "+chatProse(strings.TrimPrefix(of.verify(), f.Fix.Verify), 200))
	}
	lines = append(lines, where)
	lines = append(lines, chatLinks(m, of)...)
	if of.Findings == 1 {
		lines = append(lines, chatFunctions(f))
	}
	for _, e := range f.Evidence[:min(len(f.Evidence), 2)] {
		line := "*Evidence:* " + chatCode(Place(e), 200)
		if of.Findings == 1 {
			line += chatStatement(e.Text)
		}
		lines = append(lines, line)
	}
	return cutLines(lines, limit)
}

// chatStatement is a statement as a code block; one that is too long, or was cut, is in the e-mail.
func chatStatement(text string) string {
	shown := Statement(text)
	switch {
	case text == "":
		return ""
	case isDocument(text) && len(shown) > chatBlockLimit:
		shown = Line(compact(text))
	}
	cut := !isDocument(text) && strings.IndexAny(text, "{[") == 0
	if cut || len(shown) > chatBlockLimit && isDocument(text) {
		return " " + elsewhere
	}
	return "\n" + chatBlock(shown, chatBlockLimit)
}

// cutLines joins lines as long as there is room.
func cutLines(lines []string, limit int) string {
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
