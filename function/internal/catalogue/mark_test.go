package catalogue_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// TestMarksSayWhatAFindingRestsOn takes away what a check judges by its mark: the edit, or the refused calls. In its own
// cases a check falls silent if, and only if, it has the mark.
func TestMarksSayWhatAFindingRestsOn(t *testing.T) {
	byID := checksByID()
	marks := []struct {
		name  string
		of    func(*check.Check) bool
		strip func(*check.Subject)
	}{
		{"JudgesEdit", func(c *check.Check) bool { return c.JudgesEdit }, func(s *check.Subject) { s.Before.Parts, s.Changes = nil, nil }},
		{"JudgesRefusals", func(c *check.Check) bool { return c.JudgesRefusals }, func(s *check.Subject) { s.Refusals = nil }},
	}
	held, marked := 0, map[string]int{}
	for _, s := range scenarios(t) {
		if s.kind != "bad" {
			continue
		}
		for _, m := range marks {
			stripped := s.content.subject(t)
			m.strip(stripped)
			want := m.of(byID[s.id])
			if silent := !fires(check.Run(catalogue.Checks(), stripped), s.id); silent != want {
				t.Errorf("%s: %s is %v of %s, which is silent without: %v", s.file, m.name, want, s.id, silent)
			}
			if want {
				marked[m.name]++
			}
			held++
		}
	}
	if held < 200 || marked["JudgesEdit"] < 4 || marked["JudgesRefusals"] == 0 {
		t.Fatalf("held %d, marked %v", held, marked)
	}
	t.Logf("held %d, of which marked: %v", held, marked)
}
