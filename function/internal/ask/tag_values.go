package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// setAnother sets the tag to another value than the first that the question admits: one that both the question and the request that sets it
// name, one that neither names, or one that either of them names.
func (t *tagSearch) setAnother(one *openTag, first Condition, so decidedTags) Answer {
	needed, settable := t.Compared(t.prober.Covering(t.q.Action), one.keys...), t.settableValues(one)
	named := distinct(slices.Concat(needed, settable))
	tried := []string{first.Value}
	try := func(value string) (got Answer, isLast bool) {
		if value == "" || slices.Contains(tried, value) {
			return Answer{}, false
		}
		if t.left--; t.left < 0 || !t.Spend(questionWeight) {
			t.doubtful(OverBudget(t.prober.Covering(t.q.Action)...))
			return Answer{}, true
		}
		tried = append(tried, value)
		got = t.setTo(one, Condition{Key: first.Key, Value: value}, so)
		return got, got.Allowed()
	}
	for _, value := range t.common(needed, settable) {
		if got, isLast := try(value); isLast {
			return got
		}
	}
	for _, pattern := range append([]string{anyText}, slices.DeleteFunc(slices.Clone(named), func(v string) bool { return !hasWildcard(v) })...) {
		for _, unlike := range [][]string{named, tried} {
			for _, value := range []string{t.needs(one, so, pattern, unlike), t.sets(one, so, pattern, unlike)} {
				if got, isLast := try(value); isLast {
					return got
				}
			}
		}
	}
	for _, value := range named {
		if hasWildcard(value) {
			continue
		}
		if got, isLast := try(value); isLast {
			return got
		}
	}
	t.notThrough(named)
	return Answer{}
}

// anyText is a pattern of values that are not empty.
const anyText = "?*"

func hasWildcard(text string) bool { return strings.ContainsAny(text, "*?") }

// notThrough notes that there may be a value that was not tried, where the values are patterns that may overlap in more ways.
func (t *tagSearch) notThrough(named []string) {
	patterns := slices.DeleteFunc(slices.Clone(named), func(v string) bool { return !hasWildcard(v) || strings.Trim(v, "*?") == "" })
	if len(patterns) > 2 {
		t.doubtful(role.Gap{
			What:      "whether one value of a tag is admitted both by the statements that set it and by those that compare it",
			SettledBy: "Compare the tag with fewer patterns.",
		})
	}
}

// Compared are the values that conditions of some statements compare keys, in lower case, with, in order and with what is known in the place
// of variables.
func (s *Session) Compared(statements []policy.StatementRef, keys ...string) []string {
	var out []string
	for _, ref := range statements {
		for _, c := range ref.Statement.Conditions {
			if !slices.Contains(keys, strings.ToLower(c.Key)) || strings.EqualFold(c.Operator, "Null") {
				continue
			}
			for _, v := range c.Values {
				out = append(out, s.withVariables(v.Text))
			}
		}
	}
	return distinct(out)
}

// settableValues are the values that statements about the requests that set a tag name.
func (t *tagSearch) settableValues(one *openTag) []string {
	var out []string
	for _, action := range taggers(one.holder, false) {
		out = append(out, t.Compared(t.Covering(action), requestTag+strings.ToLower(one.name))...)
	}
	return distinct(out)
}

// common are values that one text of each list names.
func (t *tagSearch) common(a, b []string) []string {
	var out []string
	for _, x := range a {
		for _, y := range b {
			if !policy.MayOverlap(x, y) {
				continue
			}
			if !t.Spend(instanceWeight) {
				return out
			}
			if value, ok := t.Common([]string{x, y}, ""); ok {
				out = append(out, value)
			}
		}
	}
	return out
}

// needs is a value like a pattern with which the question is allowed; empty where there is none.
func (t *tagSearch) needs(one *openTag, so decidedTags, pattern string, unlike []string) string {
	like, others := map[string]string{}, map[string][]string{}
	for _, key := range one.keys {
		like[key], others[key] = pattern, unlike
	}
	return valueIn(t.askWith(so.facts, like, others), one.keys[0])
}

// sets is a value like a pattern which the caller can give the tag; empty where there is none.
func (t *tagSearch) sets(one *openTag, so decidedTags, pattern string, unlike []string) string {
	key := requestTag + strings.ToLower(one.name)
	for _, r := range t.tagRequests(one, false) {
		found, _ := r.ask(Condition{}, pattern, unlike)
		if value := valueIn(found, key); value != "" {
			return value
		}
	}
	return ""
}

// valueIn is the value of a key in a request that is allowed.
func valueIn(found policy.Found, key string) string {
	if v := found.Request.Context.Keys[key]; found.Decision == policy.Allowed && len(v.Values) == 1 {
		return v.Values[0]
	}
	return ""
}
