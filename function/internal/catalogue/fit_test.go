package catalogue_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

func TestChecksAreFitToRun(t *testing.T) {
	checks := catalogue.Checks()
	if err := validate(checks); err != nil || len(checks) == 0 {
		t.Fatalf("%d checks: %v", len(checks), err)
	}
	if !slices.IsSortedFunc(checks, func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the checks are not in the order of their IDs")
	}
	if c, ok := catalogue.Find("rw102"); !ok || c.Slug != "trust-lacks-lambda" {
		t.Errorf("find rw102: got %v", c)
	}
	if _, ok := catalogue.Find("RW999"); ok {
		t.Error("find RW999: there is no such check")
	}
	if all, fewer := catalogue.Version(checks), catalogue.Version(checks[1:]); all == fewer || all != catalogue.Version(catalogue.Checks()) {
		t.Errorf("versions %s and %s do not tell the lists apart", all, fewer)
	}
}

// TestUnfitChecksAreSeen spoils one of two checks in each way that validate refuses.
func TestUnfitChecksAreSeen(t *testing.T) {
	run, join := func(*check.Pass) {}, func(*check.Pass, []check.Diagnostic) {}
	for name, spoil := range map[string]func(c *check.Check){
		"":                  func(*check.Check) {},
		"no title":          func(c *check.Check) { c.Title = "" },
		"no fix":            func(c *check.Check) { c.Fix = "" },
		"no severity":       func(c *check.Check) { c.Severity = check.Critical + 1 },
		"it runs and joins": func(c *check.Check) { c.Join = join },
		"it does neither":   func(c *check.Check) { c.Run = nil },
		"an ID twice":       func(c *check.Check) { c.ID = "RW002" },
		"a slug twice":      func(c *check.Check) { c.Slug = "RW002" },
		"it folds no check": func(c *check.Check) { c.Folds = []string{"RW999"} },
	} {
		var checks []*check.Check
		for _, id := range []string{"RW001", "RW002"} {
			checks = append(checks, &check.Check{
				ID: id, Slug: id, Title: id, Severity: check.Low, Why: "w", Fix: "f", Source: "s", Since: "0.1.0", Folds: []string{"RW002"}, Run: run,
			})
		}
		spoil(checks[0])
		if err := validate(checks); (err != nil) != (name != "") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// validate refuses a list of checks that is not fit to run: an empty field, a doubled ID or slug, a fold of nothing.
func validate(checks []*check.Check) error {
	ids, slugs := map[string]bool{}, map[string]bool{}
	known := func(id string) bool {
		return slices.ContainsFunc(checks, func(c *check.Check) bool { return c.ID == id })
	}
	for _, c := range checks {
		switch {
		case c.ID == "" || c.Slug == "" || c.Title == "" || c.Why == "" || c.Fix == "" || c.Source == "" || c.Since == "":
			return fmt.Errorf("%q (%s) has an empty field", c.ID, c.Slug)
		case c.Severity < check.Low || c.Severity > check.Critical:
			return fmt.Errorf("%s has no severity", c.ID)
		case (c.Run == nil) == (c.Join == nil):
			return fmt.Errorf("%s cannot run", c.ID)
		case ids[c.ID] || slugs[c.Slug]:
			return fmt.Errorf("%s (%s) is there twice", c.ID, c.Slug)
		case slices.ContainsFunc(c.Folds, func(id string) bool { return !known(id) }):
			return fmt.Errorf("%s folds a check that does not exist: %v", c.ID, c.Folds)
		}
		ids[c.ID], slugs[c.Slug] = true, true
	}
	return nil
}
