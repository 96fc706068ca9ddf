package trust

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// unmet is a statement that would let Lambda in, were its conditions met.
type unmet struct {
	statement int
	// never are the conditions that Lambda's call never meets, source those that another function's would meet, and
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

// distance says how far a statement is from letting Lambda in for this function: a date passes, a source may be meant for
// another function, and what is never met is meant for somebody else.
func (u unmet) distance() int {
	switch {
	case len(u.never) > 0:
		return 2
	case len(u.source) > 0:
		return 1
	}
	return 0
}

// unmetCause tells of it. A key that the call never carries comes before a value that does not match: mending the value
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

// keysOf names the keys of conditions, once each.
func keysOf(conditions []policy.Condition) string {
	var keys []string
	for _, c := range conditions {
		if key := cmp.Or(c.Key, "no key"); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, ", ")
}

// without lets Lambda in without some conditions of a statement. Where the statement lets others in too, they keep the
// conditions, and Lambda gets a statement of its own.
func (j judgement) without(i int, failing []policy.Condition, summary string) check.Fix {
	s := &j.doc().Statements[i]
	b := conditionsOf(j.doc(), s, func(c policy.Condition) bool { return !slices.ContainsFunc(failing, sameAs(c)) })
	if forLambdaAlone(s) {
		text, err := policy.Apply(j.doc(), b.edit(j.doc(), s))
		return j.fix(summary+"; everything else stays as it is.", text, err)
	}
	own := lambdaStatement
	if len(b.operators) > 0 {
		own = strings.TrimSuffix(own, "}") + `, "Condition": ` + b.text() + "}"
	}
	text, err := policy.AppendStatement(j.doc(), own)
	return j.fix("Let Lambda in by a statement of its own, without the condition on "+keysOf(failing)+"; the others keep it.", text, err)
}

func sameAs(c policy.Condition) func(policy.Condition) bool {
	return func(o policy.Condition) bool { return o.Span == c.Span && o.Operator == c.Operator }
}

func (j judgement) unmeetable(i int, never []policy.ConditionMatch) cause {
	var failing, absent, other []policy.Condition
	for _, c := range never {
		failing = append(failing, *c.Condition)
		if c.Presence == policy.KeyAbsent {
			absent = append(absent, *c.Condition)
		} else {
			other = append(other, *c.Condition)
		}
	}
	keys := keysOf(failing)
	sentences := []string{"The statement that would let Lambda in has a condition on " + keys + ", and no other statement lets it in."}
	if len(absent) > 0 {
		sentences = append(sentences, "When Lambda assumes an execution role, its call never carries "+keysOf(absent)+".")
	}
	if len(other) > 0 {
		sentences = append(sentences, "When Lambda assumes an execution role, its call never has what the condition asks of "+keysOf(other)+": "+said(other)+".")
	}
	return cause{check: trustConditionUnmeetable, diagnostic: check.Diagnostic{
		Title:    "The trust policy of " + j.name() + " has a condition on " + keys + " that Lambda's call never meets",
		Detail:   strings.Join(sentences, " "),
		Evidence: []check.Evidence{j.evidence(i, "Its condition on "+keys+" is never met by Lambda.")},
		Fix:      j.without(i, failing, "Take the condition on "+keys+" away"),
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
