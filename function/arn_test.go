package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// arnReaders are the folders that may take ARNs apart: the package that says how, and the language of policies, which
// matches patterns of ARNs segment by segment.
var arnReaders = map[string]bool{"function/aws": true, "function/policy": true}

// ofARN is what a text looks for that reads an ARN without parsing it: its beginning, or a piece with one of its colons, as
// ":role/" or ":iam::aws:".
var ofARN = regexp.MustCompile(`^arn:|^:([a-z0-9-]*:)+|^:[a-z-]+[:/]`)

// TestARNsAreParsed reads every file that is not a test for what takes ARNs apart outside of arnReaders: a split at colons, a
// cut at a colon of something that is called an ARN or again and again, a search for a piece of an ARN, a comparison with its
// first segment, or a regular expression for one.
func TestARNsAreParsed(t *testing.T) {
	files, calls := 0, 0
	for _, source := range sourceFiles(t) {
		if arnReaders[path.Dir(source.rel)] {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, source.path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		found, read := arnsTakenApart(file)
		files, calls = files+1, calls+read
		for _, at := range found {
			t.Errorf("%s takes an ARN apart; the package function/aws parses it", set.Position(at))
		}
	}
	if files < 100 || calls < 100 {
		t.Fatalf("read %d files with %d calls of strings and regexp: the walk does not see the code", files, calls)
	}
	t.Logf("read %d files with %d calls of strings and regexp", files, calls)
}

// arnsTakenApart are the places in a file that take ARNs apart, and how many calls were looked at.
func arnsTakenApart(file *ast.File) (found []token.Pos, calls int) {
	loops := 0
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt:
			loops++
			ast.Inspect(n.Body, visit)
			loops--
			return false
		case *ast.RangeStmt:
			// A range over things is no loop over one text, unless it ranges over a number.
			if _, number := n.X.(*ast.BasicLit); number {
				loops++
				ast.Inspect(n.Body, visit)
				loops--
				return false
			}
		case *ast.BinaryExpr:
			if (n.Op == token.EQL || n.Op == token.NEQ) && (leading(n.X) == "arn" || leading(n.Y) == "arn") {
				found = append(found, n.Pos())
			}
		case *ast.CallExpr:
			pkg, function := called(n)
			if pkg != "strings" && pkg != "regexp" || len(n.Args) == 0 {
				return true
			}
			calls++
			if takesApart(pkg, function, n.Args, loops > 0) {
				found = append(found, n.Pos())
			}
		}
		return true
	}
	ast.Inspect(file, visit)
	return found, calls
}

// takesApart tells whether a call of strings or regexp reads an ARN.
func takesApart(pkg, function string, args []ast.Expr, inLoop bool) bool {
	if pkg == "regexp" {
		return strings.Contains(leading(args[0]), "arn:")
	}
	if len(args) < 2 || function == "Join" || function == "Replace" || function == "ReplaceAll" {
		return false
	}
	sought := leading(args[1])
	switch {
	case sought == ":" && strings.HasPrefix(function, "Split"):
		return true
	case sought == ":" && (function == "Cut" || strings.HasPrefix(function, "LastIndex") || strings.HasPrefix(function, "Index") || function == "Count"):
		return inLoop && function == "Cut" || namesARN(args[0])
	}
	return ofARN.MatchString(sought)
}

// namesARN tells whether the code calls an expression an ARN.
func namesARN(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			lower := strings.ToLower(id.Name)
			found = found || strings.HasSuffix(lower, "arn") || strings.HasPrefix(lower, "arn")
		}
		return !found
	})
	return found
}

// leading is the text that an expression begins with, as far as it is written there.
func leading(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return leading(e.X)
	case *ast.ParenExpr:
		return leading(e.X)
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && (e.Kind == token.STRING || e.Kind == token.CHAR) {
			return text
		}
	}
	return ""
}

// called is the package and the name of a function that a call is of.
func called(c *ast.CallExpr) (pkg, function string) {
	selector, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := selector.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	return id.Name, selector.Sel.Name
}

// TestARNsTakenApartAreSeen shows the rule what it is there for, and what it has to leave alone.
func TestARNsTakenApartAreSeen(t *testing.T) {
	for code, want := range map[string]bool{
		`parts := strings.SplitN(x, ":", 6)`:                                 true,
		`for part := range strings.SplitSeq(x, ":") { _ = part }`:            true,
		`_, rest, _ := strings.Cut(arn, ":role/")`:                           true,
		`_, rest, _ := strings.Cut(f.ARN, ":")`:                              true,
		`for range 3 { _, x, _ = strings.Cut(x, ":") }`:                      true,
		`for x != "" { _, x, _ = strings.Cut(x, ":") }`:                      true,
		`ok := strings.HasPrefix(x, "arn:")`:                                 true,
		`ok := strings.HasPrefix(x, "arn:"+partition+":s3:::")`:              true,
		`ok := strings.Contains(x, ":iam::aws:")`:                            true,
		`ok := strings.Contains(x, "::"+account+":")`:                        true,
		`name := arn[strings.LastIndexByte(arn, ':')+1:]`:                    true,
		`ok := parts[0] == "arn"`:                                            true,
		`re := regexp.MustCompile("^arn:aws:iam::[0-9]+:role/.*$")`:          true,
		`service, _, _ := strings.Cut(action, ":")`:                          false,
		`for _, a := range actions { service, _, _ := strings.Cut(a, ":") }`: false,
		`text := strings.Join(parts, ":")`:                                   false,
		`ok := strings.HasPrefix(part, "inline:")`:                           false,
		`arn := "arn:" + partition + ":iam::" + account + ":role/" + name`:   false,
		`text := strings.ReplaceAll(call, ":", "-")`:                         false,
		`ok := strings.HasSuffix(key, ":aud")`:                               false,
		`claim, ok := strings.CutPrefix(key, strings.ToLower(host)+":")`:     false,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {\n"+code+"\n}", 0)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		if found, _ := arnsTakenApart(file); (len(found) > 0) != want {
			t.Errorf("%s: found in %d places, want some: %t", code, len(found), want)
		}
	}
}
