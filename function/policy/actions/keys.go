package actions

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// KeyType is what the values of a condition key are, and so which operators compare them.
type KeyType int

// The types. AnyType is that of a key that operators of several types work with.
const (
	AnyType KeyType = iota
	String
	ARN
	Bool
	Numeric
	Date
	IPAddress
	Binary
)

// String is the type's name in AWS's documentation, lists apart: "IPAddress", for example.
func (t KeyType) String() string {
	switch {
	case t == AnyType:
		return "any"
	case t < 0 || int(t) >= len(format.KeyTypes):
		return fmt.Sprintf("KeyType(%d)", int(t))
	}
	return format.KeyTypes[t]
}

// ConditionKey is a condition key as AWS documents it.
type ConditionKey struct {
	// Name is spelled as AWS does. A family of keys has the name of its template: "aws:RequestTag/${TagKey}".
	Name string
	Type KeyType
	// Multi is set when a request may carry several values of the key ("multivalued"). A key that services disagree on
	// may.
	Multi bool
	// Always is set when the key is in the context of every request, anonymous ones too.
	Always bool
}

// Key finds a condition key by its name in a policy, in any case: a global key or any service's. A key of a family is
// found by its template: "aws:RequestTag/team" is "aws:RequestTag/${TagKey}". Of two templates the one that says more
// counts.
func Key(name string) (ConditionKey, bool) {
	k := conditionKeys()
	folded := ascii.Lower(name)
	if i, ok := k.byName[folded]; ok {
		return k.list[i], true
	}
	for i := range k.families {
		if k.families[i].pattern.matches(folded) {
			return k.list[k.families[i].key], true
		}
	}
	return ConditionKey{}, false
}

type keyIndex struct {
	list   []ConditionKey
	byName map[string]int
	// families are the templates, those with more literal text first.
	families []keyFamily
}

type keyFamily struct {
	pattern glob
	literal int
	key     int
}

// placeholder is the variable part of a key's name, in the ways in which AWS's tables write it.
var placeholder = regexp.MustCompile(`\$\{[^}]*\}|<[^>]*>|/tag-key$`)

var conditionKeys = sync.OnceValue(func() *keyIndex {
	k := &keyIndex{byName: map[string]int{}}
	for _, global := range globalKeys {
		k.add(global)
	}
	for _, key := range catalogue().keys {
		k.add(ConditionKey{Name: key.Name, Type: KeyType(key.Type), Multi: key.Multi})
	}
	slices.SortStableFunc(k.families, func(a, b keyFamily) int { return cmp.Compare(b.literal, a.literal) })
	return k
})

// add adds a key unless it is known: the first one counts.
func (k *keyIndex) add(key ConditionKey) {
	folded := ascii.Lower(key.Name)
	if _, ok := k.byName[folded]; ok {
		return
	}
	at := len(k.list)
	k.byName[folded] = at
	k.list = append(k.list, key)
	// What stands for the variable part is not empty.
	pattern := placeholder.ReplaceAllStringFunc(folded, func(s string) string {
		if s[0] == '/' {
			return "/?*"
		}
		return "?*"
	})
	if pattern != folded {
		k.families = append(k.families, keyFamily{newGlob(pattern), len(pattern) - strings.Count(pattern, "?*")*2, at})
	}
}

// Spelling gives a condition key's name as AWS documents it: "aws:SourceIp" for "aws:sourceip". The variable part of a
// key of a family stays as it is: "aws:RequestTag/team" for "aws:requesttag/team". A key that is not known stays as it is.
func Spelling(name string) string {
	k := conditionKeys()
	folded := ascii.Lower(name)
	if i, ok := k.byName[folded]; ok {
		return k.list[i].Name
	}
	for i := range k.families {
		if f := &k.families[i]; f.pattern.matches(folded) {
			return spell(k.list[f.key].Name, name, folded)
		}
	}
	return name
}

// spell writes the literal text of a template over a name that the template matches.
func spell(template, name, folded string) string {
	const variable = "\x00"
	// The variable part of "/tag-key" has the slash before it, which is literal.
	literals := strings.Split(placeholder.ReplaceAllStringFunc(template, func(s string) string {
		if s[0] == '/' {
			return "/" + variable
		}
		return variable
	}), variable)
	out, at := []byte(name), 0
	for i, literal := range literals {
		lower := ascii.Lower(literal)
		switch i {
		case 0:
			at = 0
		case len(literals) - 1:
			at = len(name) - len(literal)
		default:
			// What stands for the variable part is not empty.
			at += 1 + strings.Index(folded[at+1:], lower)
		}
		copy(out[at:], literal)
		at += len(literal)
	}
	return string(out)
}
