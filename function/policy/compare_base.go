package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// keyBase is what a key's only value looks like: it matches must and is none of not. A key with holds has these values, and may have
// others.
type keyBase struct {
	must  language.Pattern
	not   []string
	holds []string
}

func (b *keyBase) has(v ContextValue) bool {
	for _, value := range b.holds {
		if !slices.Contains(v.Values, value) {
			return false
		}
	}
	return b.must == nil || len(v.Values) == 1 && b.must.Matches(v.Values[0]) && !slices.Contains(b.not, v.Values[0])
}

// openName is every ARN of a role or user that begins so. Its name holds what IAM's names hold.
func openName(prefix string) language.Pattern {
	word := language.Class{Runes: ":*?", Negated: true}
	return append(language.Literal(prefix), language.Atom{Class: word}, language.Atom{Class: word, Run: true})
}

// unnamed makes a name that is not among texts.
func unnamed(name, suffix string, texts []string) string {
	for slices.Contains(texts, name+suffix) {
		name += "x"
	}
	return name + suffix
}
