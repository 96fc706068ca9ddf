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

// text is the element's value; an object without operators is a condition that is always met.
func (b *conditionBuilder) text() string {
	var out []string
	for _, o := range b.operators {
		out = append(out, quoted(o)+":{"+strings.Join(b.members[o], ",")+"}")
	}
	return "{" + strings.Join(out, ",") + "}"
}

func jsonString(text string) (string, error) {
	out, err := json.Marshal(text)
	return string(out), err
}
