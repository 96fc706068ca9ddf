package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// arnReaders are the folders that may take ARNs apart: the package that says how, the language of policies, which matches
// patterns of ARNs segment by segment, and the second reading of that language, which shares no code with either.
var arnReaders = map[string]bool{"function/aws": true, "function/policy": true, "function/internal/interpreter": true}

// ofARN is what a text looks for that reads an ARN without parsing it: its beginning, or a piece with one of its colons, as
// ":role/" or ":iam::aws:".
var ofARN = regexp.MustCompile(`^arn:|^:([a-z0-9-]*:)+|^:[a-z-]+[:/]`)

// TestARNsAreParsed reads every file that is not a test for what takes ARNs apart outside of arnReaders: a split at colons, the
// place or the number of colons, a cut at a colon of something that is called an ARN or again and again, a search for a piece
// of an ARN, a comparison with its first segment, or a regular expression for one.
func TestARNsAreParsed(t *testing.T) {
	files, calls := 0, 0
	for _, source := range sourceFiles(t) {
		if arnReaders[path.Dir(source.rel)] {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, source.path, nil, parser.SkipObjectResolution)
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
		t.Fatalf("read %d files with %d calls of strings, bytes and regexp: the walk does not see the code", files, calls)
	}
	t.Logf("read %d files with %d calls of strings, bytes and regexp", files, calls)
}

// arnsTakenApart are the places in a file that take ARNs apart, and how many calls were looked at.
func arnsTakenApart(file *ast.File) (found []token.Pos, calls int) {
	ofPackage := namedTexts{}
	for _, d := range file.Decls {
		if general, ok := d.(*ast.GenDecl); ok {
			ofPackage.add(general)
		}
	}
	for _, d := range file.Decls {
		r := arnReader{names: ofPackage.clone()}
		r.names.add(d)
		ast.Inspect(d, r.visit)
		found, calls = append(found, r.found...), calls+r.calls
	}
	return found, calls
}

// arnReader reads a declaration for what takes ARNs apart.
type arnReader struct {
	names namedTexts
	// counting is in how many loops over no things the place is, and kept are the variables that keep a value from one turn of a
	// loop around it to the next.
	counting int
	kept     []string
	found    []token.Pos
	calls    int
}

func (r *arnReader) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ForStmt:
		r.loop(n, true, n.Init, n.Cond, n.Post, n.Body)
		return false
	case *ast.RangeStmt:
		// A range over things is no loop over one text, unless it ranges over a number.
		_, number := n.X.(*ast.BasicLit)
		ast.Inspect(n.X, r.visit)
		r.loop(n, number || n.Key == nil && n.Value == nil, n.Body)
		return false
	case *ast.BinaryExpr:
		if (n.Op == token.EQL || n.Op == token.NEQ) && (r.isBeginning(n.X) || r.isBeginning(n.Y)) {
			r.found = append(r.found, n.Pos())
		}
	case *ast.CaseClause:
		if slices.ContainsFunc(n.List, r.isBeginning) {
			r.found = append(r.found, n.Pos())
		}
	case *ast.CallExpr:
		pkg, function := called(n)
		if pkg != "strings" && pkg != "bytes" && pkg != "regexp" || len(n.Args) == 0 {
			return true
		}
		r.calls++
		if r.takesApart(pkg, function, n.Args) {
			r.found = append(r.found, n.Pos())
		}
	}
	return true
}

// loop reads the parts of a loop; those that it does not have are nil.
func (r *arnReader) loop(loop ast.Node, counting bool, parts ...ast.Node) {
	before, kept := r.counting, r.kept
	if counting {
		r.counting++
	}
	r.kept = append(slices.Clip(kept), keptIn(loop)...)
	for _, part := range parts {
		if part != nil {
			ast.Inspect(part, r.visit)
		}
	}
	r.counting, r.kept = before, kept
}

// takesApart tells whether a call of strings, bytes or regexp reads an ARN.
func (r *arnReader) takesApart(pkg, function string, args []ast.Expr) bool {
	has := func(e ast.Expr, accept func(text string) bool) bool {
		return slices.ContainsFunc(r.names.of(e), func(t writtenText) bool { return accept(t.begins) })
	}
	switch {
	case pkg == "regexp":
		return has(args[0], func(text string) bool { return strings.Contains(text, "arn:") })
	case len(args) < 2 || function == "Join" || function == "Replace" || function == "ReplaceAll":
		return false
	case function == "EqualFold":
		return slices.ContainsFunc(args, r.isBeginning)
	case !has(args[1], func(text string) bool { return text == ":" }):
		return has(args[1], ofARN.MatchString)
	case function == "Cut":
		text, isName := args[0].(*ast.Ident)
		return r.counting > 0 || namesARN(args[0]) || isName && slices.Contains(r.kept, text.Name)
	}
	return slices.ContainsFunc([]string{"Split", "FieldsFunc", "Index", "LastIndex", "Count"}, func(of string) bool { return strings.HasPrefix(function, of) })
}

