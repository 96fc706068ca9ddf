package finding_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

func transition(kind finding.TransitionKind, id, checkID string, severity check.Severity) finding.Transition {
	return finding.Transition{Kind: kind, Finding: finding.Finding{ID: id, Check: checkID, Severity: severity, Role: "orders", Title: id}}
}

// A tally counts transitions by kind and the roles that they concern, names each check once, and begins with its first role.
func TestATallyCounts(t *testing.T) {
	first := finding.Tally{Account: "111122223333", Revision: 7}.With([]finding.Transition{
		transition(finding.KindOpened, "a", "RW304", check.High), transition(finding.KindOpened, "b", "RW102", check.Critical), transition(finding.KindChanged, "c", "RW304", check.Low),
	}, start)
	second := first.With([]finding.Transition{
		transition(finding.KindResolved, "d", "RW201", check.Critical), transition(finding.KindOpened, "e", "RW102", check.High), transition(finding.KindResolved, "f", "RW304", check.Low),
	}, start.Add(time.Hour))
	if first.Opened != 2 || first.Changed != 1 || first.Resolved != 0 || first.Roles != 1 || !slices.Equal(first.Checks, []string{"RW102", "RW304"}) || !first.Since.Equal(start) {
		t.Errorf("the first role: %+v", first)
	}
	if second.Opened != 3 || second.Changed != 1 || second.Resolved != 2 || second.Roles != 2 || !slices.Equal(second.Checks, []string{"RW102", "RW201", "RW304"}) || !second.Since.Equal(start) {
		t.Errorf("two roles: %+v", second)
	}
	// What is over is not among the gravest.
	var gravest []string
	for _, b := range second.Gravest {
		gravest = append(gravest, b.ID)
	}
	if !slices.Equal(gravest, []string{"b", "e", "a", "c"}) || len(first.Gravest) != 3 || first.Gravest[1].ID != "a" {
		t.Errorf("the gravest are %q, of the first role %+v", gravest, first.Gravest)
	}
	if done := second.Reported(); !done.Empty() || done.Account != "111122223333" || done.Revision != 7 || done.Roles != 0 || len(done.Checks)+len(done.Gravest) > 0 || !done.Since.IsZero() {
		t.Errorf("once reported: %+v", done)
	}
}

func TestATallyIsEmptyWithoutTransitions(t *testing.T) {
	for _, c := range []struct {
		finding.Tally
		want bool
	}{{finding.Tally{Revision: 3, Roles: 2}, true}, {finding.Tally{Opened: 1}, false}, {finding.Tally{Changed: 1}, false}, {finding.Tally{Resolved: 1}, false}, {finding.Tally{Opened: 1, Changed: 1}, false}, {finding.Tally{Changed: 1, Resolved: 1}, false}, {finding.Tally{Opened: 1, Resolved: 1}, false}} {
		if got := c.Empty(); got != c.want {
			t.Errorf("%+v is empty: %v", c.Tally, got)
		}
	}
}

// A tally is an item of the table: it names the 10 gravest findings, with 500 bytes of the title of each, and whole characters.
func TestATallyHasABound(t *testing.T) {
	var all []finding.Transition
	for i := range finding.MaxGravest + 1 {
		one := transition(finding.KindOpened, fmt.Sprintf("id-%02d", i), "RW304", check.Medium)
		one.Finding.Title = strings.Repeat("a", 499) + "ä and more"
		all = append(all, one)
	}
	all[10].Finding.Severity = check.High
	tally := finding.Tally{}.With(all, start)
	if len(tally.Gravest) != finding.MaxGravest || tally.Gravest[0].ID != "id-10" || tally.Gravest[9].ID != "id-08" || tally.Opened != 11 {
		t.Errorf("%+v", tally)
	}
	if title := tally.Gravest[0].Title; title != strings.Repeat("a", 499) {
		t.Errorf("a title of %d bytes ends %q", len(title), title[490:])
	}
}
