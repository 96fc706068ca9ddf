package message_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestBlameSaysWhatTheRecordChanged blames a record of each event of the table for what it can bring about: a creation of a role says
// so, whichever call it is, and a record of a function says which part of the function it changed.
func TestBlameSaysWhatTheRecordChanged(t *testing.T) {
	created, changed := 0, map[string]bool{}
	for _, e := range events.Catalog() {
		part := role.PartTrust
		if e.Subject == events.SubjectFunction || e.Subject == events.SubjectMapping {
			part = role.FunctionPart("arn:aws:lambda:us-east-1:111122223333:function:orders")
		}
		for _, how := range []finding.Certainty{finding.Certain, finding.Likely} {
			m := message.Message{Changes: []finding.Change{{EventID: "e", EventName: e.Name, EventSource: e.Source}}}
			says := m.BlameOf(finding.Finding{Cause: &finding.Cause{EventID: "e", Certainty: how, Part: part.String()}}).Sure
			makes := e.Part == events.PartRole && e.Effect == events.EffectSets
			if strings.Contains(says, "created the role") != makes {
				t.Errorf("%s: %s", e.Name, says)
			}
			if makes {
				created++
			}
			if e.Facet() == events.FacetNone {
				continue
			}
			if strings.Contains(says, "the role of") || strings.Contains(says, "the part") || how == finding.Likely && strings.Contains(says, "was not read before") {
				t.Errorf("%s: %s", e.Name, says)
			}
			if what, ok := strings.CutPrefix(says, "certain: this record changed "); ok {
				changed[what] = true
			}
		}
	}
	if created < 6 || len(changed) != 7 {
		t.Errorf("%d records create a role, and records of functions change %v", created, changed)
	}
}
