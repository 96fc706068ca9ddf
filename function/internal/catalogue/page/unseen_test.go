package page_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
)

// TestThePageIsMadeFromTheFailuresWithoutEvents holds as well that the four that have no event by their nature are there, and that
// checks that are said to find one exist.
func TestThePageIsMadeFromTheFailuresWithoutEvents(t *testing.T) {
	text := page.WithoutEvents(events.WithoutEvents())
	wantPage(t, "without-events.md", text)
	for _, what := range []string{"KMS key", "ECR repository", "VPC endpoint", "quota"} {
		if !strings.Contains(text, what) {
			t.Errorf("the page does not name %s", what)
		}
	}
	ids := regexp.MustCompile(`RW\d{3}`).FindAllString(text, -1)
	for _, id := range ids {
		if _, ok := catalogue.Find(id); !ok {
			t.Errorf("%s is not a check", id)
		}
	}
	if len(ids) == 0 || strings.Count(text, "\n## ") != len(events.WithoutEvents()) {
		t.Fatalf("%d checks, and %d headings for %d failures", len(ids), strings.Count(text, "\n## "), len(events.WithoutEvents()))
	}
	for _, one := range events.WithoutEvents() {
		for _, sentence := range []string{one.Failure, one.Why, one.FoundBy} {
			if !strings.HasSuffix(sentence, ".") {
				t.Errorf("not a sentence: %q", sentence)
			}
		}
	}
}
