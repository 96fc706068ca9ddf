package policy

import (
	"maps"
	"slices"
	"strings"
)

// refKey is what one world holds under a context key, and refWorld one way that the context may be.
type refKey struct {
	present bool
	values  []string
}

type refWorld map[string]refKey

// folded is the world in lower case, for operators that ignore case.
func (w refWorld) folded() refWorld {
	out := refWorld{}
	for key, v := range w {
		lower := refKey{present: v.present}
		for _, text := range v.values {
			lower.values = append(lower.values, strings.ToLower(text))
		}
		out[key] = lower
	}
	return out
}

// refLookup is what the request says of a key.
func refLookup(c Context, key string) ContextValue {
	if v, ok := c.Keys[key]; ok {
		return v
	}
	var spelled []ContextValue
	for name, v := range c.Keys {
		if strings.ToLower(name) == key {
			spelled = append(spelled, v)
		}
	}
	switch {
	case len(spelled) == 1:
		return spelled[0]
	case len(spelled) > 1:
		return ContextValue{Presence: KeyUnknown}
	}
	if !c.RestUnknown || slices.ContainsFunc(c.AbsentPrefixes, func(p string) bool { return strings.HasPrefix(key, strings.ToLower(p)) }) {
		return ContextValue{}
	}
	return ContextValue{Presence: KeyUnknown}
}

// refTurnsOut lists what a key may turn out to be, given values that would make a difference.
func refTurnsOut(v ContextValue, telling []string) []refKey {
	switch v.Presence {
	case KeyAbsent:
		return []refKey{{}}
	case KeyPresent:
		return []refKey{{present: true, values: v.Values}}
	}
	var out []refKey
	one := func(values ...string) { out = append(out, refKey{present: true, values: values}) }
	switch v.Presence {
	case KeyOneOf:
		for _, text := range v.Values {
			one(text)
		}
	case KeyPrefixed:
		one(v.Values[0])
		for _, text := range telling {
			one(v.Values[0] + text)
			if strings.HasPrefix(text, v.Values[0]) {
				one(text)
			}
		}
	case KeyQualified:
		one(v.Values[0])
		one(v.Values[1] + "1")
		for _, text := range telling {
			if len(text) > len(v.Values[1]) && strings.HasPrefix(text, v.Values[1]) {
				one(text)
			}
		}
	case KeyUnknown:
		out = append(out, refKey{}, refKey{present: true})
		for i, text := range telling {
			one(text)
			one(text, telling[(i+1)%len(telling)])
		}
	}
	return out
}

// refWorlds is every combination of what the keys may turn out to be.
func refWorlds(c Context, keys []string, telling func(key string) []string) []refWorld {
	worlds := []refWorld{{}}
	for _, key := range slices.Compact(slices.Sorted(slices.Values(keys))) {
		var next []refWorld
		for _, w := range worlds {
			for _, turned := range refTurnsOut(refLookup(c, key), telling(key)) {
				n := maps.Clone(w)
				n[key] = turned
				next = append(next, n)
			}
		}
		worlds = next
	}
	return worlds
}

// refConditionIn is one condition in all worlds of a context.
func refConditionIn(c Condition, version string, context Context) refMaybe {
	key := strings.ToLower(c.Key)
	keys := []string{key}
	op, _ := refReadOperator(c.Operator)
	if f := refFamilies[op.base]; version == "2012-10-17" && (f == "string" || f == "arn" || f == "bool") {
		for _, v := range c.Values {
			keys = append(keys, refVariables(v.Text)...)
		}
	}
	state := refLookup(context, key)
	var answer, unqualified refMaybe
	for _, w := range refWorlds(context, keys, func(k string) []string {
		if k == key {
			return refTelling(c.Values, version, context)
		}
		return refPieces(append(slices.Clone(state.Values), "v1", "true"))
	}) {
		m := refCondition(c, version, w)
		answer = answer.join(m)
		if state.Presence == KeyQualified && w[key].values[0] == state.Values[0] {
			unqualified = unqualified.join(m)
		}
	}
	switch {
	case op.negated && (state.Presence == KeyOneOf || state.Presence == KeyQualified):
		return refEither
	case unqualified == refSurely:
		return refSurely
	}
	return answer
}

// refTelling gives values that meet a condition's values and values that miss them.
func refTelling(patterns []Value, version string, context Context) []string {
	telling := []string{"", "none-of-them", "true", "FALSE", "0", "99999", "1970-01-01", "2999-01-01T00:00:00Z", "203.0.113.9", "2001:db8:f::9", "enp6", "arn:p:s:r:a:none"}
	for _, p := range patterns {
		telling = append(telling, p.Text)
		for _, world := range refWorlds(context, refVariables(p.Text), func(string) []string { return []string{"v1"} }) {
			tokens, resolved := refExpand(p.Text, true, version == "2012-10-17", world)
			if !resolved {
				continue
			}
			var b strings.Builder
			for _, t := range tokens {
				if t.question {
					b.WriteByte('x')
				} else if !t.star {
					b.WriteRune(t.char)
				}
			}
			telling = append(telling, b.String(), b.String()+"0", "-"+b.String(), b.String()+"::::0")
		}
		if network, ok := refNetwork(p.Text); ok {
			telling = append(telling, network.Addr().String())
		}
	}
	return telling
}

// refPieces is every part of the texts: what a variable would have to be.
func refPieces(texts []string) []string {
	var pieces []string
	for _, text := range texts {
		for i := range len(text) {
			for j := i + 1; j <= len(text); j++ {
				pieces = append(pieces, text[i:j])
			}
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(pieces)))
}
