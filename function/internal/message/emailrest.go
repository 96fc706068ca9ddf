package message

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/internal/words"
)

// emailCuts says what was cut, where something was.
func emailCuts(p *page, m *Message) {
	if cuts := m.Cuts(); cuts != "" {
		p.para("", "Omitted to limit the size: "+cuts+".")
	}
}

// emailRest sets what stands below the findings; there is always room for it, within its own bounds.
func emailRest(p *page, m *Message, left int) {
	p.gap()
	changes := m.Unnamed()
	if n := len(changes); n > 0 {
		head := "Other CloudTrail records (not the cause of a finding in this message):\n"
		if len(m.Opened)+len(m.Changed) == 0 {
			head = "CloudTrail records of the change:\n"
		}
		p.raw(head)
		for _, c := range changes[max(0, n-emailChanges):] {
			p.para("  ", clip(Line(Deed(c)), 500))
			p.para("    ", "by "+clip(Line(Actor(c)), 500))
		}
		if n > emailChanges {
			p.raw(fmt.Sprintf("  and %d earlier ones\n", n-emailChanges))
		}
		p.gap()
	}
	if left > 0 {
		p.para("", fmt.Sprintf("%s omitted here. The JSON of this message contains more.", words.Count(left, "finding")))
	}
	emailCuts(p, m)
	p.para("", m.OthersOpen())
}
