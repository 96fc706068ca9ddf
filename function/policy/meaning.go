package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// Meaning is a text that two lists of statements share when they allow and deny the same requests as far as their form shows: besides what
// Canonical leaves out, their order, how they are split and merged by actions, principals and resources, their Sids, actions that another
// one covers on the same resources, operators that compare alike, and the case of what AWS compares without regard to case (rules 12
// and 28). Lists with different texts may still mean the same.
func Meaning(statements []Statement) string {
	m := meaning{}
	for i := range statements {
		m.add(&statements[i])
	}
	var lines []string
	for rest, actions := range m {
		for text, one := range actions {
			if left := one.uncovered(actions); len(left) > 0 {
				lines = append(lines, rest+delimited(text)+sortedOnce(left))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// meaning has, by a text for all else, the actions of statements by their texts. A list of NotAction, which could not be split, is one.
type meaning map[string]map[string]*actionMeaning

// actionMeaning is an action with its resources, of which a list of NotResource is one. A list of NotAction has no pattern.
type actionMeaning struct {
	pattern   actionPattern
	resources []string
}

func (m meaning) add(s *Statement) {
	head, resources := strconv.Itoa(int(s.Effect))+conditionsMeaning(s.Conditions), texts(s.Resources)
	if s.NotResource || len(resources) == 0 {
		resources = []string{nameOf("Resource", s.NotResource) + sortedOnce(resources)}
	}
	for _, principal := range principalsMeaning(s) {
		rest := head + delimited(principal)
		if m[rest] == nil {
			m[rest] = map[string]*actionMeaning{}
		}
		for _, text := range actionsMeaning(s) {
			one := m[rest][text]
			if one == nil {
				one = &actionMeaning{pattern: actionPattern{malformed: true}}
				if !s.NotAction {
					one.pattern = compileAction(text)
				}
				m[rest][text] = one
			}
			one.resources = append(one.resources, resources...)
		}
	}
}

// uncovered are the resources of an action that no other one of them has that covers the action.
func (a *actionMeaning) uncovered(actions map[string]*actionMeaning) []string {
	left := a.resources
	for _, other := range actions {
		if other != a && other.pattern.covers(&a.pattern) {
			left = slices.DeleteFunc(slices.Clone(left), func(one string) bool { return slices.Contains(other.resources, one) })
		}
	}
	return left
}

func actionsMeaning(s *Statement) []string {
	list := make([]string, len(s.Actions))
	for i, v := range s.Actions {
		list[i] = ascii.Lower(v.Text)
		for strings.Contains(list[i], "**") {
			list[i] = strings.ReplaceAll(list[i], "**", "*")
		}
	}
	if s.NotAction || len(list) == 0 {
		return []string{nameOf("Action", s.NotAction) + sortedOnce(list)}
	}
	return list
}

func principalsMeaning(s *Statement) []string {
	list := make([]string, len(s.Principals))
	for i, p := range s.Principals {
		kind, text := p.canonical()
		list[i] = delimited(kind) + text
	}
	if s.NotPrincipal || len(list) == 0 {
		return []string{nameOf("Principal", s.NotPrincipal) + sortedOnce(list)}
	}
	return list
}

func conditionsMeaning(list []Condition) string {
	out := make([]string, len(list))
	for i, c := range list {
		values := texts(c.Values)
		operator := operatorMeaning(ascii.Lower(c.Operator), values)
		if op, understood := parseOperator(c.Operator); understood == True && op.family == familyBool {
			for j := range values {
				values[j] = ascii.Lower(values[j])
			}
		}
		out[i] = delimited(operator) + delimited(strings.ToLower(c.Key)) + sortedOnce(values)
	}
	return sortedOnce(out)
}

// sameOperators have one name for operators of ARNs that compare alike (rule 30), and sameWithoutWildcards for those of texts that do so
// where no value has a wildcard or a variable.
var (
	sameOperators        = strings.NewReplacer("arnequals", "arnlike", "arnnotequals", "arnnotlike")
	sameWithoutWildcards = strings.NewReplacer("stringlike", "stringequals", "stringnotlike", "stringnotequals")
)

func operatorMeaning(operator string, values []string) string {
	if slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, "*?$") }) {
		return sameOperators.Replace(operator)
	}
	return sameWithoutWildcards.Replace(sameOperators.Replace(operator))
}

// sortedOnce writes texts in order, each once.
func sortedOnce(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	var b strings.Builder
	b.WriteByte('[')
	for _, text := range slices.Compact(list) {
		b.WriteString(delimited(text))
	}
	b.WriteByte(']')
	return b.String()
}

// delimited is a text that can stand next to others without running into them.
func delimited(text string) string { return strconv.Quote(text) }
