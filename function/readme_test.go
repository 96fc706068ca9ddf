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

var update = flag.Bool("update", false, "rewrite the parts of documents that are made from the code")

// TestTheReadmesTablesAreMadeFromTheCode fails when a table is not what the code says; -update rewrites it.
func TestTheReadmesTablesAreMadeFromTheCode(t *testing.T) {
	updateTables(t, "../README.md", map[string]string{"checks": checksTable()})
	updateTables(t, "../docs/events.md", map[string]string{"events": eventsTable()})
}

// updateTables compares the parts of a document that are made from the code, each between two marks, with what the code
// says now, and rewrites them with -update.
func updateTables(t *testing.T, file string, tables map[string]string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, table := range tables {
		if strings.Count(table, "\n") < 5 {
			t.Fatalf("the table of %s is empty", name)
		}
		begin, end := "<!-- "+name+":begin -->\n", "<!-- "+name+":end -->"
		head, rest, ok := strings.Cut(want, begin)
		_, tail, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no place for the table of %s", file, name)
		}
		want = head + begin + table + end + tail
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s is stale: go test ./function -run 'Readme|Architecture' -update", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func eventsTable() string {
	var b strings.Builder
	b.WriteString("| service | event | acts on | reconciled |\n|---|---|---|---|\n")
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
