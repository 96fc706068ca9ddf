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
	if list, ok := c.assignments[class.alike]; ok && !class.open {
		return list
	}
	var relevant []*comparedStatement
	for _, cst := range c.variable {
		if class.open || class.matched.has(cst.number) {
			relevant = append(relevant, cst)
		}
	}
	c.budget.Spend(len(c.variable))
	list := []map[string]ContextValue{nil}
	if len(relevant) > 0 {
		list = c.combinations(c.variablesOf(relevant))
	}
	if !class.open {
		c.assignments[class.alike] = list
	}
	return list
}

// variablesOf are the keys that stand in ${...} in some statements.
func (c *comparer) variablesOf(statements []*comparedStatement) []string {
	m := mentions{keys: map[string]string{}}
	for _, cst := range statements {
		if !cst.spend(c.budget, cst.size*(1+len(m.variables)/8)) {
			break
		}
		for i := range cst.compiled.conditions {
			for j := range cst.compiled.conditions[i].operands {
				m.addVariables(cst.compiled.conditions[i].operands[j].variable)
			}
		}
		for i := range cst.compiled.resources {
			m.addVariables(cst.compiled.resources[i].variable)
		}
	}
	return m.variables
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

// combinations gives the variables' values that are worth trying, in all combinations.
func (c *comparer) combinations(variables []string) []map[string]ContextValue {
	list := []map[string]ContextValue{{}}
	for _, key := range variables {
		var next []map[string]ContextValue
		for _, v := range c.valuesOf(key) {
			for _, before := range list {
				if len(next) == maxAssignments {
					break
				}
				if !c.budget.Spend(20 + 8*len(before)) {
					return list
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

// valuesOf gives a variable's values that are worth trying: something that stands nowhere else, what conditions compare the
// key with, what other resources have in the variable's place, and none.
func (c *comparer) valuesOf(key string) []ContextValue {
	if values, ok := c.values[key]; ok {
		return values
	}
	texts := []string{"rolewatch-example"}
	for _, constant := range c.mentions.constants[key] {
		if !c.budget.Spend(10 + len(constant)/4 + len(texts)/4) {
			break
		}
		texts = appendNew(texts, sampleText(markWildcards(constant)))
	}
	for _, cst := range c.variable {
		for i := range cst.compiled.resources {
			if t := cst.compiled.resources[i].variable; t != nil && len(texts) < maxAssignments {
				texts = c.appendInPlace(texts, t, key)
			}
		}
	}
	values := make([]ContextValue, 0, len(texts)+1)
	for _, text := range texts {
		values = append(values, present(text))
	}
	values = append(values, ContextValue{Presence: KeyAbsent})
	c.values[key] = values
	return values
}

func (c *comparer) appendInPlace(texts []string, t *template, key string) []string {
	for _, other := range c.statements {
		if !other.spend(c.budget, 1+len(other.compiled.resources)*(1+len(texts)/8)) {
			break
		}
		for j := range other.compiled.resources {
			if text, ok := t.inPlaceOf(key, &other.compiled.resources[j]); ok {
				texts = appendNew(texts, text)
			}
		}
	}
	return texts
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

// assignedBy adds, to the values that are worth trying, those by which variables equal what follows from the caller and the
// owner, where conditions compare the two.
func (c *comparer) assignedBy(a *asker, class *actionClass, s *situation, assigned []map[string]ContextValue) []map[string]ContextValue {
	if assigned[0] == nil {
		return assigned
	}
	given := s.given(a, class, nil)
	all := map[string]ContextValue{}
	var each []map[string]ContextValue
	for _, cst := range c.variable {
		if !class.open && !class.matched.has(cst.number) {
			continue
		}
		for i := range cst.compiled.conditions {
			cond := &cst.compiled.conditions[i]
			cst.spend(c.budget, 3)
			value, ok := given[cond.key].single()
			for j := 0; ok && j < len(cond.operands) && cst.spend(c.budget, 3+cond.operands[j].variable.size()/4); j++ {
				if key, text, ok := cond.operands[j].variable.valueFor(value); ok {
					all[key] = present(text)
					each = append(each, map[string]ContextValue{key: present(text)})
				}
			}
		}
	}
	if len(all) == 0 {
		return assigned
	}
	out := slices.Clip(assigned)
	for _, extra := range append(each, all) {
		for _, base := range assigned[:min(len(assigned), 4)] {
			if !c.budget.Spend(20 + 8*len(base) + 8*len(extra)) {
				return out
			}
			one := maps.Clone(base)
			maps.Copy(one, extra)
			out = append(out, one)
		}
	}
	return out
}

// valueFor is the value of the template's only variable by which the template matches a text, its wildcards standing for
// nothing.
func (t *template) valueFor(text string) (key, value string, ok bool) {
	if t == nil {
		return "", "", false
	}
	before, after := "", ""
	for i := range t.pieces {
		p := &t.pieces[i]
		plain := strings.Map(func(r rune) rune {
			if r == '\uFFFD' {
				return -1
			}
			return r
		}, strings.ToValidUTF8(p.text, ""))
		switch {
		case p.key != "" && key != "":
			return "", "", false
		case p.key != "":
			key = p.key
		case key == "":
			before += plain
		default:
			after += plain
		}
	}
	rest, hasBefore := strings.CutPrefix(text, before)
	value, hasAfter := strings.CutSuffix(rest, after)
	return key, value, key != "" && value != "" && hasBefore && hasAfter
}
