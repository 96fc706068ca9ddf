package catalogue_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// ambiguous lists the former IDs that name more than one thing: another check has the ID now, or two checks had all of its
// findings.
func ambiguous(checks []*check.Check) []string {
	present, heirs := map[string]bool{}, map[string]string{}
	for _, c := range checks {
		present[c.ID] = true
	}
	var out []string
	for _, c := range checks {
		for _, f := range c.Formerly {
			other, doubled := heirs[f.Check]
			if f.Check == "" || f.Check != c.ID && present[f.Check] || f.Check == c.ID && f.Key == nil || doubled && other != c.ID && f.Key == nil {
				out = append(out, c.ID+" was "+f.Check)
			}
			heirs[f.Check] = c.ID
		}
	}
	return out
}

func TestFormerNamesAreOfOneCheck(t *testing.T) {
	checks := catalogue.Checks()
	if wrong := ambiguous(checks); len(wrong) > 0 {
		t.Errorf("ambiguous: %v", wrong)
	}
	key := func(s string) (string, bool) { return s, false }
	spoiled := 0
	for want, rows := range map[string][]check.Former{
		"":                {{Check: "RW998"}, {Check: checks[0].ID, Key: key}},
		"of no ID":        {{}},
		"of another":      {{Check: checks[1].ID}},
		"itself, as ever": {{Check: checks[0].ID}},
	} {
		one := *checks[0]
		one.Formerly = rows
		if wrong := ambiguous([]*check.Check{&one, checks[1]}); (len(wrong) > 0) != (want != "") {
			t.Errorf("%q: %v", want, wrong)
		}
		spoiled++
	}
	t.Logf("%d checks, %d spoiled", len(checks), spoiled)
}
