package page_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// rows are the first cells of the rows of tables, in the README or the documents, that name the checks that read a fact.
var rows = map[string]check.Fact{
	"event source mappings":         check.EventSources,
	"destinations":                  check.Destinations,
	"resource policies":             check.ResourcePolicies,
	"URLs":                          check.FunctionURLs,
	"updates of runtimes":           check.RuntimeUpdates,
	"capacity providers":            check.CapacityProviders,
	"the state that Lambda reports": check.Status,
	"`trustedAccounts`":             check.TrustedAccounts,
	"`layerAccounts`":               check.LayerAccounts,
	"`managers`":                    check.Managers,
	"`never`":                       check.NeverAllowed,
}

func TestDocumentsNameTheChecksThatReadAFact(t *testing.T) {
	files, err := filepath.Glob(docs + "*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, file := range append(files, docs+"../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			cells := strings.Split(line, " | ")
			first := strings.TrimPrefix(cells[0], "| ")
			fact, ok := rows[first]
			if !ok || len(cells) != 3 {
				continue
			}
			found[first] = true
			if got, want := named(line), readers(fact); !slices.Equal(got, want) {
				t.Errorf("%s: the row of %s names %v, and it is read by %v", file, first, got, want)
			}
		}
	}
	if len(found) != len(rows) {
		t.Errorf("of %d rows there are %v", len(rows), found)
	}
}

// TestTheChecksThatJudgeAnEditAreNamed holds the list of the checks whose findings expire with the memory of the edit.
func TestTheChecksThatJudgeAnEditAreNamed(t *testing.T) {
	text, err := os.ReadFile(docs + "messages.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "A finding about the edit itself (")
	list, _, closed := strings.Cut(rest, ")")
	if !found || !closed {
		t.Fatal("docs/messages.md has no list of the checks that judge an edit")
	}
	var want []string
	for _, c := range catalogue.Checks() {
		if c.JudgesEdit {
			want = append(want, c.ID)
		}
	}
	if got := named(list); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("docs/messages.md names %v, and an edit is judged by %v", got, want)
	}
}

func readers(fact check.Fact) (ids []string) {
	for _, c := range catalogue.Checks() {
		if slices.Contains(c.Reads, fact) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// named are the checks that a text names, one by one or from one to another, in order.
func named(text string) (ids []string) {
	for _, m := range regexp.MustCompile(`(RW\d{3})(?: to (RW\d{3}))?`).FindAllStringSubmatch(text, -1) {
		last := max(m[1], m[2])
		for _, c := range catalogue.Checks() {
			if m[1] <= c.ID && c.ID <= last {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}
