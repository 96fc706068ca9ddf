package policy

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

// points gives values that are worth trying: those that the conditions name, their neighbours, and something else. It
// is complete where one of all values that the tests tell apart is among them.
func (p *keyProblem) points(tests []textTest, info *actions.ConditionKey) (list []string, complete bool) {
	if info.Type == actions.Bool {
		return []string{"true", "false"}, true
	}
	families := map[family]bool{}
	short := true
	for _, t := range tests {
		families[t.condition.family] = true
		for i := range t.condition.operands {
			if len(t.condition.operands[i].text) > solve.LongestNumber && t.condition.family == familyNumeric {
				short = false
				continue
			}
			list = append(list, t.condition.operands[i].neighbours(t.condition.family, p.context)...)
		}
	}
	switch {
	case len(families) != 1:
	case short && (families[familyNumeric] || families[familyDate]):
		list = append(list, between(tests)...)
		complete = true
	case families[familyIP] || families[familyBinary]:
		complete = true
	}
	return append(list, p.ordinary(families, info)...), complete
}

// ordinary are values as a key of its type has them.
func (p *keyProblem) ordinary(families map[family]bool, info *actions.ConditionKey) []string {
	switch {
	case info.Type == actions.Numeric:
		return []string{"1"}
	case info.Type == actions.Date:
		return []string{"2026-01-01T00:00:00Z"}
	case info.Type == actions.IPAddress:
		return []string{"203.0.113.7", "2001:db8::7"}
	case info.Type == actions.ARN:
		return []string{aws.RoleARN(p.partition, exampleAccount, "/", "example").String()}
	case isAccountKey(p.key):
		return []string{exampleAccount}
	}
	list := []string{"example"}
	if families[familyBool] {
		list = append(list, "true", "false")
	}
	if families[familyIP] {
		list = append(list, "203.0.113.7", "2001:db8::7")
	}
	if families[familyBinary] {
		list = append(list, base64.StdEncoding.EncodeToString([]byte("example")), base64.StdEncoding.EncodeToString([]byte("another")))
	}
	return list
}

// neighbours are an operand's own value and those next to it.
func (o *operand) neighbours(f family, ctx *Context) []string {
	if o.reading != True {
		return nil
	}
	switch f {
	case familyNumeric:
		return solve.AroundNumber(o.text)
	case familyDate:
		return solve.AroundInstant(o.instant)
	case familyIP:
		return solve.AroundNetwork(o.network)
	case familyBinary:
		return []string{base64.StdEncoding.EncodeToString(o.raw)}
	}
	text := o.text
	if o.variable != nil {
		var state resolution
		if text, state = o.variable.resolve(ctx); state != stateResolved {
			return nil
		}
	}
	return []string{sampleText(text)}
}

// between are values between any two that the tests compare with.
func between(tests []textTest) []string {
	var numbers []string
	var instants []time.Time
	for _, t := range tests {
		for i := range t.condition.operands {
			switch o := &t.condition.operands[i]; {
			case o.reading != True:
			case t.condition.family == familyNumeric:
				numbers = append(numbers, o.text)
			case t.condition.family == familyDate:
				instants = append(instants, o.instant)
			}
		}
	}
	return append(solve.BetweenNumbers(numbers), solve.BetweenInstants(instants)...)
}

// sampleText is one text that a glob matches, as a person would write it.
func sampleText(glob string) string {
	var b strings.Builder
	for i := range len(glob) {
		switch glob[i] {
		case markOne, markOneInSegment:
			b.WriteByte('x')
		case markRun, markRunInSegment:
			b.WriteString("example")
		default:
			b.WriteByte(glob[i])
		}
	}
	return b.String()
}
