package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue"
)

var checkID = regexp.MustCompile(`RW\d{3}`)

// TestACheckIsNamedOnce parses every file that is not a test. The ID of a check stands as a text where the check is defined
// and nowhere else: whoever means a check names its identifier, which the compiler knows. A sentence for people may name
// checks that exist. The cases of a check stand next to its definition.
func TestACheckIsNamedOnce(t *testing.T) {
	places, mentions := map[string][]string{}, map[string][]string{}
	for _, file := range sourceFiles(t) {
		for _, lit := range literals(t, file.path) {
			ids := checkID.FindAllString(lit.text, -1)
			// A list of IDs in one text is that of its IDs.
			into := mentions
			if strings.Trim(checkID.ReplaceAllString(lit.text, ""), " ,;|\t\n") == "" {
				into = places
			}
			for _, id := range ids {
				into[id] = append(into[id], file.path+":"+strconv.Itoa(lit.line))
			}
		}
	}
	known, cases := map[string]bool{}, 0
	for _, c := range catalogue.Checks() {
		id := c.ID
		known[id] = true
		if n := len(places[id]); n != 1 {
			t.Errorf("%s stands as a text in %d places, want its definition alone: %s", id, n, strings.Join(places[id], ", "))
			continue
		}
		definition, _, _ := strings.Cut(places[id][0], ":")
		if files, err := os.ReadDir(filepath.Join(filepath.Dir(definition), "testdata", id)); err != nil || len(files) == 0 {
			t.Errorf("%s is defined in %s and has no cases next to it: %v", id, definition, err)
		} else {
			cases += len(files)
		}
	}
	for _, all := range []map[string][]string{places, mentions} {
		for id, at := range all {
			if !known[id] {
				t.Errorf("%s, which is no check, stands in %s", id, strings.Join(at, ", "))
			}
		}
	}
	if len(known) == 0 || len(places) != len(known) || cases == 0 {
		t.Fatalf("%d IDs were found of %d checks with %d cases", len(places), len(known), cases)
	}
	t.Logf("%d checks with %d cases; sentences name %d", len(known), cases, len(mentions))
}

type literal struct {
	text string
	line int
}

// literals are the texts that stand in a file.
func literals(t *testing.T, file string) (out []literal) {
	t.Helper()
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, literal{text, set.Position(lit.Pos()).Line})
		}
		return true
	})
	return out
}
