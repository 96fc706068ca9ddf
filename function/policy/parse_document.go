package policy

import (
	"errors"
	"io"

	"github.com/rolewatch/rolewatch/function/policy/internal/jsontoken"
)

// document reads the whole text.
func (p *parser) document() {
	open := p.next()
	if p.err == nil && open.kind != '{' {
		p.err = fault{open.offset(), 0, "a policy is a JSON object, not " + jsontoken.KindName(open.kind)}
	}
	hasStatement, version := false, token{start: open.start, end: open.end}
	for name, ok := p.name(0); ok; name, ok = p.name(0) {
		p.push(name.text)
		switch name.text {
		case "Version":
			version = p.scalar()
		case "Id":
			p.id(name)
		case "Statement":
			hasStatement = true
			p.statements()
		default:
			p.violate(name.offset(), 1, "a policy does not have an element %s", p.quote(name))
			p.rest(p.next())
		}
		p.pop()
	}
	p.finish()
	if p.err != nil {
		return
	}
	p.checkVersion(version)
	if !hasStatement {
		p.violateBelow(open.offset(), 1, []string{"Statement"}, "the policy has no Statement")
	}
}

// finish makes sure that nothing follows.
func (p *parser) finish() {
	if p.err != nil {
		return
	}
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		p.err = fault{jsontoken.Start(p.text, p.end), 0, "the document is not JSON: more text follows the policy"}
	}
}

// scalar reads a string; what is none gives a token without text.
func (p *parser) scalar() token {
	t := p.next()
	if t.kind != '"' {
		p.refuse(t, 1, "a string")
		t.text = ""
	}
	return t
}

func (p *parser) id(name token) {
	p.doc.ID = p.scalar().text
	switch p.doc.Kind {
	case Session, SCP, RCP:
		p.violate(name.offset(), 6, "%s cannot contain Id", p.doc.Kind.noun())
	}
}

// statements reads an object, or a list of them.
func (p *parser) statements() {
	count := 0
	span := p.each(func(t token, inList bool) {
		if !inList {
			// A single statement has the path that it would have in a list.
			p.pushIndex(0)
			defer p.pop()
		}
		count++
		if t.kind != '{' {
			p.refuse(t, 1, "a statement, which is an object")
			return
		}
		p.statementList = append(p.statementList, Statement{Index: len(p.statementList)})
		p.statement(&p.statementList[len(p.statementList)-1], t)
	})
	if count == 0 {
		p.violate(span.Start, 1, "the list of statements is empty")
	}
	p.doc.statements = span
}

// statement reads a statement whose brace was read.
func (p *parser) statement(s *Statement, open token) {
	hasEffect := false
	base := len(p.names)
	for name, ok := p.name(base); ok; name, ok = p.name(base) {
		p.push(name.text)
		if name.text == "Effect" {
			hasEffect = true
		}
		p.element(s, name)
		p.pop()
	}
	s.Span = p.since(open)
	if p.err == nil {
		p.checkStatement(s, hasEffect)
	}
}

// element reads one element of a statement. What is there twice is told elsewhere; the last one counts.
func (p *parser) element(s *Statement, name token) {
	switch name.text {
	case "Sid":
		t := p.scalar()
		s.Sid, s.SidSpan = t.text, p.since(t)
	case "Effect":
		s.Effect = p.effect()
	case "Principal", "NotPrincipal":
		not := name.text == "NotPrincipal"
		p.either(name, s.HasPrincipal && s.NotPrincipal != not)
		s.HasPrincipal, s.NotPrincipal = true, not
		s.Principals, s.PrincipalSpan = p.principals()
	case "Action", "NotAction":
		not := name.text == "NotAction"
		p.either(name, s.HasAction && s.NotAction != not)
		s.HasAction, s.NotAction = true, not
		s.Actions, s.ActionSpan = p.strings(false, (*parser).checkAction)
	case "Resource", "NotResource":
		not := name.text == "NotResource"
		p.either(name, s.HasResource && s.NotResource != not)
		s.HasResource, s.NotResource = true, not
		s.Resources, s.ResourceSpan = p.strings(true, (*parser).checkResource)
	case "Condition":
		s.Conditions, s.ConditionSpan = p.conditionBlock()
	default:
		p.violate(name.offset(), 1, "a statement does not have an element %s", p.quote(name))
		p.rest(p.next())
	}
}

// either notes an element whose complement is in the same statement.
func (p *parser) either(name token, both bool) {
	if both {
		p.violate(name.offset(), 1, "a statement can contain %s or its complement, but not both", p.quote(name))
	}
}

func (p *parser) effect() Effect {
	t := p.scalar()
	switch {
	case t.text == "Allow":
		return Allow
	case t.text == "Deny":
		return Deny
	case t.kind == '"':
		p.violate(t.offset(), 4, "%s is not a valid Effect; use \"Allow\" or \"Deny\", which are case sensitive", p.quote(t))
	}
	return NoEffect
}

// strings reads a string or a list of strings. IAM takes null in a list of resources, and leaves it out.
func (p *parser) strings(nullInList bool, check func(*parser, Value)) ([]Value, Span) {
	mark := len(p.values)
	span := p.each(func(t token, inList bool) {
		switch {
		case t.kind == 'n' && inList && nullInList:
		case t.kind != '"':
			p.refuse(t, 1, "a string or a list of strings")
		default:
			v := Value{Text: t.text, Span: t.span()}
			check(p, v)
			p.values = append(p.values, v)
		}
	})
	return p.valuesSince(mark), span
}
