package main

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
)

// mismatches says for people what about a statement does not match a request, or of what that is not known; nothing where
// all of it matches.
func mismatches(d *policy.Document, i int, r policy.Request) []string {
	return mismatchLines(d.Mismatches(i, r))
}

func mismatchLines(list []policy.Mismatch) []string {
	var out []string
	for _, m := range list {
		out = append(out, message.Line(mismatchLine(m)))
	}
	return out
}

func mismatchLine(m policy.Mismatch) string {
	switch m.Kind {
	case policy.EffectMissing:
		return "it has no valid Effect, so it never applies"
	case policy.ElementMissing:
		return "it has no " + m.Element
	case policy.ElementUncertain:
		return fmt.Sprintf("it is unknown whether %s matches %s", m.Element, m.Requested)
	case policy.NotPrincipalAllow:
		return "NotPrincipal with Allow matches no principal"
	case policy.ElementExempt:
		return fmt.Sprintf("%s excludes %s", m.Element, m.Requested)
	case policy.ElementMismatch:
		return fmt.Sprintf("%s does not match %s", m.Element, m.Requested)
	}
	return unmet(m)
}

// unmet says what a condition that is not met asks for, and what the request has.
func unmet(m policy.Mismatch) string {
	var wanted []string
	for _, v := range m.Condition.Values {
		wanted = append(wanted, v.Text)
	}
	text := fmt.Sprintf("%s %s %s", m.Condition.Operator, m.Condition.Key, values(wanted))
	if m.Kind == policy.ConditionUncertain {
		text += " may be met: "
	} else {
		text += " is not met: "
	}
	switch m.Presence {
	case policy.KeyAbsent:
		return text + "the request does not contain the key"
	case policy.KeyUnknown:
		return text + "the value in the request is unknown"
	}
	return text + "the request has " + values(m.Values)
}

// mostValues is how many values are shown, and longestValue how much of one, in runes.
const mostValues, longestValue = 8, 200

// values shows a list of texts.
func values(list []string) string {
	if len(list) == 0 {
		return "no value"
	}
	var shown []string
	for _, v := range list[:min(len(list), mostValues)] {
		if r := []rune(v); len(r) > longestValue {
			v = string(r[:longestValue]) + "…"
		}
		shown = append(shown, fmt.Sprintf(`"%s"`, v))
	}
	text := strings.Join(shown, ", ")
	if more := len(list) - mostValues; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
