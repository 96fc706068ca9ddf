package policy

import (
	"slices"
	"strings"
)

// lookup gives what is known of a key. The key must be in lower case (rule 28).
func (c *Context) lookup(key string) ContextValue {
	if v, ok := c.Keys[key]; ok {
		return v
	}
	if v, ok := c.base[key]; ok {
		return v
	}
	if !c.RestUnknown {
		return ContextValue{Presence: KeyAbsent}
	}
	for _, prefix := range c.AbsentPrefixes {
		if strings.HasPrefix(key, prefix) {
			return ContextValue{Presence: KeyAbsent}
		}
	}
	return ContextValue{Presence: KeyUnknown}
}

// single gives the key's only value, where it has one that is known.
func (v ContextValue) single() (string, bool) {
	if len(v.Values) != 1 || v.Presence != KeyPresent && v.Presence != KeyOneOf {
		return "", false
	}
	return v.Values[0], true
}

// isUncertain says whether the value, or whether there is one, is not known exactly.
func (v ContextValue) isUncertain() bool {
	switch v.Presence {
	case KeyUnknown, KeyPrefixed, KeyQualified, KeyOneOf:
		return true
	}
	return false
}

// isBlank reports whether values hold nothing, or nothing but empty text, which AWS takes for a null data set.
func isBlank(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return v != "" })
}
