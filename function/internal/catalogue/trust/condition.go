package trust

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// unmet is a statement that would allow Lambda to assume the role if its conditions were met.
type unmet struct {
	statement int
	// never are the conditions that Lambda's request never meets, source those that the request for another function would meet, and
	// date those that hold at other times.
	never        []policy.ConditionMatch
	source, date []policy.Condition
}

func (j judgement) unmetBy(m policy.StatementMatch) unmet {
	u := unmet{statement: m.Statement.Index}
	for _, c := range m.Conditions {
		switch {
		case c.Truth != policy.False:
		case isSource(c.Condition.Key) && j.f.ARN != "":
			u.source = append(u.source, *c.Condition)
		case isDate(c.Condition.Key):
			u.date = append(u.date, *c.Condition)
		default:
			u.never = append(u.never, c)
		}
	}
	return u
}

// distance says how far a statement is from allowing Lambda for this function: a date passes, a source may be intended for
// another function, and a condition that is never met is intended for another principal.
func (u unmet) distance() int {
	switch {
	case len(u.never) > 0:
		return 2
	case len(u.source) > 0:
		return 1
	}
	return 0
}

// unmetCause is the cause for it. A key that Lambda never sends comes before a value that does not match: fixing the value
// would not help.
func (j judgement) unmetCause(u unmet) cause {
	switch {
	case len(u.never) > 0:
		return j.unmeetable(u.statement, u.never)
	case len(u.source) > 0:
		return j.mismatch(u)
	case len(u.date) > 0:
		return j.expired(u.statement, u.date)
	}
	return j.lacksLambda()
}

func isSource(key string) bool {
	return strings.EqualFold(key, "aws:SourceArn") || strings.EqualFold(key, "aws:SourceAccount")
}

func isDate(key string) bool {
	return strings.EqualFold(key, "aws:CurrentTime") || strings.EqualFold(key, "aws:EpochTime")
}

// keysOf names the keys of conditions, once each, in a sentence.
func keysOf(conditions []policy.Condition) string { return words.List(keyNames(conditions)) }

// keyNames are the keys of conditions, once each.
func keyNames(conditions []policy.Condition) (keys []string) {
	for _, c := range conditions {
		if key := cmp.Or(c.Key, "no key"); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// without allows Lambda without some conditions of a statement. Where the statement allows others too, they keep the
// conditions, and Lambda gets a separate statement.
func (j judgement) without(i int, failing []policy.Condition, summary string) check.Fix {
	s := &j.doc().Statements[i]
	b := conditionsOf(j.doc(), s, func(c policy.Condition) bool { return !slices.ContainsFunc(failing, sameAs(c)) })
	if forLambdaAlone(s) {
		text, err := policy.Apply(j.doc(), b.edit(j.doc(), s))
		return j.fix(summary+"."+keepRest, text, err)
	}
	own := lambdaStatement
	if len(b.operators) > 0 {
		own = strings.TrimSuffix(own, "}") + `, "Condition": ` + b.text() + "}"
	}
	text, err := policy.AppendStatement(j.doc(), own)
	return j.fix("Allow Lambda in a separate statement without the condition on "+keysOf(failing)+". The condition stays in place for the other principals.", text, err)
}

func sameAs(c policy.Condition) func(policy.Condition) bool {
	return func(o policy.Condition) bool { return o.Span == c.Span && o.Operator == c.Operator }
}

func (j judgement) unmeetable(i int, never []policy.ConditionMatch) cause {
	var failing, absent, other, tags []policy.Condition
	for _, c := range never {
		failing = append(failing, *c.Condition)
		if ask.IsResourceTag(strings.ToLower(c.Condition.Key)) {
			tags = append(tags, *c.Condition)
		} else if c.Presence == policy.KeyAbsent {
			absent = append(absent, *c.Condition)
		} else {
			other = append(other, *c.Condition)
		}
	}
	keys := keysOf(failing)
	title := j.cannot("has a condition on " + keys + " that Lambda never meets")
	sentences := []string{"The statement that allows Lambda to assume the role has a condition on " + keys + ". No other statement allows Lambda to assume the role."}
	if len(absent) > 0 {
		sentences = append(sentences, "When Lambda assumes an execution role, it never sends "+keysOf(absent)+".")
	}
	if len(other) > 0 {
		sentences = append(sentences, "When Lambda assumes an execution role, it never meets this condition: "+said(other)+".")
	}
	if len(tags) > 0 {
		sentences = append(sentences, "The tags of the role do not meet this condition: "+said(tags)+".")
	}
	switch names := keyNames(failing); {
	case len(tags) == len(failing):
		title = j.cannot("has a condition on " + keys + " that the tags of the role do not meet")
	case len(other)+len(tags) == 0:
		title = j.cannot("requires the condition " + words.Either(len(names), "key ", "keys ") + words.List(names) + ", which Lambda never sends")
	}
	why := "Lambda never meets the statement's condition on " + keys + "."
	if len(tags) == len(failing) {
		why = "The tags of the role do not meet the statement's condition on " + keys + "."
	}
	return cause{check: trustConditionUnmeetable, diagnostic: check.Diagnostic{
		Title:    title,
		Detail:   strings.Join(sentences, " "),
		Evidence: []check.Evidence{j.evidence(i, why)},
		Fix:      j.without(i, failing, "Remove the condition on "+keys+" from the statement"),
	}}
}

// said spells conditions as people read them.
func said(conditions []policy.Condition) string {
	var out []string
	for _, c := range conditions {
		var values []string
		for _, v := range c.Values {
			values = append(values, v.Text+readable(c.Key, v.Text))
		}
		out = append(out, c.Operator+" "+c.Key+" "+strings.Join(values, " or "))
	}
	return strings.Join(out, ", ")
}

// readable is the date that a number of seconds means.
func readable(key, value string) string {
	seconds, err := strconv.ParseInt(value, 10, 64)
	if err != nil || !isDate(key) {
		return ""
	}
	return " (" + time.Unix(seconds, 0).UTC().Format(time.RFC3339) + ")"
}
