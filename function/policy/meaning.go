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
	for rest, byAction := range m {
		for action, resources := range byAction {
			if left := byAction.uncovered(action, resources); len(left) > 0 {
				lines = append(lines, rest+delimited(action)+sortedOnce(left))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// meaning has the actions of statements that are otherwise the same, by a text for the rest.
type meaning map[string]resourcesOf

// resourcesOf has the resources by action. A list of NotAction or of NotResource, which could not be split, is one of each.
type resourcesOf map[string][]string

func (m meaning) add(s *Statement) {
	head, resources := strconv.Itoa(int(s.Effect))+conditionsMeaning(s.Conditions), texts(s.Resources)
	if s.NotResource || len(resources) == 0 {
		resources = []string{nameOf("Resource", s.NotResource) + sortedOnce(resources)}
	}
	for _, principal := range principalsMeaning(s) {
		rest := head + delimited(principal)
		if m[rest] == nil {
			m[rest] = resourcesOf{}
		}
		for _, action := range actionsMeaning(s) {
			m[rest][action] = append(m[rest][action], resources...)
		}
	}
}

// uncovered are the resources of an action that it has from no other action with a wildcard.
func (r resourcesOf) uncovered(action string, resources []string) []string {
	var covering []string
	for other := range r {
		if other != action && coversAction(other, action) {
			covering = append(covering, other)
		}
	}
	if len(covering) == 0 {
		return resources
	}
	return slices.DeleteFunc(slices.Clone(resources), func(one string) bool {
		return slices.ContainsFunc(covering, func(other string) bool { return slices.Contains(r[other], one) })
	})
}

// coversAction reports whether a value of Action covers all that another one does. Of a value with a question mark that is not known, and a
// list of NotAction covers nothing.
func coversAction(wide, narrow string) bool {
	at := strings.IndexByte(wide, '*')
	return at >= 0 && !strings.HasPrefix(wide, notAction) && !strings.HasPrefix(narrow, notAction) && strings.HasPrefix(narrow, wide[:at]) && !strings.Contains(wide, "?") && matchGlob(markWildcards(wide), narrow)
}

// notAction begins the text of a list of NotAction. Values of Action are in lower case.
var notAction = nameOf("Action", true)

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
