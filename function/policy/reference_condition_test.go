package policy

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// refOperator is a condition operator taken apart.
type refOperator struct {
	set      string // "all", "any" or none
	base     string // the positive operator, in lower case
	negated  bool
	ifExists bool
}

var refNegations = map[string]string{
	"stringnotequals": "stringequals", "stringnotequalsignorecase": "stringequalsignorecase", "stringnotlike": "stringlike",
	"numericnotequals": "numericequals", "datenotequals": "dateequals", "notipaddress": "ipaddress",
	"arnnotequals": "arnequals", "arnnotlike": "arnlike",
}

var refFamilies = map[string]string{
	"stringequals": "string", "stringequalsignorecase": "string", "stringlike": "string", "arnequals": "arn", "arnlike": "arn",
	"numericequals": "numeric", "numericlessthan": "numeric", "numericlessthanequals": "numeric", "numericgreaterthan": "numeric",
	"numericgreaterthanequals": "numeric", "dateequals": "date", "datelessthan": "date", "datelessthanequals": "date",
	"dategreaterthan": "date", "dategreaterthanequals": "date", "bool": "bool", "binaryequals": "binary", "ipaddress": "ip", "null": "null",
}

// refReadOperator gives what an operator may mean: known, possibly known to a service, or nothing.
func refReadOperator(name string) (refOperator, refMaybe) {
	var op refOperator
	rest := strings.ToLower(name)
	if after, ok := strings.CutPrefix(rest, "forallvalues:"); ok {
		op.set, rest = "all", after
	} else if after, ok := strings.CutPrefix(rest, "foranyvalue:"); ok {
		op.set, rest = "any", after
	}
	rest, op.ifExists = strings.CutSuffix(rest, "ifexists")
	if positive, ok := refNegations[rest]; ok {
		op.negated, rest = true, positive
	}
	op.base = rest
	switch {
	case refFamilies[rest] == "null" && (op.ifExists || op.set != ""):
		return op, refNever
	case refFamilies[rest] != "":
		return op, refSurely
	}
	return op, refSure(regexp.MustCompile(`^[a-z]+$`).MatchString(rest)).and(refEither)
}

// refCondition is one condition in one world (rules 21 to 38).
func refCondition(c Condition, version string, world refWorld) refMaybe {
	op, known := refReadOperator(c.Operator)
	if known != refSurely {
		return known
	}
	if c.Key == "" {
		return refNever
	}
	got := world[strings.ToLower(c.Key)]
	missing := !got.present || len(got.values) == 0
	blank := missing
	if !missing {
		blank = strings.Join(got.values, "") == ""
	}
	if op.base == "null" {
		answer := refNever
		for _, v := range c.Values {
			answer = answer.or(refSure(strings.EqualFold(v.Text, strconv.FormatBool(blank))))
		}
		return answer
	}
	switch {
	case missing && op.ifExists:
		return refSurely
	case op.set == "all" && blank:
		return refSurely
	case op.set == "any" && blank:
		return refNever
	case missing:
		return refSure(op.negated)
	}
	every, some := refSurely, refNever
	for _, value := range got.values {
		m := refValueMeets(op, c.Values, value, version, world)
		every, some = every.and(m), some.or(m)
	}
	switch op.set {
	case "all":
		return every
	case "any":
		return some
	}
	if every == some {
		return every
	}
	return refEither
}

func refValueMeets(op refOperator, patterns []Value, value, version string, world refWorld) refMaybe {
	matched, comparable := refNever, refOfType(op.base, value)
	for _, p := range patterns {
		matched = matched.or(refCompare(op.base, p.Text, value, version == "2012-10-17", world))
		comparable = comparable && refPatternOfType(op.base, p.Text, version)
	}
	if op.negated {
		return matched.not().and(refSure(comparable))
	}
	return matched
}

// refOfType says whether a value is of the type that an operator compares: of any other the match always fails.
func refOfType(base, value string) (ok bool) {
	switch refFamilies[base] {
	case "numeric":
		_, ok = refNumber(value)
	case "date":
		_, ok = refDate(value)
	case "ip":
		_, ok = refNetwork(value)
	case "arn":
		ok = strings.Count(value, ":") >= 5
	default:
		ok = true
	}
	return ok
}

