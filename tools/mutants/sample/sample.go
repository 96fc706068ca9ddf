// Package sample makes mutants of a package by rule: one operator, assignment or jump becomes another one. The rules are those of
// gremlins 0.6.0 (https://github.com/go-gremlins/gremlins), all that it has. The sample that is drawn of them stays the same when other
// functions change.
package sample

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Mutant is one place of a file with another token.
type Mutant struct {
	// ID names it by its file, its function, the tokens, and its number among those of the function with these tokens:
	// "events/parse.go Parse == -> != #2". It stays the same when other functions change.
	ID string
	// File is relative to the module, Line and Column count from 1.
	File         string
	Line, Column int
	// Text is the file with the mutant.
	Text []byte
}

// becomes lists what each token becomes.
var becomes = map[token.Token][]token.Token{
	token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
	token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR}, token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
	token.EQL: {token.NEQ}, token.NEQ: {token.EQL}, token.LAND: {token.LOR}, token.LOR: {token.LAND},
	token.INC: {token.DEC}, token.DEC: {token.INC}, token.BREAK: {token.CONTINUE}, token.CONTINUE: {token.BREAK},
	token.AND: {token.OR}, token.OR: {token.AND}, token.XOR: {token.AND}, token.AND_NOT: {token.AND}, token.SHL: {token.SHR}, token.SHR: {token.SHL},
	token.ADD_ASSIGN: {token.SUB_ASSIGN, token.ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN, token.ASSIGN},
	token.MUL_ASSIGN: {token.QUO_ASSIGN, token.ASSIGN}, token.QUO_ASSIGN: {token.MUL_ASSIGN, token.ASSIGN}, token.REM_ASSIGN: {token.ASSIGN},
	token.AND_ASSIGN: {token.OR_ASSIGN, token.ASSIGN}, token.OR_ASSIGN: {token.AND_ASSIGN, token.ASSIGN}, token.XOR_ASSIGN: {token.AND_ASSIGN, token.ASSIGN},
	token.AND_NOT_ASSIGN: {token.AND_ASSIGN, token.ASSIGN}, token.SHL_ASSIGN: {token.SHR_ASSIGN, token.ASSIGN}, token.SHR_ASSIGN: {token.SHL_ASSIGN, token.ASSIGN},
}

// Of gives all mutants of the package in a folder, less those of generated files.
func Of(root, pkg string) ([]Mutant, error) {
	names, err := filepath.Glob(filepath.Join(root, pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	var out []Mutant
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list, err := inFile(path.Join(pkg, filepath.Base(name)), text)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func inFile(file string, text []byte) ([]Mutant, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution|parser.ParseComments)
	if err != nil || ast.IsGenerated(parsed) {
		return nil, err
	}
	var out []Mutant
	numbers := map[string]int{}
	for _, d := range parsed.Decls {
		where := nameOf(d)
		ast.Inspect(d, func(n ast.Node) bool {
			from, pos, ok := tokenOf(n)
			if !ok {
				return true
			}
			for _, to := range becomes[from] {
				id := fmt.Sprintf("%s %s %s -> %s", file, where, from, to)
				numbers[id]++
				at := set.Position(pos)
				out = append(out, Mutant{
					ID: fmt.Sprintf("%s #%d", id, numbers[id]), File: file, Line: at.Line, Column: at.Column,
					Text: slices.Concat(text[:at.Offset], []byte(to.String()), text[at.Offset+len(from.String()):]),
				})
			}
			return true
		})
	}
	return out, nil
}

// nameOf is the name of a declaration: that of a function with its receiver's, or the first that a declaration of constants, types or
// variables has.
func nameOf(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || len(d.Recv.List) == 0 {
			return d.Name.Name
		}
		receiver := d.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if generic, ok := receiver.(*ast.IndexExpr); ok {
			receiver = generic.X
		}
		if id, ok := receiver.(*ast.Ident); ok {
			return id.Name + "." + d.Name.Name
		}
		return d.Name.Name
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				return s.Names[0].Name
			case *ast.TypeSpec:
				return s.Name.Name
			}
		}
	}
	return "declaration"
}

// tokenOf is the token of a node that may become another one. The plus between texts may not: texts have no difference.
func tokenOf(n ast.Node) (token.Token, token.Pos, bool) {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		return n.Op, n.OpPos, n.Op != token.ADD || !isText(n)
	case *ast.UnaryExpr:
		return n.Op, n.OpPos, n.Op == token.SUB
	case *ast.AssignStmt:
		return n.Tok, n.TokPos, n.Tok != token.ADD_ASSIGN || !isText(n.Rhs[0])
	case *ast.IncDecStmt:
		return n.Tok, n.TokPos, true
	case *ast.BranchStmt:
		return n.Tok, n.TokPos, n.Label == nil
	}
	return token.ILLEGAL, token.NoPos, false
}

// isText reports whether an expression has a literal text among its terms. What else is a text does not compile.
func isText(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.ParenExpr:
		return isText(e.X)
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (isText(e.X) || isText(e.Y))
	}
	return false
}

// Ordered puts mutants in the order of a seed: a sample is the first of them.
func Ordered(list []Mutant, seed string) []Mutant {
	key := func(m Mutant) string {
		sum := sha256.Sum256([]byte(seed + "\x00" + m.ID))
		return string(sum[:])
	}
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b Mutant) int { return cmp.Compare(key(a), key(b)) })
	return out
}
