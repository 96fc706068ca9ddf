package message

import "github.com/rolewatch/rolewatch/function/internal/finding"

// chatBlame says who brought a finding about, or why nobody is named.
func chatBlame(m *Message, f finding.Finding) string {
	b := m.BlameOf(f)
	if b.Who == "" {
		return "*Who:* " + chatProse(b.Sure, 200)
	}
	return chatWho(b)
}

// chatFixer says who ended the findings of a fold; empty where nobody is known to have ended all of them.
func chatFixer(m *Message, of Fold) string {
	if of.ResolvedBy == "" {
		return ""
	}
	return chatWho(m.FixOf(of.Lead))
}

// chatWho says who did what; empty where nobody is known.
func chatWho(b Blame) string {
	if b.Who == "" {
		return ""
	}
	text := "*Who:* " + chatProse(b.Who, 400) + "\n*What:* " + chatProse(b.What, 300) + " (" + chatProse(b.Sure, 300) + ")"
	for _, further := range b.Further {
		text += "\n*Before:* " + chatProse(further, 600)
	}
	return text
}
