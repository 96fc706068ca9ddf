package main

import (
	"fmt"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const architecture = "../docs/architecture.md"

// rooms gives, for each key of layers, its packages with the synopsis of the first one, and the rooms that it imports.
type room struct {
	packages []string
	synopsis string
	imports  map[string]bool
}

func readRooms(t *testing.T) map[string]*room {
	t.Helper()
	rooms := map[string]*room{}
	for _, pkg := range packagesOf(t) {
		key := roomOf(pkg.path)
		if key == "" {
			t.Fatalf("package %s is in no layer", pkg.path)
		}
		r := rooms[key]
		if r == nil {
			r = &room{imports: map[string]bool{}}
			rooms[key] = r
		}
		r.packages = append(r.packages, pkg.path)
		if pkg.path == key || r.synopsis == "" {
			r.synopsis = pkg.synopsis
		}
		for imported := range pkg.imports {
			if other := roomOf(imported); other != key {
				r.imports[other] = true
			}
		}
	}
	return rooms
}

// sourcePackage is one package as its files that are no tests say.
type sourcePackage struct {
	path, synopsis string
	imports        map[string]bool
}

func packagesOf(t *testing.T) []*sourcePackage {
	t.Helper()
	byPath := map[string]*sourcePackage{}
	for _, file := range sourceFiles(t) {
		pkg := path.Dir(file.rel)
		p := byPath[pkg]
		if p == nil {
			p = &sourcePackage{path: pkg, imports: map[string]bool{}}
			byPath[pkg] = p
		}
		for _, imported := range importsOf(t, file.path) {
			p.imports[imported] = true
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.path, nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Doc != nil {
			p.synopsis = new(doc.Package).Synopsis(parsed.Doc.Text())
		}
	}
	var out []*sourcePackage
	for _, key := range slices.Sorted(maps.Keys(byPath)) {
		out = append(out, byPath[key])
	}
	return out
}

// roomOf is the longest key of layers that covers a package.
func roomOf(pkg string) string {
	for p := pkg; p != "."; p = path.Dir(p) {
		if _, ok := layers[p]; ok && (p != "function" || pkg == p) {
			return p
		}
	}
	return ""
}

// TestTheArchitectureIsMadeFromTheCode fails when the picture or the table of docs/architecture.md is not what the code
// says; -update rewrites them.
func TestTheArchitectureIsMadeFromTheCode(t *testing.T) {
	rooms := readRooms(t)
	updateTables(t, architecture, map[string]string{"rooms": roomsTable(rooms), "picture": picture(rooms)})
}

// roomsTable lists the rooms with what their packages say of themselves, and what they may import.
func roomsTable(rooms map[string]*room) string {
	var b strings.Builder
	b.WriteString("| package | what it is | imports |\n|---|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(rooms)) {
		r := rooms[key]
		var imports []string
		for _, imported := range slices.Sorted(maps.Keys(r.imports)) {
			imports = append(imports, shortName(imported))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", key, r.synopsis, strings.Join(imports, ", "))
	}
	return b.String()
}

// groups are the rooms that the picture frames together, by their titles. The others stand alone.
var groups = []struct {
	title string
	holds func(key string) bool
}{
	{"entry points", func(key string) bool {
		return slices.Contains([]string{"function", "function/cmd/rolewatch", "infra", "function/internal/intake"}, key)
	}},
	{"adapters", isAdapter},
	{"facts", func(key string) bool {
		return slices.Contains([]string{"events", "function/aws", "function/deploy"}, key)
	}},
}

// forTests are the rooms that only tests import; the picture leaves them out.
var forTests = []string{"function/externaldata", "function/internal/awstest", "function/internal/largeaccount", "function/internal/interpreter", "function/internal/interpreter/universe"}

// folded are the rooms that the picture shows as one, with all below them.
var folded = []string{"function/policy", "function/internal/catalogue", "function/internal/message"}

// fold gives the rooms as the picture shows them.
func fold(rooms map[string]*room) map[string]*room {
	node := func(key string) string {
		for _, f := range folded {
			if strings.HasPrefix(key, f+"/") {
				return f
			}
		}
		return key
	}
	out := map[string]*room{}
	for key, r := range rooms {
		if slices.Contains(forTests, key) {
			continue
		}
		n := node(key)
		if out[n] == nil {
			out[n] = &room{imports: map[string]bool{}}
		}
		for imported := range r.imports {
			if node(imported) != n {
				out[n].imports[node(imported)] = true
			}
		}
	}
	return out
}

// picture draws the imports between rooms. An import that follows from others is left out.
func picture(rooms map[string]*room) string {
	rooms = fold(rooms)
	var b strings.Builder
	b.WriteString("```mermaid\nflowchart TD\n")
	keys := slices.Sorted(maps.Keys(rooms))
	node := func(indent, key string) { fmt.Fprintf(&b, "%s%s[\"%s\"]\n", indent, nodeName(key), titleOf(key)) }
	framed := map[string]bool{}
	for _, g := range groups {
		fmt.Fprintf(&b, "  subgraph %s[\"%s\"]\n", strings.ReplaceAll(g.title, " ", "_"), g.title)
		for _, key := range keys {
			if g.holds(key) {
				framed[key] = true
				node("    ", key)
			}
		}
		b.WriteString("  end\n")
	}
	for _, key := range keys {
		if !framed[key] {
			node("  ", key)
		}
	}
	for _, key := range keys {
		for _, imported := range slices.Sorted(maps.Keys(rooms[key].imports)) {
			if !followsFromOthers(rooms, key, imported) {
				fmt.Fprintf(&b, "  %s --> %s\n", nodeName(key), nodeName(imported))
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// titleOf is a room's title in the picture.
func titleOf(key string) string {
	if key == "function" {
		return "the Lambda function"
	}
	return shortName(key)
}

func followsFromOthers(rooms map[string]*room, from, to string) bool {
	for other := range rooms[from].imports {
		if other != to && reaches(rooms, other, to, map[string]bool{from: true}) {
			return true
		}
	}
	return false
}

func reaches(rooms map[string]*room, from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if seen[from] || rooms[from] == nil {
		return false
	}
	seen[from] = true
	for next := range rooms[from].imports {
		if reaches(rooms, next, to, seen) {
			return true
		}
	}
	return false
}

func nodeName(key string) string { return strings.NewReplacer("/", "_", ".", "_").Replace(key) }

func shortName(key string) string {
	return strings.TrimPrefix(strings.TrimPrefix(key, "function/internal/"), "function/")
}

// namedPath is a path of the repository as the documents write it, in backquotes.
var namedPath = regexp.MustCompile("`((?:\\.github|docs|events|function|infra|tools)/[A-Za-z0-9_./*-]*|[A-Za-z]+\\.(?:md|json|mod)|Makefile)`")

// TestTheDocumentsNameFilesThatAreThere holds that every path that a document for contributors names exists.
func TestTheDocumentsNameFilesThatAreThere(t *testing.T) {
	named := 0
	for _, file := range []string{"docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md"} {
		text, err := os.ReadFile("../" + file)
		if err != nil {
			t.Fatal(err)
		}
		found := namedPath.FindAllStringSubmatch(string(text), -1)
		for _, m := range found {
			matches, err := filepath.Glob("../" + m[1])
			if err != nil || len(matches) == 0 {
				t.Errorf("%s names %s, which is not there", file, m[1])
			}
		}
		named += len(found)
	}
	if named < 50 {
		t.Fatalf("%d paths are named: the test does not see them", named)
	}
}
