package trust

import (
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/policy"
)

// conditionBuilder writes a Condition element anew, the members of one operator together.
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

// add adds a member, `"key":value`, to an operator.
func (b *conditionBuilder) add(operator, member string) {
	if _, ok := b.members[operator]; !ok {
		b.operators = append(b.operators, operator)
	}
	b.members[operator] = append(b.members[operator], member)
}

// edit puts the conditions in the place of the statement's own. Where none is left, the element goes too: an object
// without operators says nothing.
func (b *conditionBuilder) edit(doc *policy.Document, s *policy.Statement) policy.Edit {
	if len(b.operators) == 0 {
		return policy.Edit{Span: member(doc, s.ConditionSpan)}
	}
	var out []string
	for _, o := range b.operators {
		out = append(out, quoted(o)+":{"+strings.Join(b.members[o], ",")+"}")
	}
	return policy.Edit{Span: s.ConditionSpan, Text: "{" + strings.Join(out, ",") + "}"}
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

func jsonString(text string) (string, error) {
	out, err := json.Marshal(text)
	return string(out), err
}
