package policy

// principals reads "*", or an object of principal types. A bare ARN or account ID is a fault; a service that takes it all
// the same can only mean the principal, which IAM never does in a trust policy.
func (p *parser) principals() (list []Principal, span Span) {
	t := p.next()
	before := p.faults()
	switch {
	case t.kind == '"' && t.text == "*":
		return []Principal{{Type: "*", Value: Value{Text: "*", Span: t.span()}}}, t.span()
	case t.kind == '"':
		p.violate(t.offset(), 7, "the value must be \"*\" or an object of principal types, not %s", p.quote(t))
		if p.doc.Kind == Resource {
			list = []Principal{{Type: "AWS", Value: Value{Text: t.text, Span: t.span()}}}
		}
		return list, t.span()
	case t.kind != '{':
		p.refuse(t, 7, "\"*\" or an object of principal types")
		return nil, p.since(t)
	}
	base := len(p.names)
	for name, ok := p.name(base); ok; name, ok = p.name(base) {
		p.push(name.text)
		switch name.text {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			p.violate(name.offset(), 7, "%s is not a type of principal; use AWS, Service, Federated or CanonicalUser", p.quote(name))
		}
		values, _ := p.strings(false, (*parser).checkPrincipal)
		for _, v := range values {
			list = append(list, Principal{Type: name.text, Value: v})
		}
		p.pop()
	}
	if p.err == nil && len(list) == 0 && p.faults() == before {
		p.violate(t.offset(), 7, "the element names no principal")
	}
	return list, p.since(t)
}

// conditionBlock reads an object of operators, each with an object of keys. What is no such object becomes a condition
// without an operator, which is never met: left out, it would make the statement match more than it says.
func (p *parser) conditionBlock() ([]Condition, Span) {
	open := p.next()
	if open.kind != '{' {
		p.refuse(open, 1, "an object of condition operators")
		span := p.since(open)
		return []Condition{{Span: span}}, span
	}
	mark := len(p.conditions)
	base := len(p.names)
	for name, ok := p.name(base); ok; name, ok = p.name(base) {
		p.push(name.text)
		if t := p.next(); t.kind == '{' {
			p.conditionKeys(name)
		} else {
			p.refuse(t, 1, "an object of condition keys")
			p.conditions = append(p.conditions, Condition{Span: p.since(name)})
		}
		p.pop()
	}
	if len(p.conditions) == mark {
		return nil, p.since(open)
	}
	return p.conditions[mark:len(p.conditions):len(p.conditions)], p.since(open)
}

// conditionKeys reads the keys of one operator. IAM looks at an operator's name only when there is a key under it.
func (p *parser) conditionKeys(operator token) {
	if p.operatorName != operator.text {
		p.operatorName = operator.text
		p.operator, p.understood = parseOperator(operator.text)
	}
	understood := p.understood
	isDate := understood == True && p.operator.family == familyDate
	base, keys := len(p.names), 0
	for key, ok := p.name(base); ok; key, ok = p.name(base) {
		p.push(key.text)
		if key.text == "" {
			p.violate(key.offset(), 1, "a condition key must have a name")
		}
		c := Condition{Operator: operator.text, Key: key.text, Values: p.conditionValues(isDate)}
		c.Span = p.since(key)
		p.conditions = append(p.conditions, c)
		p.pop()
		keys++
	}
	if keys > 0 && understood != True {
		p.violate(operator.offset(), 1, "%s", operatorFault(operator.text))
	}
}

// conditionValues reads strings, and numbers and booleans as they are spelled (rule 11).
func (p *parser) conditionValues(isDate bool) []Value {
	mark := len(p.values)
	p.each(func(t token, _ bool) {
		switch t.kind {
		case '"', '0', 't', 'f':
			if isDate && !isDateText(t.text) {
				p.violate(t.offset(), 1, "%s is not a date; use ISO 8601, such as 2026-01-31T12:00:00Z, or epoch seconds", p.quote(t))
			}
			p.values = append(p.values, Value{Text: t.text, Span: t.span()})
		default:
			p.refuse(t, 11, "a string, a number or a boolean")
		}
	})
	return p.valuesSince(mark)
}