// isBeginning tells whether an expression is the first segment of an ARN, with its colon or without it.
func (r *arnReader) isBeginning(e ast.Expr) bool {
	return slices.ContainsFunc(r.names.of(e), func(t writtenText) bool { return t.whole && (t.begins == "arn" || t.begins == "arn:") })
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
		`parts := strings.SplitN(x, ":", 6)`:                                                             true,
		`for part := range strings.SplitSeq(x, ":") { _ = part }`:                                        true,
		`_, rest, _ := strings.Cut(arn, ":role/")`:                                                       true,
		`_, rest, _ := strings.Cut(f.ARN, ":")`:                                                          true,
		`for range 3 { _, x, _ = strings.Cut(x, ":") }`:                                                  true,
		`for x != "" { _, x, _ = strings.Cut(x, ":") }`:                                                  true,
		`ok := strings.HasPrefix(x, "arn:")`:                                                             true,
		`ok := strings.HasPrefix(x, "arn:"+partition+":s3:::")`:                                          true,
		`ok := strings.Contains(x, ":iam::aws:")`:                                                        true,
		`ok := strings.Contains(x, "::"+account+":")`:                                                    true,
		`name := arn[strings.LastIndexByte(arn, ':')+1:]`:                                                true,
		`ok := parts[0] == "arn"`:                                                                        true,
		`re := regexp.MustCompile("^arn:aws:iam::[0-9]+:role/.*$")`:                                      true,
		`sep := ":"; parts := strings.SplitN(x, sep, 6)`:                                                 true,
		`const sep = ":"; parts := strings.SplitN(x, sep, 6)`:                                            true,
		`var sep string; sep = ":"; parts := strings.Split(x, sep)`:                                      true,
		`parts := strings.Split(x, ofFile)`:                                                              true,
		`parts := strings.FieldsFunc(x, func(r rune) bool { return r == ':' })`:                          true,
		`colon := func(r rune) bool { return r == ':' }; parts := strings.FieldsFunc(x, colon)`:          true,
		`parts := bytes.Split(x, []byte(":"))`:                                                           true,
		`parts := bytes.Split(x, []byte{':'})`:                                                           true,
		`sep := []byte(":"); parts := bytes.SplitN(x, sep, 6)`:                                           true,
		`for range n { _, x, _ = strings.Cut(x, ":") }`:                                                  true,
		`for range n { _, rest, _ := strings.Cut(x, ":"); x = rest }`:                                    true,
		`for i := range n { parts[i], x, _ = strings.Cut(x, ":") }`:                                      true,
		`for i := range parts { parts[i], x, _ = strings.Cut(x, ":") }`:                                  true,
		`for head, rest, ok := strings.Cut(x, ":"); ok; head, rest, ok = strings.Cut(rest, ":") { }`:     true,
		`ok := x[:4] == "arn"+":"`:                                                                       true,
		`ok := x[:4] == "arn:"`:                                                                          true,
		`ok := "arn:" != x[:4]`:                                                                          true,
		`const prefix = "arn:"; ok := strings.HasPrefix(x, prefix)`:                                      true,
		`const prefix = "arn:"; ok := x[:len(prefix)] == prefix`:                                         true,
		`ok := strings.EqualFold(parts[0], "arn")`:                                                       true,
		`switch p[0] { case "arn": }`:                                                                    true,
		`switch x[:4] { case "aws:", "arn:": }`:                                                          true,
		`i := strings.Index(text, ":")`:                                                                  true,
		`i := bytes.IndexByte(text, ':')`:                                                                true,
		`i := strings.IndexFunc(text, func(r rune) bool { return r == ':' })`:                            true,
		`n := strings.Count(text, ":")`:                                                                  true,
		`const pattern = "^arn:aws:"; re := regexp.MustCompile(pattern)`:                                 true,
		`sep := ","; parts := strings.Split(x, sep)`:                                                     false,
		`parts := strings.FieldsFunc(x, func(r rune) bool { return r == ',' })`:                          false,
		`for _, a := range actions { a = lower(a); service, _, _ := strings.Cut(a, ":") }`:               false,
		`for i := range actions { a := actions[i]; a = lower(a); service, _, _ := strings.Cut(a, ":") }`: false,
		`arn := "arn:" + partition; ok := arn == other`:                                                  false,
		`ok := x == "arn:aws:iam::aws:policy/AdministratorAccess"`:                                       false,
		`switch prefix { case "inline": }`:                                                               false,
		`i := strings.Index(text, "/")`:                                                                  false,
		`service, _, _ := strings.Cut(action, ":")`:                                                      false,
		`for _, a := range actions { service, _, _ := strings.Cut(a, ":") }`:                             false,
		`text := strings.Join(parts, ":")`:                                                               false,
		`ok := strings.HasPrefix(part, "inline:")`:                                                       false,
		`arn := "arn:" + partition + ":iam::" + account + ":role/" + name`:                               false,
		`text := strings.ReplaceAll(call, ":", "-")`:                                                     false,
		`ok := strings.HasSuffix(key, ":aud")`:                                                           false,
		`claim, ok := strings.CutPrefix(key, strings.ToLower(host)+":")`:                                 false,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nconst ofFile = \":\"\nfunc f() {\n"+code+"\n}", parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		if found, _ := arnsTakenApart(file); (len(found) > 0) != want {
			t.Errorf("%s: found in %d places, want some: %t", code, len(found), want)
		}
	}
}
