package page_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

const docs = "../../../../docs/"

func TestThePageIsMadeFromTheChecks(t *testing.T) {
	want, err := page.Checks(catalogue.Checks())
	if err != nil {
		t.Fatal(err)
	}
	wantPage(t, "checks.md", want)
}

// wantPage compares a page of docs with what it is made from.
func wantPage(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(docs + name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("docs/%s is stale: go generate ./function/internal/catalogue/page (-there +made):\n%s", name, diff)
	}
}

// Every check is in a table and has a section, and every link leads to a heading.
func TestThePageLeadsToEveryCheck(t *testing.T) {
	text, err := page.Checks(catalogue.Checks())
	if err != nil {
		t.Fatal(err)
	}
	headings := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^##+ (.+)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		headings[strings.ReplaceAll(name, " ", "-")] = true
	}
	links := regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(text, -1)
	for _, m := range links {
		if !headings[m[1]] {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
	if n := len(catalogue.Checks()) + len(page.Families()); n < 80 || len(links) != n {
		t.Errorf("%d links for %d checks and families", len(links), n)
	}
	if n := strings.Count(text, "```json\n"); n != 2*len(catalogue.Checks()) {
		t.Errorf("%d examples", n)
	}
}

func TestAPageThatLacksACheckIsAnError(t *testing.T) {
	for id, want := range map[string]string{"RW399": "RW399 has no example", "RW901": "1 are in no family"} {
		_, err := page.Checks(append(catalogue.Checks(), &check.Check{ID: id}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v lacks %q", id, err, want)
		}
	}
}

func TestFamilyTable(t *testing.T) {
	got := page.FamilyTable([]*check.Check{{ID: "RW101"}, {ID: "RW118"}, {ID: "RW501", OptIn: true}}, "docs/checks.md")
	want := `| checks | question | number |
|---|---|---|
| [RW101 to RW118](docs/checks.md#rw1xx-can-lambda-assume-the-role) | Can Lambda assume the role? | 2 |
| [RW501 to RW501](docs/checks.md#rw5xx-is-it-tidy) | Is it tidy? Off by default. | 1 |
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
