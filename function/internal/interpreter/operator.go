package interpreter

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// outcome is the result of comparing two values.
type outcome int

const (
	differs outcome = iota
	matchesValue
	wrongType      // one of the two is not of the operator's type
	undefinedValue // a service may or may not understand the value
)

// comparer compares a value of the policy with one of the request.
type comparer struct {
	variables bool // whether the operator takes policy variables
	compare   func(pattern []token, value string) outcome
}

func when(ok bool) outcome {
	if ok {
		return matchesValue
	}
	return differs
}

// text is a pattern as it is written.
func text(pattern []token) string {
	var b strings.Builder
	for _, t := range pattern {
		if t.wild != 0 {
			b.WriteRune(t.wild)
		} else {
			b.WriteRune(t.char)
		}
	}
	return b.String()
}

// comparison gives an operator by its name in lower case, and whether it is negated: "IAM JSON policy elements: Condition
// operators". The comparer of an operator that does not exist is nil.
func comparison(name string) (*comparer, bool) {
	positive, negated := name, false
	switch {
	case name == "notipaddress":
		positive, negated = "ipaddress", true
	case strings.Contains(name, "not"):
		positive, negated = strings.Replace(name, "not", "", 1), true
	}
	compare, ok := comparers[positive]
	if negated && !negatable[positive] {
		ok = false
	}
	if !ok {
		return nil, false
	}
	return &compare, negated
}

// negatable are the operators that have a negated form.
var negatable = map[string]bool{
	"stringequals": true, "stringequalsignorecase": true, "stringlike": true, "numericequals": true, "dateequals": true,
	"ipaddress": true, "arnequals": true, "arnlike": true,
}

var comparers = map[string]comparer{
	"stringequals":             {true, func(p []token, v string) outcome { return when(text(p) == v) }},
	"stringequalsignorecase":   {true, func(p []token, v string) outcome { return when(strings.EqualFold(text(p), v)) }},
	"stringlike":               {true, func(p []token, v string) outcome { return when(matches(p, v)) }},
	"arnequals":                {true, compareARN},
	"arnlike":                  {true, compareARN},
	"bool":                     {true, compareBool},
	"binaryequals":             {false, compareBinary},
	"ipaddress":                {false, compareAddress},
	"numericequals":            {false, numbers(func(sign int) bool { return sign == 0 })},
	"numericlessthan":          {false, numbers(func(sign int) bool { return sign < 0 })},
	"numericlessthanequals":    {false, numbers(func(sign int) bool { return sign <= 0 })},
	"numericgreaterthan":       {false, numbers(func(sign int) bool { return sign > 0 })},
	"numericgreaterthanequals": {false, numbers(func(sign int) bool { return sign >= 0 })},
	"dateequals":               {false, dates(func(sign int) bool { return sign == 0 })},
	"datelessthan":             {false, dates(func(sign int) bool { return sign < 0 })},
	"datelessthanequals":       {false, dates(func(sign int) bool { return sign <= 0 })},
	"dategreaterthan":          {false, dates(func(sign int) bool { return sign > 0 })},
	"dategreaterthanequals":    {false, dates(func(sign int) bool { return sign >= 0 })},
}

// compareARN matches the six segments one by one. A pattern of fewer segments is not defined, but for a lone asterisk.
func compareARN(pattern []token, value string) outcome {
	wanted, asked := split(pattern), strings.SplitN(value, ":", 6)
	if len(asked) < 6 || asked[0] != "arn" {
		return wrongType
	}
	if text(pattern) == "*" {
		return matchesValue
	}
	if word := text(wanted[0]); word != "arn" && word != "*" || len(wanted) < 2 {
		return wrongType
	}
	for i, segment := range wanted {
		if !matches(segment, asked[i]) {
			return differs
		}
	}
	if len(wanted) < 6 {
		return undefinedValue
	}
	return matchesValue
}

// split cuts a pattern into at most six segments.
func split(pattern []token) [][]token {
	out := [][]token{nil}
	for _, t := range pattern {
		if t.char == ':' && len(out) < 6 {
			out = append(out, nil)
			continue
		}
		out[len(out)-1] = append(out[len(out)-1], t)
	}
	return out
}

func compareBool(pattern []token, value string) outcome {
	wanted := strings.ToLower(text(pattern))
	return when((wanted == "true" || wanted == "false") && wanted == strings.ToLower(value))
}

func compareBinary(pattern []token, value string) outcome {
	wanted, err := base64.StdEncoding.DecodeString(text(pattern))
	asked, err2 := base64.StdEncoding.DecodeString(value)
	if err != nil || err2 != nil {
		return wrongType
	}
	return when(string(wanted) == string(asked))
}

// compareAddress: an address without a prefix length is a block of itself, and the two families never meet.
func compareAddress(pattern []token, value string) outcome {
	asked, err := netip.ParseAddr(value)
	if err != nil {
		return wrongType
	}
	block, err := netip.ParsePrefix(text(pattern))
	if err != nil {
		address, err := netip.ParseAddr(text(pattern))
		if err != nil {
			return wrongType
		}
		block = netip.PrefixFrom(address, address.BitLen())
	}
	return when(block.Masked().Contains(asked))
}

var decimal = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)

// numbers compares integers and decimals; sign is that of the request's value minus the policy's.
func numbers(holds func(sign int) bool) func([]token, string) outcome {
	return func(pattern []token, value string) outcome {
		if !decimal.MatchString(text(pattern)) || !decimal.MatchString(value) {
			return wrongType
		}
		wanted, _ := new(big.Rat).SetString(text(pattern))
		asked, _ := new(big.Rat).SetString(value)
		return when(holds(asked.Cmp(wanted)))
	}
}

// dates compares points in time.
func dates(holds func(sign int) bool) func([]token, string) outcome {
	return func(pattern []token, value string) outcome {
		wanted, understood := parseDate(text(pattern))
		asked, ok := parseDate(value)
		if !ok || !understood {
			return wrongType
		}
		return when(holds(asked.Compare(wanted)))
	}
}

// dateForms are the W3C's profile of ISO 8601, "Date and Time Formats".
var dateForms = []string{"2006", "2006-01", "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z07:00"}

var epoch = regexp.MustCompile(`^[0-9]{5,}$`)

// parseDate reads a date, or seconds since 1970.
func parseDate(value string) (time.Time, bool) {
	for _, form := range dateForms {
		if t, err := time.Parse(form, value); err == nil {
			return t, true
		}
	}
	if !epoch.MatchString(value) {
		return time.Time{}, false
	}
	seconds, ok := new(big.Int).SetString(value, 10)
	if !ok || !seconds.IsInt64() {
		return time.Time{}, false
	}
	return time.Unix(seconds.Int64(), 0), true
}
