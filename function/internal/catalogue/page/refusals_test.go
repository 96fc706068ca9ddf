package page_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
)

func TestThePageIsMadeFromTheRefusals(t *testing.T) {
	want, err := page.Refusals(aws.Refusals())
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, "refused-calls.md", want)
	for _, row := range aws.Refusals() {
		for _, text := range []string{row.Says, row.Example, row.Pattern(), row.Source, "\n## " + string(row.Meaning) + "\n"} {
			if !strings.Contains(want, text) {
				t.Errorf("the page does not have %q", text)
			}
		}
	}
	checks, err := os.ReadFile(docs + "checks.md")
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile(`\(checks\.md#(rw[^)]+)\)`).FindAllStringSubmatch(want, -1)
	for _, link := range links {
		if !strings.Contains(string(checks), "](#"+link[1]+")") {
			t.Errorf("#%s leads nowhere", link[1])
		}
	}
	if len(links) < 20 || len(aws.Refusals()) < 15 {
		t.Fatalf("%d links, %d messages", len(links), len(aws.Refusals()))
	}
	t.Logf("%d links, %d messages", len(links), len(aws.Refusals()))
}

func TestAMeaningThatIsNotExplainedHasNoPage(t *testing.T) {
	rows := append(aws.Refusals(), aws.Refusal{Meaning: "Something new"})
	if text, err := page.Refusals(rows); err == nil || !strings.Contains(err.Error(), "Something new") {
		t.Errorf("written with %d bytes, %v", len(text), err)
	}
}