func refPatternOfType(base, pattern, version string) bool {
	switch refFamilies[base] {
	case "date":
		return refBrokenDate.MatchString(pattern) || refOfType(base, pattern)
	case "arn":
		return strings.HasSuffix(pattern, "*") || len(refVariables(pattern)) > 0 && version == "2012-10-17" || refOfType(base, pattern)
	}
	return refOfType(base, pattern)
}

// refCompare is one value against one of the policy's.
func refCompare(base, pattern, value string, variables bool, world refWorld) refMaybe {
	switch family := refFamilies[base]; family {
	case "string", "arn", "bool":
		wild := base == "stringlike" || family == "arn"
		fold := base == "stringequalsignorecase" || family == "bool"
		if fold {
			pattern, value = strings.ToLower(pattern), strings.ToLower(value)
			world = world.folded()
		}
		tokens, resolved := refExpand(pattern, wild, variables, world)
		switch {
		case !resolved:
			return refNever
		case family == "arn":
			return refCompareARN(tokens, value)
		case family == "bool":
			return refSure(refMatch(tokens, []rune(value)) && (value == "true" || value == "false"))
		}
		return refSure(refMatch(tokens, []rune(value)))
	case "binary":
		want, err := base64.StdEncoding.DecodeString(pattern)
		got, err2 := base64.StdEncoding.DecodeString(value)
		return refSure(err == nil && err2 == nil && string(want) == string(got))
	case "ip":
		network, ok := refNetwork(pattern)
		address, ok2 := refNetwork(value)
		return refSure(ok && ok2 && network.Bits() <= address.Bits() && network.Contains(address.Addr()))
	case "numeric":
		want, ok := refNumber(pattern)
		got, ok2 := refNumber(value)
		return refSure(ok && ok2 && refOrder(base, got.Cmp(want)))
	}
	got, ok2 := refDate(value)
	if refBrokenDate.MatchString(pattern) {
		return refSure(ok2).and(refEither)
	}
	want, ok := refDate(pattern)
	return refSure(ok && ok2 && refOrder(base, got.Compare(want)))
}

func refOrder(base string, comparison int) bool {
	switch {
	case strings.HasSuffix(base, "lessthan"):
		return comparison < 0
	case strings.HasSuffix(base, "lessthanequals"):
		return comparison <= 0
	case strings.HasSuffix(base, "greaterthan"):
		return comparison > 0
	case strings.HasSuffix(base, "greaterthanequals"):
		return comparison >= 0
	}
	return comparison == 0
}

// refCompareARN is rule 30. A pattern of too few segments is something that a service might complete.
func refCompareARN(pattern []refToken, value string) refMaybe {
	got := strings.SplitN(value, ":", 6)
	if len(got) < 6 {
		return refNever
	}
	if len(pattern) == 1 && pattern[0].star {
		return refSurely
	}
	want := [][]refToken{nil}
	for _, t := range pattern {
		if t.char == ':' && len(want) < 6 {
			want = append(want, nil)
			continue
		}
		want[len(want)-1] = append(want[len(want)-1], t)
	}
	for i, segment := range want {
		if len(want) < 6 && i == len(want)-1 {
			if len(segment) > 0 && segment[len(segment)-1].star {
				return refSure(refMatch(segment, []rune(strings.Join(got[i:], ":")))).and(refEither)
			}
			return refSure(refMatch(segment, []rune(got[i]))).and(refEither)
		}
		if !refMatch(segment, []rune(got[i])) {
			return refNever
		}
	}
	return refSurely
}

var (
	refDecimal    = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)
	refBrokenDate = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d$`)
)

func refNumber(text string) (*big.Rat, bool) {
	if !refDecimal.MatchString(text) {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

func refDate(text string) (time.Time, bool) {
	for _, layout := range []string{"2006", "2006-01", "2006-01-02", "2006-01-02T15:04Z07:00", time.RFC3339Nano} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), err == nil
}

func refNetwork(text string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
