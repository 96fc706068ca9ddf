package page_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
	"github.com/rolewatch/rolewatch/function/policy/rules"
)

func TestThePageIsMadeFromTheRules(t *testing.T) {
	wantPage(t, "policy-rules.md", page.Rules(rules.All()))
}

// Every rule has a heading, under which its sentence and its pages stand.
func TestThePageHasEveryRule(t *testing.T) {
	text := page.Rules(rules.All())
	sections := strings.Split(text, "\n### Rule ")[1:]
	if len(sections) == 0 || len(sections) != len(rules.All()) {
		t.Fatalf("%d headings for %d rules", len(sections), len(rules.All()))
	}
	for _, s := range sections {
		var number int
		if _, err := fmt.Sscan(s, &number); err != nil {
			t.Fatalf("a heading without a number: %q", s)
		}
		r, ok := rules.Find(number)
		plain := strings.ReplaceAll(s, `\*`, "*")
		if !ok || !strings.Contains(plain, r.Sentence) || strings.Count(s, "https://") != len(r.URLs) || !strings.Contains(plain, r.Undocumented) {
			t.Errorf("rule %d is not there as a whole: %q", number, s)
		}
	}
}

// Links to a rule, of the README files, lead to its heading.
func TestLinksToRulesLeadToThem(t *testing.T) {
	links := 0
	for _, file := range []string{"../../../../README.md", "../../../policy/README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\[rule (\d+)\]\(\S*docs/policy-rules\.md#rule-(\d+)\)`).FindAllStringSubmatch(string(text), -1) {
			links++
			var number int
			if _, err := fmt.Sscan(m[1], &number); err != nil || m[1] != m[2] {
				t.Errorf("%s: %s leads to another rule", file, m[0])
			}
			if _, ok := rules.Find(number); !ok {
				t.Errorf("%s: %s leads nowhere", file, m[0])
			}
		}
	}
	if links < 4 {
		t.Errorf("%d links", links)
	}
}

func TestProvenance(t *testing.T) {
	const a, b = "https://docs.aws.amazon.com/a.html", "https://docs.aws.amazon.com/b.html"
	for want, r := range map[string]rules.Rule{
		"Documented: " + a + ".":                                {Source: rules.Documented, URLs: []string{a}},
		"Documented in part: " + a + " and " + b + ". So.":      {Source: rules.PartlyDocumented, URLs: []string{a, b}, Undocumented: "So."},
		"Observed: no page of the AWS documentation states it.": {Source: rules.Observed},
	} {
		if got := page.Provenance(r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
