package main

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/policy"
)

// mismatches says what about a statement does not match a request, or what of that is not known; nothing where all of it
// matches.
func mismatches(d *policy.Document, i int, r policy.Request) []string {
	m := d.Match(i, r)
	s := m.Statement
	if s.Effect == policy.NoEffect {
		return []string{"it has no Effect that is understood, and so never applies"}
	}
	var out []string
	for _, e := range []struct {
		name     string
		truth    policy.Truth
		has, not bool
		subject  string
	}{
		{"Principal", m.Principal, s.HasPrincipal, s.NotPrincipal, r.Principal},
		{"Action", m.Action, s.HasAction, s.NotAction, r.Action},
		{"Resource", m.Resource, s.HasResource, s.NotResource, r.Resource},
	} {
		switch {
		case e.truth == policy.True:
		case !e.has:
			out = append(out, "it has no "+e.name)
		case e.truth == policy.Undecided:
			out = append(out, fmt.Sprintf("%s may cover %s: not known", complement(e.name, e.not), e.subject))
		case e.name == "Principal" && e.not && s.Effect == policy.Allow:
			out = append(out, "NotPrincipal with Allow covers nobody")
		case e.not:
			out = append(out, fmt.Sprintf("Not%s excepts %s", e.name, e.subject))
		default:
			out = append(out, fmt.Sprintf("%s does not cover %s", e.name, e.subject))
		}
	}
	for _, c := range m.Conditions {
		if c.Truth != policy.True {
			out = append(out, unmet(c, r))
		}
	}
	for i, line := range out {
		out[i] = message.Line(line)
	}
	return out
}

func complement(name string, not bool) string {
	if not {
		return "Not" + name
	}
	return name
}

// unmet says what a condition that is not met asks for, and what the request has.
func unmet(c policy.ConditionMatch, r policy.Request) string {
	var wanted []string
	for _, v := range c.Condition.Values {
		wanted = append(wanted, v.Text)
	}
	text := fmt.Sprintf("%s %s %s", c.Condition.Operator, c.Condition.Key, values(wanted))
	if c.Truth == policy.Undecided {
		text += " may be met: "
	} else {
		text += " is not met: "
	}
	switch c.Presence {
	case policy.KeyAbsent:
		return text + "the request has no such key"
	case policy.KeyUnknown:
		return text + "the request's value is not known"
	}
	return text + "the request has " + values(r.Context.Keys[strings.ToLower(c.Condition.Key)].Values)
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
