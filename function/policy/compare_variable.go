package policy

import (
	"maps"
	"slices"
	"strings"
)

// maxAssignments bounds how many combinations of values of variables are tried.
const maxAssignments = 24

// assigned gives values that are worth trying for the variables that bear on a class of actions.
func (c *comparer) assigned(class *actionClass) []map[string]ContextValue {
	var relevant []*comparedStatement
	for _, cst := range c.variable {
		if class.open || class.matched.has(cst.number) {
			relevant = append(relevant, cst)
		}
	}
	if len(relevant) == 0 {
		return []map[string]ContextValue{nil}
	}
	m := mentionsOf(relevant)
	return m.assignments(c.mentions.constants, c.statements)
}

func (cst *comparedStatement) hasVariable() bool {
	for i := range cst.compiled.resources {
		if cst.compiled.resources[i].variable != nil {
			return true
		}
	}
	for i := range cst.compiled.conditions {
		if slices.ContainsFunc(cst.compiled.conditions[i].operands, func(o operand) bool { return o.variable != nil }) {
			return true
		}
	}
	return false
}

// assignments gives the variables' values that are worth trying, in all combinations: something that stands nowhere
// else, what conditions compare the key with, what other resources have in the variable's place, and none.
func (m *mentions) assignments(constants map[string][]string, statements []*comparedStatement) []map[string]ContextValue {
	list := []map[string]ContextValue{{}}
	for _, key := range m.variables {
		var next []map[string]ContextValue
		for _, v := range valuesOf(key, constants[key], statements) {
			for _, before := range list {
				if len(next) == maxAssignments {
					break
				}
				one := maps.Clone(before)
				one[key] = v
				next = append(next, one)
			}
		}
		list = next
	}
	return list
}

func valuesOf(key string, constants []string, statements []*comparedStatement) []ContextValue {
	texts := []string{"rolewatch-example"}
	for _, constant := range constants {
		texts = appendNew(texts, sampleText(markWildcards(constant)))
	}
	for _, cst := range statements {
		for i := range cst.compiled.resources {
			t := cst.compiled.resources[i].variable
			if t == nil {
				continue
			}
			for _, other := range statements {
				for j := range other.compiled.resources {
					if text, ok := t.inPlaceOf(key, &other.compiled.resources[j]); ok && len(texts) < maxAssignments {
						texts = appendNew(texts, text)
					}
				}
			}
		}
	}
	list := make([]ContextValue, 0, len(texts)+1)
	for _, text := range texts {
		list = append(list, present(text))
	}
	return append(list, ContextValue{Presence: KeyAbsent})
}

// inPlaceOf is what another pattern has where the template's first variable stands.
func (t *template) inPlaceOf(key string, other *resourcePattern) (string, bool) {
	if other.variable != nil || len(t.pieces) < 2 || t.pieces[1].key != key {
		return "", false
	}
	rest, ok := strings.CutPrefix(other.tail, t.pieces[0].text)
	if !ok {
		return "", false
	}
	after := ""
	if len(t.pieces) > 2 {
		after = t.pieces[2].text
	}
	if after != "" {
		if i := strings.Index(rest, after[:1]); i >= 0 {
			rest = rest[:i]
		}
	}
	return sampleText(rest), rest != ""
}
