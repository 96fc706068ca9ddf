package trust

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// conditionBuilder writes a new Condition element, with the members of one operator together.
type conditionBuilder struct {
	operators []string
	members   map[string][]string
}

// conditionsOf takes over those conditions of a statement that are to be kept, with the text of their keys and values as
// it is.
func conditionsOf(doc *policy.Document, s *policy.Statement, keep func(policy.Condition) bool) *conditionBuilder {
	b := &conditionBuilder{members: map[string][]string{}}
	for _, c := range s.Conditions {
		if keep(c) {
			b.add(c.Operator, doc.Text(c.Span))
		}
	}
	return b
}

// add adds a member, `"key":value`, to an operator, under the name by which it is there already.
func (b *conditionBuilder) add(operator, member string) {
	if i := slices.IndexFunc(b.operators, func(o string) bool { return strings.EqualFold(o, operator) }); i >= 0 {
		operator = b.operators[i]
	} else {
		b.operators = append(b.operators, operator)
	}
	b.members[operator] = append(b.members[operator], member)
}

// edit replaces the statement's conditions. Where none is left, it removes the element: an object without operators has no effect.
func (b *conditionBuilder) edit(doc *policy.Document, s *policy.Statement) policy.Edit {
	if len(b.operators) == 0 {
		return policy.Edit{Span: member(doc, s.ConditionSpan)}
	}
	return policy.Edit{Span: s.ConditionSpan, Text: b.text()}
}

// text is the element's value.
func (b *conditionBuilder) text() string {
	var out []string
	for _, o := range b.operators {
		out = append(out, quoted(o)+": {"+strings.Join(b.members[o], ", ")+"}")
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// exception is a condition that exempts a caller from a Deny.
type exception struct{ operator, key, value string }

// exemptServices exempts calls that AWS services make for themselves.
var exemptServices = exception{"BoolIfExists", "aws:PrincipalIsAWSService", "false"}

// exempt exempts only one service: for any other caller the key is absent or has another value.
func exempt(service string) exception {
	return exception{"StringNotEqualsIfExists", "aws:PrincipalServiceName", service}
}

// exemptIn adds an exception to statements of one document.
func exemptIn(doc *policy.Document, statements []policy.StatementRef, e exception) ([]byte, error) {
	var edits []policy.Edit
	for _, ref := range statements {
		edit, err := e.edit(doc, ref.Statement)
		if err != nil {
			return nil, err
		}
		edits = append(edits, edit)
	}
	return policy.Apply(doc, edits...)
}

// edit adds the exception to one statement. A caller that the statement exempts by the same key already stays exempt.
func (e exception) edit(doc *policy.Document, s *policy.Statement) (policy.Edit, error) {
	value := quoted(e.value)
	same := func(c policy.Condition) bool {
		return strings.EqualFold(c.Operator, e.operator) && strings.EqualFold(c.Key, e.key)
	}
	if i := slices.IndexFunc(s.Conditions, same); i >= 0 {
		if !strings.HasPrefix(e.operator, "StringNot") {
			return policy.Edit{}, fmt.Errorf("exempt %s: statement %d already has a condition on it", e.key, s.Index)
		}
		var values []string
		for _, v := range s.Conditions[i].Values {
			values = append(values, v.Text)
		}
		value = listed(union(values, []string{e.value}))
	}
	b := conditionsOf(doc, s, func(c policy.Condition) bool { return !same(c) })
	b.add(e.operator, quoted(e.key)+": "+value)
	if s.ConditionSpan == (policy.Span{}) {
		at := s.Span.End - 1
		return policy.Edit{Span: policy.Span{Start: at, End: at}, Text: `, "Condition": ` + b.text()}, nil
	}
	return b.edit(doc, s), nil
}

// member is the span of an object's member whose value is known, with the comma that parts it from the one before, or
// from the next if it is the first.
func member(doc *policy.Document, value policy.Span) policy.Span {
	const space = " \t\r\n"
	src := string(doc.Source())
	name := strings.LastIndexByte(src[:value.Start], '"')
	start, end := strings.LastIndexByte(src[:name], '"'), value.End
	if before := strings.TrimRight(src[:start], space); strings.HasSuffix(before, ",") {
		return policy.Span{Start: len(before) - 1, End: end}
	}
	if after := strings.TrimLeft(src[end:], space); strings.HasPrefix(after, ",") {
		end = len(src) - len(strings.TrimLeft(after[1:], space))
	}
	return policy.Span{Start: start, End: end}
}

// exempted is the summary of a fix that exempts a service from the Deny statements of a verdict.
func exempted(v policy.Verdict, service string) string {
	return "Exempt " + service + " from the Deny " + words.Either(len(v.Statements), "statement", "statements") +
		" with a condition on aws:PrincipalServiceName. Nothing changes for other principals."
}
