package interpreter

import (
	"slices"
	"strings"
)

// meets reports whether every condition holds.
func (q *question) meets(d document, conditions []condition) bool {
	return !slices.ContainsFunc(conditions, func(c condition) bool { return !q.holds(d, c) })
}

// quantifier is the set operator of a condition.
type quantifier int

const (
	single quantifier = iota
	allValues
	anyValue
)

// holds evaluates one operator with one key.
func (q *question) holds(d document, c condition) bool {
	name, set, ifExists := parseOperator(c.operator)
	values, present := q.keys[c.key]
	if len(values) == 0 {
		present = false
	}
	if name == "null" {
		return set == single && !ifExists && holdsNull(c.values, present)
	}
	compare, negated := comparison(name)
	if compare == nil {
		if !strings.ContainsAny(name, " :") {
			q.cannotTell("the operator %s", c.operator)
		}
		return false
	}
	if !present {
		return ifExists || set == allValues || set == single && negated
	}
	satisfied := func(value string) bool { return q.satisfies(d, c.values, value, compare, negated) }
	empty := !slices.ContainsFunc(values, func(v string) bool { return v != "" })
	switch set {
	case allValues:
		return empty || !slices.ContainsFunc(values, func(v string) bool { return !satisfied(v) })
	case anyValue:
		return !empty && slices.ContainsFunc(values, satisfied)
	}
	some := slices.ContainsFunc(values, satisfied)
	if some && slices.ContainsFunc(values, func(v string) bool { return !satisfied(v) }) {
		q.cannotTell("%s with several values of %s", c.operator, c.key)
	}
	return some
}

// parseOperator takes an operator apart. Its case does not count.
func parseOperator(operator string) (name string, set quantifier, ifExists bool) {
	name = strings.ToLower(operator)
	if rest, ok := strings.CutPrefix(name, "forallvalues:"); ok {
		name, set = rest, allValues
	} else if rest, ok := strings.CutPrefix(name, "foranyvalue:"); ok {
		name, set = rest, anyValue
	}
	name, ifExists = strings.CutSuffix(name, "ifexists")
	return name, set, ifExists
}

// holdsNull: "true" wants the key missing, "false" wants it present.
func holdsNull(values []string, present bool) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return strings.EqualFold(v, "true") && !present || strings.EqualFold(v, "false") && present
	})
}

// satisfies holds one value of the request against the values of the policy. A positive operator wants one of them to match, a
// negated one wants none to. What is not of the operator's type never satisfies.
func (q *question) satisfies(d document, wanted []string, value string, compare *comparer, negated bool) bool {
	matched := false
	for _, text := range wanted {
		var result outcome
		if pattern, ok := q.operand(d, compare, text); ok {
			result = compare.compare(pattern, value)
		} else {
			result = differs // A variable without a value: nothing equals it.
		}
		switch {
		case result == matchesValue:
			matched = true
		case result == undefinedValue:
			q.cannotTell("the value %q", text)
		case result == wrongType && negated:
			return false
		}
	}
	return matched != negated
}

// operand replaces variables where the operator takes them.
func (q *question) operand(d document, compare *comparer, text string) ([]token, bool) {
	if !compare.variables {
		return glob(text), true
	}
	return q.fill(d, text)
}
