package check_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func named(id string) *check.Check {
	return &check.Check{ID: id, Slug: id, Title: id, Severity: check.Low, Why: "w", Fix: "f", Source: "s", Since: "0.1.0"}
}

// TestJoin has a check that judges what the others found. It comes first in the list, and yet sees what all of them report, what is
// folded later included, and what they leave undecided.
func TestJoin(t *testing.T) {
	var seen, left []string
	joins, wide, narrow, blind := named("RW001"), named("RW002"), named("RW003"), named("RW004")
	joins.Join = func(p *check.Pass, found []check.Diagnostic) {
		for _, d := range found {
			seen = append(seen, d.Check.ID)
		}
		for _, u := range p.Left() {
			left = append(left, u.Check.ID)
		}
		p.Report(check.Diagnostic{Title: "joined"})
	}
	wide.Folds = []string{"RW003"}
	wide.Run = func(p *check.Pass) { p.Report(check.Diagnostic{Title: "wide"}) }
	narrow.Run = func(p *check.Pass) { p.Report(check.Diagnostic{Title: "narrow"}) }
	blind.Run = func(p *check.Pass) { p.Undecided("", role.Gap{What: "eyes"}) }
	all := []*check.Check{joins, wide, narrow, blind}
	var told []string
	for _, d := range check.Run(all, &check.Subject{}).Diagnostics {
		told = append(told, d.Check.ID)
	}
	if want := []string{"RW002", "RW003"}; !slices.Equal(seen, want) {
		t.Errorf("it sees %v, want %v", seen, want)
	}
	if want := []string{"RW004"}; !slices.Equal(left, want) {
		t.Errorf("it sees %v left undecided, want %v", left, want)
	}
	if want := []string{"RW001", "RW002"}; !slices.Equal(told, want) {
		t.Errorf("told are %v, want %v", told, want)
	}
}
