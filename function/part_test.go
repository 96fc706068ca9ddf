package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// partFile is where the names of parts are put together and taken apart.
const partFile = "function/internal/role/part.go"

// ofResources are the folders and files where "function:" begins the resource of an ARN, and names no part.
var ofResources = []string{"function/aws/", "function/policy/", "function/internal/catalogue/danger/sights.go"}

// TestPartsAreNamedByTheirType reads every file that is not a test for texts that stand for a part of a role outside of
// partFile: the beginning of a part's name anywhere, and a whole name where a part is set, compared or made.
func TestPartsAreNamedByTheirType(t *testing.T) {
	texts, found := 0, 0
	for _, source := range sourceFiles(t) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, source.path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		places, read := partTexts(file, source.rel)
		texts += read
		if source.rel == partFile {
			found = len(places)
			continue
		}
		for _, at := range places {
			t.Errorf("%s names a part of a role by a text; package role has a constant or a function for it", set.Position(at))
		}
	}
	if texts < 1000 || found == 0 {
		t.Fatalf("%d texts, %d of them in %s: the walk does not see the code", texts, found, partFile)
	}
	t.Logf("read %d texts; %d in %s", texts, found, partFile)
}

// partTexts are the texts in a file that stand for a part, and how many texts were read.
func partTexts(file *ast.File, rel string) (found []token.Pos, texts int) {
	whole := func(list ...ast.Expr) {
		for _, e := range list {
			if text, ok := stringLiteral(e); ok && role.Part(text).Kind() != role.NoPart {
				found = append(found, e.Pos())
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				texts++
				if beginsPart(n, rel) {
					found = append(found, n.Pos())
				}
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok && slices.Contains([]string{"Part", "Parts", "Policy"}, key.Name) {
				whole(elements(n.Value)...)
			}
		case *ast.BinaryExpr:
			if isPart(n.X) || isPart(n.Y) {
				whole(n.X, n.Y)
			}
		case *ast.SwitchStmt:
			if isPart(n.Tag) {
				for _, clause := range n.Body.List {
					whole(clause.(*ast.CaseClause).List...)
				}
			}
		case *ast.IndexExpr:
			if isPart(n.X) {
				whole(n.Index)
			}
		case *ast.CallExpr:
			if _, name := called(n); slices.Contains([]string{"NewPolicy", "Part", "ParsePart"}, name) && len(n.Args) > 0 {
				whole(n.Args[0])
			}
		case *ast.ValueSpec:
			if t, ok := n.Type.(*ast.Ident); ok && t.Name == "Part" && rel == partFile {
				whole(n.Values...)
			}
		}
		return true
	})
	return found, texts
}

// beginsPart reports whether a text is how the name of a part begins, or begins so and goes on without a space.
func beginsPart(lit *ast.BasicLit, rel string) bool {
	text, err := strconv.Unquote(lit.Value)
	if err != nil || strings.ContainsAny(text, " %") {
		return false
	}
	inResource := slices.ContainsFunc(ofResources, func(at string) bool { return strings.HasPrefix(rel, at) || rel == at })
	return strings.HasPrefix(text, "inline:") || strings.HasPrefix(text, "scp:") || strings.HasPrefix(text, "rcp:") || text == "function:" && !inResource
}

// isPart reports whether an expression is called a part, parts, the policy of evidence, or the name of one.
func isPart(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return slices.Contains([]string{"Part", "Parts", "Policy"}, e.Sel.Name)
	case *ast.Ident:
		return slices.Contains([]string{"part", "parts", "name"}, e.Name)
	case *ast.CallExpr:
		_, name := called(e)
		return name == "Part"
	}
	return false
}

// elements are the elements of a list, or the expression alone.
func elements(e ast.Expr) []ast.Expr {
	if list, ok := e.(*ast.CompositeLit); ok {
		return list.Elts
	}
	return []ast.Expr{e}
}

// TestTextsOfPartsAreSeen has one line for each way of naming a part by a text, and for texts that name none.
func TestTextsOfPartsAreSeen(t *testing.T) {
	checked := 0
	for line, want := range map[string]bool{
		`x := "inline:" + name`: true, `x := strings.HasPrefix(name, "inline:")`: true, `x := "function:" + f.ARN`: true, `x := "scp:" + id`: true,
		`x := strings.TrimPrefix(ref.Policy, "rcp:")`: true, `x := check.Evidence{Policy: "trust"}`: true,
		`x := check.Diagnostic{Parts: []role.Part{"role"}}`: true, `x := one.Part == "boundary"`: true, `x := part != "refusal"`: true,
		`x := before.Parts["boundary"]`: true, `x := name == "trust"`: true, `x := role.NewPolicy("trust", text, policy.Trust)`: true, `x := role.Part("tags")`: true,
		`switch e.Policy { case "trust": }`: true, `switch role.Part(e.Policy) { case "boundary": }`: true,
		`x := "trust policy"`: false, `x := role.PartTrust`: false, `x := "inline policies"`: false, `x := owner{"role", name}`: false,
		`x := one.Part == role.PartTrust`: false, `x := check.Evidence{Policy: ref.Policy}`: false, `x := kind == "boundary"`: false,
		`x := "function:rolewatch-probe"`: false,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() {\n"+line+"\n}", 0)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if found, _ := partTexts(file, path.Join("function", "x.go")); (len(found) > 0) != want {
			t.Errorf("%s: seen: %v, want %v", line, len(found) > 0, want)
		}
		checked++
	}
	t.Logf("checked %d lines", checked)
}
