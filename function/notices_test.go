package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEachNoticeHasItsSection holds docs/operations.md to the code: whatever operations are told of has a section, by the first
// part of its key, that says what it means, what to do and how to test it.
func TestEachNoticeHasItsSection(t *testing.T) {
	kinds := noticeKinds(t)
	if len(kinds) < 10 {
		t.Fatalf("the code has only these kinds of notices: %v", slices.Sorted(maps.Keys(kinds)))
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, notices, found := strings.Cut(string(page), "\n## Notices\n")
	if !found {
		t.Fatal("docs/operations.md has no chapter Notices")
	}
	notices, _, _ = strings.Cut(notices, "\n## ")
	sections := map[string]string{}
	for _, section := range strings.Split(notices, "\n### ")[1:] {
		title, text, _ := strings.Cut(section, "\n")
		for _, kind := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(title, -1) {
			sections[kind[1]] = text
		}
	}
	for kind, at := range kinds {
		text, ok := sections[kind]
		if !ok {
			t.Errorf("%s: docs/operations.md has no section `%s`", at, kind)
		}
		for _, part := range []string{"**What it means.** ", "**What to do.** ", "**How to test it.** "} {
			if ok && !strings.Contains(text, part) {
				t.Errorf("docs/operations.md, section `%s`: it lacks %q", kind, part)
			}
		}
	}
	for kind := range sections {
		if kinds[kind] == "" {
			t.Errorf("docs/operations.md has a section `%s`, which no notice has", kind)
		}
	}
}

// noticeKinds are the first parts of the keys of episodes, and of what is told once, with a place of each.
func noticeKinds(t *testing.T) map[string]string {
	t.Helper()
	kinds := map[string]string{}
	for _, source := range sourceFiles(t) {
		if !strings.HasPrefix(source.rel, "function/") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, source.path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		note := func(e ast.Expr) {
			at := set.Position(e.Pos()).String()
			text, ok := firstLiteral(e, file)
			kind, _, _ := strings.Cut(text, ":")
			if !ok || kind == "" {
				t.Errorf("%s: the key does not begin with a text and a colon", at)
				return
			}
			kinds[kind] = at
		}
		inside := ""
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				inside = n.Name.Name
			case *ast.CompositeLit:
				if key := keyOfTrouble(n); key != nil {
					note(key)
				}
			case *ast.CallExpr:
				s, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || s.Sel.Name != "once" && s.Sel.Name != "firstTime" || len(n.Args) < 3 || !strings.HasPrefix(source.rel, "function/internal/watch/") {
					return true
				}
				// The one hands on the key that it is given to the other.
				if inside != "once" {
					note(n.Args[1])
				}
			}
			return true
		})
	}
	return kinds
}

// keyOfTrouble is the key of a literal of the type episode.Trouble; nil for any other, and for one that is empty or copies a key.
func keyOfTrouble(lit *ast.CompositeLit) ast.Expr {
	s, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Trouble" && s.Sel.Name != "Kind" {
		return nil
	}
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if name, ok := pair.Key.(*ast.Ident); ok && name.Name == "Key" {
			if _, copied := pair.Value.(*ast.SelectorExpr); copied {
				return nil
			}
			return pair.Value
		}
	}
	return nil
}

// firstLiteral is the text that an expression begins with.
func firstLiteral(e ast.Expr, file *ast.File) (string, bool) {
	for {
		sum, ok := e.(*ast.BinaryExpr)
		if !ok {
			return stringLiteral(constantOf(e, file))
		}
		e = sum.X
	}
}

// constantOf is the value of a constant of the file; an expression that names none stays as it is.
func constantOf(e ast.Expr, file *ast.File) ast.Expr {
	name, ok := e.(*ast.Ident)
	if !ok {
		return e
	}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if ok && len(value.Names) == 1 && value.Names[0].Name == name.Name && len(value.Values) == 1 {
				return value.Values[0]
			}
		}
	}
	return e
}
