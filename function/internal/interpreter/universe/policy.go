package universe

import (
	"slices"

	"pgregory.net/rapid"
)

// operators compare values of a type.
var operators = map[Type][]string{
	String: {
		"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
		"StringEqualsIfExists", "StringNotEqualsIfExists", "StringLikeIfExists", "ForAllValues:StringEquals", "ForAnyValue:StringLike",
		"ForAllValues:StringNotLike", "ForAnyValue:StringNotEquals", "ForAnyValue:StringEqualsIfExists",
	},
	Number: {
		"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
		"NumericLessThanIfExists", "ForAllValues:NumericLessThan",
	},
	Date:    {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "DateLessThanIfExists"},
	Bool:    {"Bool", "BoolIfExists", "ForAllValues:Bool"},
	Address: {"IpAddress", "NotIpAddress", "IpAddressIfExists", "NotIpAddressIfExists"},
	ARN:     {"ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "ArnLikeIfExists", "ForAnyValue:ArnLike", "StringLike", "StringNotEquals"},
}

// Conditions draws up to three conditions on the domain's keys.
func (d Domain) Conditions() *rapid.Generator[map[string]map[string][]string] {
	return rapid.Custom(func(t *rapid.T) map[string]map[string][]string {
		out := map[string]map[string][]string{}
		for range rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3}).Draw(t, "conditions") {
			key := rapid.SampledFrom(d.Keys).Draw(t, "key")
			operator := rapid.SampledFrom(append(slices.Clone(operators[key.Type]), "Null")).Draw(t, "operator")
			operands := []string{"true", "false"}
			if operator != "Null" {
				operands = key.Operands
			}
			if out[operator] == nil {
				out[operator] = map[string][]string{}
			}
			out[operator][key.Name] = some(t, operands, 2)
		}
		return out
	})
}

// some draws at least one element.
func some(t *rapid.T, of []string, most int) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, min(most, len(of)), rapid.ID[string]).Draw(t, "some")
}

// Statements draws a statement; deny is how often of ten it denies.
func (d Domain) Statements(deny int) *rapid.Generator[Statement] {
	return rapid.Custom(func(t *rapid.T) Statement {
		s := Statement{Effect: "Allow", Condition: d.Conditions().Draw(t, "condition")}
		if rapid.IntRange(1, 10).Draw(t, "effect") <= deny {
			s.Effect = "Deny"
		}
		if rapid.IntRange(1, 8).Draw(t, "not action") == 1 {
			s.NotAction = some(t, d.ActionPatterns, 3)
		} else {
			s.Action = some(t, d.ActionPatterns, 3)
		}
		switch draw := rapid.IntRange(1, 8).Draw(t, "resource"); {
		case len(d.ResourcePatterns) == 0 || 2 <= draw && draw <= 4:
			s.Resource = []string{"*"} // An action that acts on no resource in particular has no other pattern.
		case draw == 1:
			s.NotResource = some(t, d.ResourcePatterns, 2)
		default:
			s.Resource = some(t, d.ResourcePatterns, 2)
		}
		return s
	})
}

// Documents draws an identity policy, a boundary or an SCP of one to four statements.
func (d Domain) Documents(deny int) *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		return Document{Version: "2012-10-17", Statement: rapid.SliceOfN(d.Statements(deny), 1, 4).Draw(t, "statements")}
	})
}

// Worlds draws one or two identity policies, and now and then a boundary and an SCP.
func (d Domain) Worlds() *rapid.Generator[World] {
	return rapid.Custom(func(t *rapid.T) World {
		w := World{Identity: rapid.SliceOfN(d.Documents(3), 1, 2).Draw(t, "identity")}
		if rapid.IntRange(1, 4).Draw(t, "bounded") == 1 {
			w.Boundary = d.limit(t, "boundary")
		}
		if rapid.IntRange(1, 4).Draw(t, "organization") == 1 {
			w.SCP = d.limit(t, "scp")
		}
		return w
	})
}

// limit draws a policy that limits; mostly it allows everything as well, as most do.
func (d Domain) limit(t *rapid.T, label string) []Document {
	one := d.Documents(7).Draw(t, label)
	if rapid.IntRange(1, 4).Draw(t, label+" allows all") != 1 {
		one.Statement = append(one.Statement, Statement{Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}})
	}
	return []Document{one}
}
