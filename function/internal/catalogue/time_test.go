package catalogue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// TestOnlyWhatAsksForTheTimeDependsOnIt judges each case at its time and long after: where the subject does not ask for the time, the
// checks say the same.
func TestOnlyWhatAsksForTheTimeDependsOnIt(t *testing.T) {
	said := func(s *check.Subject) []string {
		r := check.Run(catalogue.Checks(), s)
		var lines []string
		for _, d := range r.Diagnostics {
			lines = append(lines, fmt.Sprint(d.Check.ID, d.Key, d.Severity, d.Title, d.Detail, d.Evidence, d.Fix, d.Parts, d.Tells, d.Folds))
		}
		for _, u := range r.Undecided {
			lines = append(lines, fmt.Sprint(u.Check.ID, u.Key, u.Missing))
		}
		return lines
	}
	asking, others := 0, 0
	for _, s := range scenarios(t) {
		subject := s.content.subject(t)
		if subject.AsksForTime() {
			asking++
			continue
		}
		others++
		at := subject.Now
		now := said(subject)
		again := s.content.subject(t)
		again.Now = at.Add(900 * 24 * time.Hour)
		if later := said(again); !slices.Equal(now, later) {
			t.Errorf("%s: later it is\n%s\nand was\n%s", s.name(), later, now)
		}
	}
	if asking == 0 || others == 0 {
		t.Errorf("%d cases ask for the time, %d do not", asking, others)
	}
}
