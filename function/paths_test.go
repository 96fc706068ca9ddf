package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
	"testing"
)

// TestNoPathLeavesTheRepository reads every Go file: data that is not in the repository is reached by package
// externaldata alone.
func TestNoPathLeavesTheRepository(t *testing.T) {
	tests, paths := 0, 0
	for _, file := range goFiles(t) {
		if file.test {
			tests++
		}
		f, err := parser.ParseFile(token.NewFileSet(), file.path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range upwardPaths(f) {
			paths++
			if resolved := path.Join(path.Dir(file.rel), p); resolved == ".." || strings.HasPrefix(resolved, "../") {
				t.Errorf("%s: %s leaves the repository: use ROLEWATCH_DATA and package externaldata", file.rel, p)
			}
		}
	}
	if tests == 0 || paths == 0 {
		t.Fatalf("read %d test files and %d paths that begin with ..", tests, paths)
	}
	t.Logf("read %d test files and %d paths that begin with ..", tests, paths)
}

// upwardPaths gives the paths of a file that begin with "..": literals, and the literals that a call of Join begins with.
func upwardPaths(f *ast.File) (paths []string) {
	add := func(p string) {
		if p == ".." || strings.HasPrefix(p, "../") {
			paths = append(paths, p)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Join" {
				var elements []string
				for _, arg := range n.Args {
					text, ok := stringLiteral(arg)
					if !ok {
						break
					}
					elements = append(elements, text)
				}
				add(path.Join(elements...))
			}
		case *ast.BasicLit:
			if text, ok := stringLiteral(n); ok {
				add(text)
			}
		}
		return true
	})
	return paths
}

// stringLiteral gives the value of an expression that is a string literal.
func stringLiteral(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}
