package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/page"
)

var update = flag.Bool("update", false, "rewrite the README's tables")

// TestTheReadmesTablesAreMadeFromTheCode fails when a table of the README is not what the code says; -update rewrites it.
func TestTheReadmesTablesAreMadeFromTheCode(t *testing.T) {
	const file = "../README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, table := range map[string]string{"events": eventsTable(), "checks": checksTable()} {
		if strings.Count(table, "\n") < 5 {
			t.Fatalf("the table of %s is empty", name)
		}
		begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->"
		head, rest, ok := strings.Cut(want, begin)
		_, tail, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("the README has no place for the table of %s", name)
		}
		want = head + begin + table + end + tail
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("the README's tables are stale: go test ./function -run Readme -update")
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func eventsTable() string {
	var b strings.Builder
	b.WriteString("| service | event | acts on | look |\n|---|---|---|---|\n")
	for _, e := range events.Catalog() {
		look := "yes"
		if !e.Look {
			look = "no: " + e.Why
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.TrimSuffix(e.Source, ".amazonaws.com"), e.Name, e.Subject, look)
	}
	return b.String()
}

func checksTable() string { return page.FamilyTable(catalogue.Checks(), "docs/checks.md") }
