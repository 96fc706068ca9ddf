package simulate

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is an item of the table, or its key.
type item = map[string]types.AttributeValue

// given are the names and values of a request's expressions.
type given struct {
	names  map[string]string
	values item
}

// condition is a condition or key condition, parsed.
type condition func(it item, g given) bool

// parsed keeps what expressions mean: the store has a few dozen.
var parsed sync.Map

// conditionOf parses the part of https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html that
// the store uses. An expression outside of it panics: the simulation would not tell anything then.
func conditionOf(text string) condition {
	if c, ok := parsed.Load(text); ok {
		return c.(condition)
	}
	p := parser{tokens: tokens(text), text: text}
	c := p.or()
	p.end()
	parsed.Store(text, c)
	return c
}

type parser struct {
	tokens []string
	text   string
}

// tokens splits an expression: parentheses, commas and operators stand alone.
func tokens(text string) []string {
	for _, mark := range []string{"(", ")", ",", "<=", ">=", "<>"} {
		text = strings.ReplaceAll(text, mark, " "+mark+" ")
	}
	return strings.Fields(text)
}

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	token := p.peek()
	if token == "" {
		p.fail("it ends too early")
	}
	p.tokens = p.tokens[1:]
	return token
}

func (p *parser) take(token string) {
	if got := p.next(); got != token {
		p.fail(fmt.Sprintf("%q stands where %q is expected", got, token))
	}
}

func (p *parser) end() {
	if len(p.tokens) > 0 {
		p.fail(fmt.Sprintf("%q is left", p.tokens))
	}
}

func (p *parser) fail(why string) {
	panic(fmt.Sprintf("simulate: the expression %q is not understood: %s", p.text, why))
}

func (p *parser) or() condition {
	left := p.and()
	for p.peek() == "OR" {
		p.next()
		a, b := left, p.and()
		left = func(it item, g given) bool { return a(it, g) || b(it, g) }
	}
	return left
}

func (p *parser) and() condition {
	left := p.term()
	for p.peek() == "AND" {
		p.next()
		a, b := left, p.term()
		left = func(it item, g given) bool { return a(it, g) && b(it, g) }
	}
	return left
}

func (p *parser) term() condition {
	switch token := p.next(); token {
	case "(":
		c := p.or()
		p.take(")")
		return c
	case "NOT":
		c := p.term()
		return func(it item, g given) bool { return !c(it, g) }
	case "attribute_exists", "attribute_not_exists":
		p.take("(")
		name := p.next()
		p.take(")")
		return func(it item, g given) bool {
			_, there := it[g.name(name)]
			return there == (token == "attribute_exists")
		}
	case "begins_with":
		p.take("(")
		name := p.next()
		p.take(",")
		value := p.next()
		p.take(")")
		return func(it item, g given) bool {
			return strings.HasPrefix(textOf(it[g.name(name)]), textOf(g.values[value]))
		}
	default:
		return p.comparison(token)
	}
}

func (p *parser) comparison(name string) condition {
	operator, value := p.next(), p.next()
	switch operator {
	case "=", "<>", "<", "<=", ">", ">=":
	default:
		p.fail(fmt.Sprintf("%q is no operator", operator))
	}
	return func(it item, g given) bool {
		left, there := it[g.name(name)]
		right, known := g.values[value]
		if !known {
			panic("simulate: no value " + value)
		}
		if !there {
			return false
		}
		order := compare(left, right)
		switch operator {
		case "=":
			return order == 0
		case "<>":
			return order != 0
		case "<":
			return order < 0
		case "<=":
			return order <= 0
		case ">":
			return order > 0
		}
		return order >= 0
	}
}

func (g given) name(name string) string {
	if !strings.HasPrefix(name, "#") {
		return name
	}
	full, ok := g.names[name]
	if !ok {
		panic("simulate: no name " + name)
	}
	return full
}

func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// compare orders two values of one type; a number is one that fits into 64 bits.
func compare(a, b types.AttributeValue) int {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		return strings.Compare(a.Value, textOf(b))
	case *types.AttributeValueMemberN:
		if b, ok := b.(*types.AttributeValueMemberN); ok {
			return numberOf(a).Cmp(numberOf(b))
		}
	case *types.AttributeValueMemberB:
		if b, ok := b.(*types.AttributeValueMemberB); ok {
			return bytes.Compare(a.Value, b.Value)
		}
	}
	panic(fmt.Sprintf("simulate: %T and %T are not compared", a, b))
}

// updated is an item after an update expression of SET, REMOVE and ADD.
func updated(text string, it, key item, g given) item {
	out := maps.Clone(it)
	if out == nil {
		out = maps.Clone(key)
	}
	p := parser{tokens: tokens(text), text: text}
	verb := ""
	for p.peek() != "" {
		switch token := p.next(); token {
		case "SET", "REMOVE", "ADD":
			verb = token
		case ",":
		default:
			p.change(verb, token, out, g)
		}
	}
	return out
}

func (p *parser) change(verb, name string, it item, g given) {
	full := g.name(name)
	switch verb {
	case "SET":
		p.take("=")
		it[full] = g.values[p.next()]
	case "REMOVE":
		delete(it, full)
	case "ADD":
		add := numberOf(g.values[p.next()].(*types.AttributeValueMemberN))
		if now, ok := it[full].(*types.AttributeValueMemberN); ok {
			add.Add(add, numberOf(now))
		}
		it[full] = &types.AttributeValueMemberN{Value: add.String()}
	default:
		p.fail(fmt.Sprintf("%q stands before SET, REMOVE or ADD", name))
	}
}
