package message

import (
	"fmt"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// Upgrade is what reconciles under a new catalogue of checks came to. Machines have received each of these findings already.
type Upgrade struct {
	// Opened, Changed and Resolved count the transitions, and Roles the roles that they concern.
	Opened   int `json:"opened"`
	Changed  int `json:"changed"`
	Resolved int `json:"resolved"`
	Roles    int `json:"roles"`
	// Checks are the IDs of the checks concerned.
	Checks []string `json:"checks"`
	// Gravest are the gravest findings among those that were opened or changed, the gravest first, ten at most.
	Gravest []finding.Brief `json:"gravest"`
}

const (
	// upgradeWhy says why there is one message, and upgradeList where all findings are.
	upgradeWhy = "The checks changed, because rolewatch or its settings were updated. These roles did not change. You receive only this message. " +
		"Subscribers that read JSON received each finding."
	upgradeList = "To list all findings of the account, run: rolewatch scan --details"
)

// BuildUpgrade makes the message that reports a tally, in place of those for each role.
func BuildUpgrade(id string, at time.Time, account, accountName string, t finding.Tally) Message {
	m := normal(Message{Version: Version, ID: id, Time: at, Account: account, AccountName: accountName, Severity: check.Low, Upgrade: &Upgrade{
		Opened: t.Opened, Changed: t.Changed, Resolved: t.Resolved, Roles: t.Roles,
		Checks: append([]string{}, t.Checks...), Gravest: append([]finding.Brief{}, t.Gravest...),
	}})
	if len(t.Gravest) > 0 {
		m.Severity = t.Gravest[0].Severity
	}
	m.Summary = "Updated checks, no role changed: " + m.Upgrade.counts() + " on " + words.Count(t.Roles, "role")
	m.Subject = subject(m)
	return m
}

// counts says how many findings did what: "3 findings opened, 1 resolved". What is opened and what is resolved is always said.
func (u *Upgrade) counts() string {
	text := words.Count(u.Opened, "finding") + " opened, "
	if u.Changed > 0 {
		text += fmt.Sprintf("%d changed, ", u.Changed)
	}
	return text + fmt.Sprintf("%d resolved", u.Resolved)
}

// heading says what the list of the gravest is.
func (u *Upgrade) heading() string {
	if u.Changed > 0 {
		return "Most severe findings that were opened or changed"
	}
	return "Most severe findings that were opened"
}

// more says how many findings the list does not name; empty for none.
func (u *Upgrade) more() string {
	if n := u.Opened + u.Changed - len(u.Gravest); n > 0 {
		return fmt.Sprintf("and %d more", n)
	}
	return ""
}

// emailUpgrade sets what stands below the head of an e-mail.
func emailUpgrade(p *page, u *Upgrade) {
	p.gap()
	p.para("", upgradeWhy)
	if len(u.Gravest) > 0 {
		p.raw("\n" + u.heading() + ":\n\n")
	}
	for _, b := range u.Gravest {
		p.set(fmt.Sprintf("  %-8s  ", strings.ToUpper(b.Severity.String())), "            ", clip(Line(line(b)), 500))
	}
	if more := u.more(); more != "" {
		p.para("  ", more)
	}
	p.gap()
	p.para("", upgradeList)
}

// line is a finding in one line: its check, its title, and its role where the title does not name it.
func line(b finding.Brief) string { return b.Check + " " + briefly(b) }

func briefly(b finding.Brief) string {
	return About(finding.Finding{ID: b.ID, Check: b.Check, Role: b.Role, Title: b.Title})
}

// upgradeNotification is the message in a thread of its own.
func (m *Message) upgradeNotification() notification {
	u := m.Upgrade
	title := icon(*m) + " " + label(*m) + ": "
	lines := []string{upgradeWhy}
	if len(u.Gravest) > 0 {
		lines = append(lines, u.heading()+":")
	}
	for _, b := range u.Gravest {
		lines = append(lines, "*"+strings.ToUpper(b.Severity.String())+"* "+chatCode(b.Check, 20)+" "+chatProse(briefly(b), 200))
	}
	if more := u.more(); more != "" {
		lines = append(lines, more)
	}
	id := threadName(m.ID)
	return notification{
		Version: "1.0", Source: "custom", ID: id,
		Content: chatContent{
			TextType: "client-markdown", Title: title + chatProse(m.Summary, chatTitle-len(title)),
			Description: cutLines(lines, chatDescription-60), NextSteps: []string{upgradeList},
			Keywords: []string{strings.ToLower(word(*m)), "upgrade"},
		},
		Metadata: chatMetadata{
			ThreadID: id, Summary: chatField(m.Summary, 150), EventType: "rolewatch-upgrade", RelatedResources: []string{},
			AdditionalContext: map[string]string{
				"account": chatField(m.Account, 64), "kind": string(kind(*m)), "severity": m.Severity.String(),
			},
		},
	}
}
