package main

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
)

// writtenText is the text of an expression as far as it is written in the code: all of it, or how it begins.
type writtenText struct {
	begins string
	whole  bool
}

// namedTexts are the texts that constants and variables have, by their names. A variable may have several.
type namedTexts map[string][]writtenText

func (n namedTexts) clone() namedTexts { return maps.Clone(n) }

// add adds the names that a declaration and the statements in it give a text.
func (n namedTexts) add(in ast.Node) {
	name := func(left, value ast.Expr) {
		if id, ok := left.(*ast.Ident); ok {
			n[id.Name] = append(slices.Clip(n[id.Name]), n.of(value)...)
		}
	}
	ast.Inspect(in, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			if len(node.Lhs) == len(node.Rhs) && (node.Tok == token.ASSIGN || node.Tok == token.DEFINE) {
				for i, left := range node.Lhs {
					name(left, node.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i, value := range node.Values {
				if len(node.Values) == len(node.Names) {
					name(node.Names[i], value)
				}
			}
		}
		return true
	})
}

// of gives the texts that an expression may be, or begin with. A function that looks for one character counts as that.
func (n namedTexts) of(e ast.Expr) []writtenText {
	switch e := e.(type) {
	case *ast.Ident:
		return n[e.Name]
	case *ast.ParenExpr:
		return n.of(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			return joined(n.of(e.X), n.of(e.Y))
		}
	case *ast.CallExpr:
		// A conversion has the text of what it converts.
		_, toList := e.Fun.(*ast.ArrayType)
		if id, ok := e.Fun.(*ast.Ident); len(e.Args) == 1 && (toList || ok && id.Name == "string") {
			return n.of(e.Args[0])
		}
	case *ast.CompositeLit:
		if _, list := e.Type.(*ast.ArrayType); list && len(e.Elts) == 1 {
			return n.of(e.Elts[0])
		}
	case *ast.FuncLit:
		var out []writtenText
		ast.Inspect(e.Body, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.CHAR {
				out = append(out, n.of(literal)...)
			}
			return true
		})
		return out
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && (e.Kind == token.STRING || e.Kind == token.CHAR) {
			return []writtenText{{text, true}}
		}
	}
	return nil
}

// joined gives the texts of left followed by right. A right side without texts is not known.
func joined(left, right []writtenText) (out []writtenText) {
	for _, l := range left {
		if !l.whole || len(right) == 0 {
			out = append(out, writtenText{begins: l.begins})
			continue
		}
		for _, r := range right {
			out = append(out, writtenText{l.begins + r.begins, r.whole})
		}
	}
	return out
}

// keptIn are the variables that keep a value from one turn of a loop to the next: they are assigned in it, and not declared
// there for each turn.
func keptIn(loop ast.Node) (names []string) {
	assigned, declared := map[string]bool{}, map[string]bool{}
	mark := func(into map[string]bool, list ...ast.Expr) {
		for _, e := range list {
			if id, ok := e.(*ast.Ident); ok {
				into[id.Name] = true
			}
		}
	}
	ast.Inspect(loop, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.AssignStmt:
			if node.Tok == token.DEFINE {
				mark(declared, node.Lhs...)
			} else {
				mark(assigned, node.Lhs...)
			}
		case *ast.RangeStmt:
			mark(declared, node.Key, node.Value)
		case *ast.ValueSpec:
			for _, name := range node.Names {
				mark(declared, name)
			}
		}
		return true
	})
	for name := range assigned {
		if !declared[name] {
			names = append(names, name)
		}
	}
	return names
}
