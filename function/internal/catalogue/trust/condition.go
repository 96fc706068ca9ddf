package trust

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// horizon is how far ahead a date condition that will end is told.
const horizon = 14 * 24 * time.Hour

// unmet tells of a statement that would let Lambda in, were its conditions met. A key that the call never carries comes
// before a value that does not match: mending the value would not help.
func (j judgement) unmet(m policy.StatementMatch) cause {
	var failing []policy.Condition
	var never []policy.ConditionMatch
	var source, date bool
	for _, c := range m.Conditions {
		if c.Truth != policy.False {
			continue
		}
		failing = append(failing, *c.Condition)
		switch {
		case isSource(c.Condition.Key) && j.f.ARN != "":
			source = true
		case isDate(c.Condition.Key):
			date = true
		default:
			never = append(never, c)
		}
	}
	i := m.Statement.Index
	switch {
	case len(never) > 0:
		return j.unmeetable(i, never)
	case source:
		return j.mismatch(i, failing)
	case date:
		return j.expired(i, failing)
	}
	return j.lacksLambda()
}

func isSource(key string) bool {
	return strings.EqualFold(key, "aws:SourceArn") || strings.EqualFold(key, "aws:SourceAccount")
}

func isDate(key string) bool {
	return strings.EqualFold(key, "aws:CurrentTime") || strings.EqualFold(key, "aws:EpochTime")
}

// dated tells whether a statement has a date condition.
func dated(s policy.Statement) bool {
	return slices.ContainsFunc(s.Conditions, func(c policy.Condition) bool { return isDate(c.Key) })
}

// keysOf names the keys of conditions, once each.
func keysOf(conditions []policy.Condition) string {
	var keys []string
	for _, c := range conditions {
		if !slices.Contains(keys, c.Key) {
			keys = append(keys, c.Key)
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
	return cause{check: "RW106", diagnostic: check.Diagnostic{
		Title:    "The trust policy of " + j.name() + " has a condition on " + keys + " that Lambda's call never meets",
		Detail:   strings.Join(sentences, " "),
		Evidence: []check.Evidence{j.evidence(i, "Its condition on "+keys+" is never met by Lambda.")},
		Fix:      j.without(i, failing, "Take the condition on "+keys+" away"),
	}}
}

func (j judgement) expired(i int, failing []policy.Condition) cause {
	return cause{check: "RW108", diagnostic: check.Diagnostic{
		Title:    "The date condition in the trust policy of " + j.name() + " is not met now",
		Detail:   "The statement that lets Lambda in holds for certain dates only: " + said(failing) + ". It is " + j.s.Now.UTC().Format(time.RFC3339) + ".",
		Evidence: []check.Evidence{j.evidence(i, "Its date condition is over, or has not begun.")},
		Fix:      j.without(i, failing, "Take the date condition away, or move the date"),
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

// soon tells of a trust policy that works now and will not within the horizon, because of a date.
func (j judgement) soon() []cause {
	if !slices.ContainsFunc(j.doc().Statements, dated) {
		return nil
	}
	later := j
	subject := *j.s
	subject.Now = j.s.Now.Add(horizon)
	later.s = &subject
	if policy.LambdaCanAssume(j.trust.AsPart(), nil, j.s.Role.ARN(), j.f.ARN, subject.Now).Decision == policy.Allowed {
		return nil
	}
	for i := range j.doc().Statements {
		m := j.doc().Match(i, j.request())
		if m.Statement.Effect != policy.Allow || m.Applies != policy.True {
			continue
		}
		var ending []policy.Condition
		for k, c := range later.doc().Match(i, later.request()).Conditions {
			if c.Truth == policy.False && m.Conditions[k].Truth == policy.True {
				ending = append(ending, *c.Condition)
			}
		}
		if len(ending) == 0 {
			continue
		}
		return []cause{{check: "RW108", diagnostic: check.Diagnostic{
			Severity: check.Medium,
			Title:    "The date condition in the trust policy of " + j.name() + " ends within 14 days",
			Detail:   "Lambda can assume the role now. The statement that lets it in holds for certain dates only: " + said(ending) + ".",
			Evidence: []check.Evidence{j.evidence(i, "Its date condition ends within 14 days.")},
			Fix:      j.without(i, ending, "Take the date condition away, or move the date"),
		}}}
	}
	return nil
}
