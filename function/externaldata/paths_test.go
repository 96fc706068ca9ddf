package externaldata

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNoPathLeavesTheRepository reads every Go file: data that is not in the repository is reached by this package alone.
func TestNoPathLeavesTheRepository(t *testing.T) {
	root := filepath.Join("..", "..")
	tests, paths := 0, 0
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{"node_modules", ".venv", "cdk.out", ".git"}, d.Name()) {
			return fs.SkipDir
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		if strings.HasSuffix(file, "_test.go") {
			tests++
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, p := range upwardPaths(f) {
			paths++
			if resolved := path.Join(path.Dir(filepath.ToSlash(rel)), p); resolved == ".." || strings.HasPrefix(resolved, "../") {
				t.Errorf("%s: %s leaves the repository: use ROLEWATCH_DATA and this package", rel, p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
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
					text, ok := literal(arg)
					if !ok {
						break
					}
					elements = append(elements, text)
				}
				add(path.Join(elements...))
			}
		case *ast.BasicLit:
			if text, ok := literal(n); ok {
				add(text)
			}
		}
		return true
	})
	return paths
}

// literal gives the value of an expression that is a string literal.
func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}
