package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// document reads the whole text; false when it is no JSON object.
func (p *parser) document() bool {
	p.dec = jsontext.NewDecoder(bytes.NewReader(p.src), jsontext.AllowDuplicateNames(true))
	if t := p.next(); p.err == nil && t.kind != '{' {
		p.err = fmt.Errorf("it is %s", kindName(t.kind))
	}
	if p.err != nil {
		return false
	}
	hasStatement := false
	p.members("", func(name token) {
		switch name.text {
		case "Version":
			p.version()
		case "Id":
			t := p.scalar("Id")
			p.doc.ID = t.text
		case "Statement":
			hasStatement = true
			p.statements()
		default:
			p.violate(name.Start, 1, name.text, "a policy has no element %s", strconv.Quote(name.text))
			p.rest(p.next())
		}
	})
	if p.err == nil {
		if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
			p.err = errors.New("more text follows the policy")
			p.end = p.skip(p.end)
		}
	}
	if p.err == nil && !hasStatement {
		p.violate(0, 1, "Statement", "the policy has no Statement")
	}
	return p.err == nil
}

// scalar reads a string.
func (p *parser) scalar(path string) token {
	t := p.next()
	if p.err == nil && t.kind != '"' {
		p.violate(t.Start, 1, path, "want a string, not %s", kindName(t.kind))
		p.rest(t)
		t.text = ""
	}
	return t
}

func (p *parser) version() {
	t := p.scalar("Version")
	p.doc.Version = t.text
	if t.kind == '"' && t.text != "2012-10-17" && t.text != "2008-10-17" {
		p.violate(t.Start, 3, "Version", "%s is no version of the policy language: 2012-10-17 is the present one", strconv.Quote(t.text))
	}
}

func (p *parser) statements() {
	count := 0
	span := p.elements("Statement", func(t token, path string) {
		count++
		if t.kind != '{' {
			p.violate(t.Start, 1, path, "a statement is an object, not %s", kindName(t.kind))
			p.rest(t)
			return
		}
		p.statement(t, path)
	})
	if count == 0 && p.err == nil {
		p.violate(span.Start, 1, "Statement", "the list of statements is empty")
	}
	p.doc.statements = span
}

func (p *parser) statement(open token, path string) {
	s := Statement{Index: len(p.doc.Statements)}
	p.members(path, func(name token) { p.element(&s, name, join(path, name.text)) })
	s.Span = Span{open.Start, p.end}
	p.doc.Statements = append(p.doc.Statements, s)
}

// element reads one element of a statement.
func (p *parser) element(s *Statement, name token, path string) {
	switch name.text {
	case "Sid":
		t := p.scalar(path)
		s.Sid, s.SidSpan = t.text, t.Span
	case "Effect":
		p.effect(s, path)
	case "Principal", "NotPrincipal":
		p.twice(s.HasPrincipal && s.NotPrincipal != (name.text == "NotPrincipal"), name, path)
		s.HasPrincipal, s.NotPrincipal = true, name.text == "NotPrincipal"
		s.Principals, s.PrincipalSpan = p.principals(path)
	case "Action", "NotAction":
		p.twice(s.HasAction && s.NotAction != (name.text == "NotAction"), name, path)
		s.HasAction, s.NotAction = true, name.text == "NotAction"
		s.Actions, s.ActionSpan = p.strings(path)
	case "Resource", "NotResource":
		p.twice(s.HasResource && s.NotResource != (name.text == "NotResource"), name, path)
		s.HasResource, s.NotResource = true, name.text == "NotResource"
		s.Resources, s.ResourceSpan = p.strings(path)
	case "Condition":
		s.Conditions, s.ConditionSpan = p.conditions(path)
	default:
		p.violate(name.Start, 1, path, "a statement has no element %s", strconv.Quote(name.text))
		p.rest(p.next())
	}
}

// twice notes an element and its complement in one statement.
func (p *parser) twice(both bool, name token, path string) {
	if both {
		p.violate(name.Start, 1, path, "a statement has %s or its complement, not both", name.text)
	}
}

func (p *parser) effect(s *Statement, path string) {
	switch t := p.scalar(path); t.text {
	case "Allow":
		s.Effect = Allow
	case "Deny":
		s.Effect = Deny
	default:
		if t.kind == '"' {
			p.violate(t.Start, 4, path, "%s is no effect: want Allow or Deny, spelled so", strconv.Quote(t.text))
		}
	}
}

// principals reads "*" or an object of types.
func (p *parser) principals(path string) (list []Principal, span Span) {
	t := p.next()
	span = t.Span
	switch {
	case p.err != nil:
		return nil, span
	case t.kind == '"' && t.text == "*":
		return []Principal{{Type: "*", Value: Value{Text: "*", Span: t.Span}}}, span
	case t.kind != '{':
		p.violate(t.Start, 1, path, "want \"*\" or an object of principal types, not %s", p.src[t.Start:t.End])
		span.End = p.rest(t)
		return nil, span
	}
	p.members(path, func(name token) {
		switch name.text {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			p.violate(name.Start, 1, join(path, name.text), "%s is no principal type", strconv.Quote(name.text))
		}
		values, _ := p.strings(join(path, name.text))
		for _, v := range values {
			list = append(list, Principal{Type: name.text, Value: v})
		}
	})
	span.End = p.end
	return list, span
}

func (p *parser) conditions(path string) (list []Condition, span Span) {
	t := p.next()
	span = t.Span
	if p.err == nil && t.kind != '{' {
		p.violate(t.Start, 1, path, "a Condition is an object of operators, not %s", kindName(t.kind))
		span.End = p.rest(t)
		return nil, span
	}
	p.members(path, func(operator token) {
		at := join(path, operator.text)
		open := p.next()
		if p.err != nil {
			return
		}
		if open.kind != '{' {
			p.violate(open.Start, 1, at, "an operator has an object of condition keys, not %s", kindName(open.kind))
			p.rest(open)
			return
		}
		before := len(list)
		p.members(at, func(key token) {
			c := Condition{Operator: operator.text, Key: key.text, Values: p.conditionValues(join(at, key.text))}
			c.Span = Span{key.Start, p.end}
			list = append(list, c)
		})
		if fault := operatorFault(operator.text); fault != "" && len(list) > before {
			p.violate(operator.Start, 1, at, "%s", fault)
		}
	})
	span.End = p.end
	return list, span
}

// conditionValues reads strings, numbers and booleans (rule 11).
func (p *parser) conditionValues(path string) (values []Value) {
	p.elements(path, func(t token, at string) {
		switch t.kind {
		case '"', '0', 't', 'f':
			values = append(values, Value{Text: t.text, Span: t.Span})
		default:
			p.violate(t.Start, 11, at, "a condition value is a string, a number or a boolean, not %s", kindName(t.kind))
			p.rest(t)
		}
	})
	return values
}
