package inforce_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// joining are checks of which one judges what the others found, in every order; they count how often each ran.
func joining(ran map[string]int) [][]*check.Check {
	counted := func(id string, change func(*check.Check)) *check.Check {
		c := always(id, check.High, change)
		run := c.Run
		c.Run = func(p *check.Pass) { ran[id]++; run(p) }
		return c
	}
	judge := always("RW410", check.Critical, func(c *check.Check) {
		c.Run = nil
		c.Join = func(p *check.Pass, found []check.Diagnostic) {
			ran["RW410"]++
			if slices.ContainsFunc(found, func(d check.Diagnostic) bool { return d.Check.ID == "RW304" }) {
				p.Report(check.Diagnostic{Key: "joined", Detail: "It fires."})
			}
			p.Undecided("other", role.Gap{What: "what nobody knows"})
		}
	})
	optional := counted("RW501", func(c *check.Check) { c.OptIn = true })
	a, b := counted("RW301", nil), counted("RW304", nil)
	return [][]*check.Check{{a, b, optional, judge}, {judge, optional, a, b}, {a, judge, b, optional}, {optional, b, judge, a}}
}

// A check that judges what the others found is given what those found that the settings turned off, in whatever order the checks are;
// what it could not decide counts, and the others are not heard.
func TestWhatIsTurnedOffIsJudgedByWhoeverJudgesTheOthers(t *testing.T) {
	for _, order := range joining(map[string]int{}) {
		set := inforce.New(order, inforce.Rules{Changes: map[string]inforce.Change{"RW304": {Off: true}}})
		result := set.Find(&check.Subject{Role: &role.Snapshot{}, Now: start})
		var found, undecided []string
		for _, d := range result.Diagnostics {
			found = append(found, d.Check.ID)
		}
		for _, u := range result.Undecided {
			undecided = append(undecided, u.Check.ID+" "+u.Key)
		}
		slices.Sort(found)
		if !slices.Equal(found, []string{"RW301", "RW410"}) || !slices.Equal(undecided, []string{"RW410 other"}) {
			t.Errorf("in the order %v: found %q, undecided %q", ids(order), found, undecided)
		}
	}
}

// Where all that is on by default is in force, or nobody judges what the others found, each check runs once.
func TestEachCheckRunsOnce(t *testing.T) {
	for name, rules := range map[string]inforce.Rules{
		"no rules":                        {},
		"nobody judges the others":        {Changes: map[string]inforce.Change{"RW410": {Off: true}}},
		"nobody judges what is left":      {Changes: map[string]inforce.Change{"RW410": {Off: true}, "RW304": {Off: true}}},
		"what is off by default is asked": {Changes: map[string]inforce.Change{"RW501": {On: true}}},
	} {
		ran := map[string]int{}
		for _, order := range joining(ran) {
			clear(ran)
			inforce.New(order, rules).Find(&check.Subject{Role: &role.Snapshot{}, Now: start})
			for id, n := range ran {
				if n != 1 {
					t.Errorf("%s, in the order %v: %s ran %d times", name, ids(order), id, n)
				}
			}
			if ran["RW301"] == 0 {
				t.Errorf("%s: nothing ran", name)
			}
		}
	}
}

func ids(checks []*check.Check) (out []string) {
	for _, c := range checks {
		out = append(out, c.ID)
	}
	return out
}
