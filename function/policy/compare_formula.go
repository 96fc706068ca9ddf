package policy

import "github.com/rolewatch/rolewatch/function/policy/internal/combine"

// op is what a node of a formula says.
type op int

const (
	opTrue op = iota
	opFalse
	// opUndecided may be either: a policy that was not read, a principal that cannot be told.
	opUndecided
	opAnd
	opOr
	// opStatement is a statement that applies, or, with not, one that does not.
	opStatement
)

// node is a formula over statements; it holds no negation but that of a statement.
type node struct {
	op        op
	not       bool
	statement *comparedStatement
	kids      []*node
}

var (
	nodeTrue      = &node{op: opTrue}
	nodeFalse     = &node{op: opFalse}
	nodeUndecided = &node{op: opUndecided}
)

func nodeOf(t Truth) *node {
	switch t {
	case True:
		return nodeTrue
	case False:
		return nodeFalse
	}
	return nodeUndecided
}

// both and either leave out what does not matter.
func both(kids ...*node) *node   { return joined(opAnd, nodeTrue, opFalse, kids) }
func either(kids ...*node) *node { return joined(opOr, nodeFalse, opTrue, kids) }

func joined(op op, neutral *node, dominant op, kids []*node) *node {
	out := &node{op: op}
	for _, k := range kids {
		switch k.op {
		case neutral.op:
		case dominant:
			return k
		case op:
			out.kids = append(out.kids, k.kids...)
		default:
			out.kids = append(out.kids, k)
		}
	}
	switch len(out.kids) {
	case 0:
		return neutral
	case 1:
		return out.kids[0]
	}
	return out
}

// negate gives the formula that is true where n is false.
func negate(n *node) *node {
	switch n.op {
	case opTrue:
		return nodeFalse
	case opFalse:
		return nodeTrue
	case opUndecided:
		return n
	case opStatement:
		return &node{op: opStatement, statement: n.statement, not: !n.not}
	}
	kids := make([]*node, len(n.kids))
	for i, k := range n.kids {
		kids[i] = negate(k)
	}
	if n.op == opAnd {
		return either(kids...)
	}
	return both(kids...)
}

// inFormulas are the rules of combination for all requests at once.
var inFormulas = combine.Rules[*node]{
	True: nodeTrue, False: nodeFalse, Undecided: nodeUndecided, Not: negate,
	And: func(a, b *node) *node { return both(a, b) }, Or: func(a, b *node) *node { return either(a, b) },
}
