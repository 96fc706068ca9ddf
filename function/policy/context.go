package policy

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// lookup gives what is known of a key. The key must be in lower case; the context may spell it in any case (rule 28).
func (c *Context) lookup(key string) ContextValue {
	if v, ok := c.Keys[key]; ok {
		return v
	}
	if !c.folded {
		if v, ok := c.lookupSpelled(key); ok {
			return v
		}
	}
	if v, ok := c.base[key]; ok {
		return v
	}
	if !c.RestUnknown {
		return ContextValue{Presence: KeyAbsent}
	}
	for _, prefix := range c.AbsentPrefixes {
		if _, ok := cutFolded(key, prefix); ok {
			return ContextValue{Presence: KeyAbsent}
		}
	}
	if c.neverSent != nil && c.neverSent(key) {
		return ContextValue{Presence: KeyAbsent}
	}
	return ContextValue{Presence: KeyUnknown}
}

// lookupSpelled finds a key that the context spells in another case. Of two spellings, neither of which is in lower case,
// none is better than the other, so the key is unknown.
func (c *Context) lookupSpelled(key string) (found ContextValue, ok bool) {
	for spelled, v := range c.Keys {
		if rest, same := cutFolded(key, spelled); !same || rest != "" {
			continue
		}
		if ok {
			return ContextValue{Presence: KeyUnknown}, true
		}
		found, ok = v, true
	}
	return found, ok
}

// cutFolded cuts a beginning, spelled in any case, from a text in lower case. Unlike strings.ToLower it takes no memory.
func cutFolded(lower, spelled string) (rest string, ok bool) {
	for _, r := range spelled {
		want, size := utf8.DecodeRuneInString(lower)
		if size == 0 || unicode.ToLower(r) != want {
			return lower, false
		}
		lower = lower[size:]
	}
	return lower, true
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
	case KeyUnknown, KeyPrefixed, KeyQualified, KeyOneOf, keyLike:
		return true
	}
	return false
}

// isBlank reports whether values hold nothing, or nothing but empty text, which AWS takes for a null data set.
func isBlank(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return v != "" })
}
