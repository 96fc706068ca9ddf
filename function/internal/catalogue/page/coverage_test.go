package page_test

import (
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
	"github.com/rolewatch/rolewatch/function/internal/coverage"
)

func TestThePageIsMadeFromTheCoverage(t *testing.T) {
	want, err := page.Coverage(coverage.Lists())
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, "coverage.md", want)
	rows := 0
	for _, l := range coverage.Lists() {
		for _, r := range l.Rows {
			rows++
			if !strings.Contains(want, "`"+r.Name+"`") {
				t.Errorf("the page does not have %s %s", l.Service, r.Name)
			}
		}
	}
	if rows == 0 || !strings.Contains(want, coverage.Compared) {
		t.Fatalf("%d rows, and the day %s", rows, coverage.Compared)
	}
}

// Each row stands once, in the table of its own list.
func TestEachRowIsOnThePageOnce(t *testing.T) {
	for _, l := range coverage.Lists() {
		text, err := page.Coverage([]coverage.List{l})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range l.Rows {
			if n := strings.Count(text, "| `"+r.Name+"`") + strings.Count(text, ", `"+r.Name+"`"); n != 1 {
				t.Errorf("%s %s stands %d times", l.Service, r.Name, n)
			}
		}
	}
}

func TestAnOperationThatIsNoEventHasNoPage(t *testing.T) {
	l := coverage.List{Kind: coverage.Operations, Service: "lambda", Rows: []coverage.Row{{Name: "Fly", Class: coverage.Judged, Event: true}}}
	if text, err := page.Coverage([]coverage.List{l}); err == nil || !strings.Contains(err.Error(), "lambda Fly") {
		t.Errorf("written with %d bytes, %v", len(text), err)
	}
}
