package solve

import (
	"slices"
	"strings"
)

// Symbols gives each value that is not known a character that stands in no text. What patterns with symbols match stays matched
// when the values are put in their places, as long as no wildcard but a run takes a symbol.
type Symbols[V comparable] struct{ values []V }

const firstSymbol = '\U0010F000'

// Of is the symbol of a value. One that has none is given one where add is set.
func (s *Symbols[V]) Of(value V, add bool) (symbol rune, ok bool) {
	i := slices.Index(s.values, value)
	if i < 0 {
		if !add {
			return 0, false
		}
		i = len(s.values)
		s.values = append(s.values, value)
	}
	return firstSymbol + rune(i), true
}

// All are the symbols that were given.
func (s *Symbols[V]) All() string {
	var b strings.Builder
	for i := range s.values {
		b.WriteRune(firstSymbol + rune(i))
	}
	return b.String()
}
