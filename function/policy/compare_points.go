package policy

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// longestNumber is the length of the numbers that are reckoned with, in characters.
const longestNumber = 1000

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
			if len(t.condition.operands[i].text) > longestNumber && t.condition.family == familyNumeric {
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
		return []string{"arn:aws:iam::123456789012:role/example"}
	case isAccountKey(p.key):
		return []string{"123456789012"}
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
		n, ok := new(big.Rat).SetString(o.text)
		if !ok {
			return nil
		}
		one := big.NewRat(1, 1)
		return []string{
			decimalText(n), decimalText(new(big.Rat).Add(n, one)), decimalText(new(big.Rat).Sub(n, one)),
		}
	case familyDate:
		return []string{dateText(o.instant), dateText(o.instant.Add(time.Second)), dateText(o.instant.Add(-time.Second))}
	case familyIP:
		return edges(o.network)
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

// dateText writes a date in the form of ISO 8601, and, where that form has no room for the year, in seconds since 1970.
func dateText(t time.Time) string {
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		return strconv.FormatInt(t.Unix(), 10)
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// between are values between any two that the tests compare with.
func between(tests []textTest) []string {
	var numbers []*big.Rat
	var instants []time.Time
	for _, t := range tests {
		for i := range t.condition.operands {
			o := &t.condition.operands[i]
			if t.condition.family == familyNumeric && o.reading == True && len(o.text) <= longestNumber {
				if n, ok := new(big.Rat).SetString(o.text); ok {
					numbers = append(numbers, n)
				}
			}
			if t.condition.family == familyDate && o.reading == True {
				instants = append(instants, o.instant)
			}
		}
	}
	slices.SortFunc(numbers, (*big.Rat).Cmp)
	slices.SortFunc(instants, time.Time.Compare)
	var list []string
	for i := 1; i < len(numbers); i++ {
		sum := new(big.Rat).Add(numbers[i-1], numbers[i])
		list = append(list, decimalText(sum.Quo(sum, big.NewRat(2, 1))))
	}
	for i := 1; i < len(instants); i++ {
		gap := instants[i].Sub(instants[i-1])
		list = append(list, dateText(instants[i-1].Add(gap/2)))
	}
	return list
}

// decimalText writes a number that has finitely many decimals.
func decimalText(n *big.Rat) string {
	digits, _ := n.FloatPrec()
	return n.FloatString(digits)
}

// edges are the first and last addresses of a network, and those next to it.
func edges(network netip.Prefix) []string {
	first := network.Masked().Addr()
	raw := first.AsSlice()
	for bit := network.Bits(); bit < first.BitLen(); bit++ {
		raw[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(raw)
	var list []string
	for _, a := range []netip.Addr{first, last, first.Prev(), last.Next()} {
		if a.IsValid() {
			list = append(list, a.String())
		}
	}
	return list
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
