package message

import "github.com/rolewatch/rolewatch/function/internal/finding"

// emailBlame says who brought a finding about, and how certain that is; where it is the same for the whole message it stands above.
func emailBlame(p *page, m *Message, f finding.Finding, said above) {
	b := m.BlameOf(f)
	if !said.blame {
		emailWho(p, "  ", b)
	}
	p.field("  ", blameLabel(b), b.Sure)
	for _, further := range b.Further {
		p.field("  ", "Before", further)
	}
}

// emailWho says who did what, and with which program.
func emailWho(p *page, indent string, b Blame) {
	p.field(indent, "Who", b.Who)
	p.field(indent, "What", b.What)
	p.field(indent, "Agent", b.Agent)
}

// blameLabel is "Who" where nobody is named, so that the question is answered all the same.
func blameLabel(b Blame) string {
	if b.Who == "" {
		return "Who"
	}
	return "Cause"
}
