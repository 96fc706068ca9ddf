package policy

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var updateComparisons = flag.Bool("update-compare", false, "rewrite what testdata/compare expects")

// TestCompareScenarios runs testdata/compare. In a file, "case" starts a story and holds its title; sections named "old" or
// "new" and a kind of policy (an SCP's level after a slash) add a document, or a bare statement, or the word "unread";
// "want" ends the story with what is newly allowed, each grant with its witness.
func TestCompareScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "compare", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find scenarios: %d files, %v", len(files), err)
	}
	cases := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		title, sets := "", [2]Set{}
		for i := range archive.Files {
			section := &archive.Files[i]
			switch name := section.Name; {
			case name == "case":
				title, sets = strings.TrimSpace(string(section.Data)), [2]Set{}
			case name == "want":
				cases++
				t.Run(title, func(t *testing.T) {
					section.Data = []byte(compareScenario(t, sets, string(section.Data)))
				})
			default:
				side, what, _ := strings.Cut(name, " ")
				kind, level, _ := strings.Cut(what, "/")
				at, _ := strconv.Atoi(level)
				set, ok := map[string]*Set{"old": &sets[0], "new": &sets[1]}[side]
				if !ok {
					t.Fatalf("%s: unknown section %q", file, name)
				}
				addPolicy(t, set, kind, at, section.Data)
			}
		}
		if *updateComparisons && !t.Failed() {
			if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cases == 0 {
		t.Fatal("no story was told")
	}
	t.Logf("%d stories in %d files", cases, len(files))
}

func compareScenario(t *testing.T, sets [2]Set, want string) string {
	c := compare(t, sets[0], sets[1])
	checkWitnesses(t, c, sets[0], sets[1])
	got := describe(c)
	if got != want && !*updateComparisons {
		t.Errorf("got (-want +got):\n%s", cmp.Diff(want, got))
	}
	return got
}

// describe tells a comparison in lines.
func describe(c Comparison) string {
	var b strings.Builder
	for _, g := range c.Grants {
		b.WriteString(g.String())
		if n := len(g.Actions); n > 4 {
			fmt.Fprintf(&b, ": %s and %d more", strings.Join(g.Actions[:3], " "), n-3)
		} else if n > 0 {
			fmt.Fprintf(&b, ": %s", strings.Join(g.Actions, " "))
		}
		if g.Inert {
			b.WriteString(", which has no effect")
		}
		r := g.Witness.Request
		fmt.Fprintf(&b, "\n  %s %s %s", r.Principal, r.Action, r.Resource)
		if r.ResourceAccount != "" {
			fmt.Fprintf(&b, " of %s", r.ResourceAccount)
		}
		for _, key := range slices.Sorted(maps.Keys(r.Context.Keys)) {
			fmt.Fprintf(&b, " %s=%s", key, strings.Join(r.Context.Keys[key].Values, ","))
		}
		if g.Witness.AssumedIdentity != nil {
			b.WriteString(" (identity assumed)")
		}
		if g.Witness.AssumedResource != nil {
			b.WriteString(" (resource assumed)")
		}
		if g.Witness.AssumedSession != nil {
			b.WriteString(" (session assumed)")
		}
		b.WriteString("\n")
	}
	if c.More {
		b.WriteString("and more\n")
	}
	for _, u := range c.Unknown {
		fmt.Fprintf(&b, "unknown: %s on %s by %s: %s", u.Action, u.Resource, u.Principal, u.Why)
		if len(u.Keys)+len(u.Unread) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(append(u.Keys, u.Unread...), ", "))
		}
		b.WriteString("\n")
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}
