package aws

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTablesHaveSources reads the package's own text: facts stand in tables, and each table says where they come from and when
// that was read.
func TestTablesHaveSources(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	tables, sources := 0, 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		inFile := 0
		for variable, literal := range packageLiterals(file) {
			if !isTable(literal) {
				t.Errorf("%s: %s is a list outside of a table, and so without a source", name, variable)
				continue
			}
			tables, inFile = tables+1, inFile+1
			found := sourcesOf(literal)
			if len(found) == 0 {
				t.Errorf("%s: the table %s has no source", name, variable)
			}
			for _, s := range found {
				sources++
				read, err := time.Parse(time.DateOnly, s.Read)
				if err != nil || read.Before(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) {
					t.Errorf("%s: the table %s was read on %q, which is not a day since it was made: %v", name, variable, s.Read, err)
				}
				if !strings.HasPrefix(s.URL, "https://") {
					t.Errorf("%s: the table %s has the source %q, which is no page", name, variable, s.URL)
				}
			}
		}
		if inFile > 1 {
			t.Errorf("%s has %d tables; each has a file of its own", name, inFile)
		}
	}
	if tables == 0 || sources == 0 {
		t.Fatalf("%d tables with %d sources were read: the test does not see them", tables, sources)
	}
	if len(Lists()) != tables {
		t.Errorf("Lists has %d of %d tables", len(Lists()), tables)
	}
	t.Logf("read %d tables with %d sources", tables, sources)
}

// TestListsAreOfTheTables holds that each table is listed once, with the day of its oldest source.
func TestListsAreOfTheTables(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range Lists() {
		if _, err := time.Parse(time.DateOnly, l.AsOf); err != nil || l.Name == "" || seen[l.Name] {
			t.Errorf("%+v: %v", l, err)
		}
		seen[l.Name] = true
	}
	got := table[int]{sources: []Source{{"https://a", "2026-11-28"}, {"https://b", "2026-11-23"}, {"https://c", "2026-11-29"}}}.asOf()
	if got != "2026-11-23" || len(seen) == 0 {
		t.Errorf("as of %s, %d lists", got, len(seen))
	}
}

// packageLiterals are the variables of a file that are written as composite literals.
func packageLiterals(file *ast.File) map[string]*ast.CompositeLit {
	out := map[string]*ast.CompositeLit{}
	for _, d := range file.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			v := spec.(*ast.ValueSpec)
			for i, value := range v.Values {
				if literal, ok := value.(*ast.CompositeLit); ok {
					out[v.Names[i].Name] = literal
				}
			}
		}
	}
	return out
}

func isTable(literal *ast.CompositeLit) bool {
	generic, ok := literal.Type.(*ast.IndexExpr)
	if !ok {
		return false
	}
	name, ok := generic.X.(*ast.Ident)
	return ok && name.Name == "table"
}

// sourcesOf are the sources that a table is written with.
func sourcesOf(literal *ast.CompositeLit) []Source {
	var out []Source
	for _, element := range literal.Elts {
		field, ok := element.(*ast.KeyValueExpr)
		if !ok || field.Key.(*ast.Ident).Name != "sources" {
			continue
		}
		for _, one := range field.Value.(*ast.CompositeLit).Elts {
			var texts [2]string
			for i, part := range one.(*ast.CompositeLit).Elts {
				texts[i], _ = strconv.Unquote(part.(*ast.BasicLit).Value)
			}
			out = append(out, Source{URL: texts[0], Read: texts[1]})
		}
	}
	return out
}

// TestDaysOfListsAreSaid holds that what a sentence says of a list's day is the day of that list.
func TestDaysOfListsAreSaid(t *testing.T) {
	days := map[string]string{}
	for _, l := range Lists() {
		days[l.Name] = "as of " + l.AsOf
	}
	for name, said := range map[string]string{
		"identity providers": IdentityProvidersAsOf(), "publishers of AWS's layers": LayerPublishersAsOf(), "targets of deliveries": DeliveryTargetsAsOf(),
	} {
		if said == "" || said != days[name] {
			t.Errorf("%s: %q, and the list is %q", name, said, days[name])
		}
	}
}
