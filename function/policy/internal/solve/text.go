package solve

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// Try reports whether a text answers a query. It takes the work out of the budget, and reports false where that is spent.
func Try(q *language.Query, text string, budget *language.Budget) bool {
	return q.Matches(text, budget)
}

// Likeliest looks for a text that answers a query and is of one of the bases, the likeliest of which comes first. None is a proof
// that no base has such a text. Polish makes a text that was found look as people know it, and keeps it an answer.
func Likeliest(q language.Query, bases [][]language.Pattern, polish func(q *language.Query, text string) string, budget *language.Budget) (string, language.Outcome) {
	// Most searches find nothing: that is settled for all bases at once.
	widest := within(&q, slices.Concat(bases...))
	text, outcome := language.Find(widest, budget)
	if outcome == language.None {
		return "", outcome
	}
	for _, base := range bases[:len(bases)-1] {
		narrow := within(&q, base)
		if likelier, found := language.Find(narrow, budget); found == language.Found {
			return polish(&narrow, likelier), found
		}
	}
	if outcome == language.Found {
		text = polish(&widest, text)
	}
	return text, outcome
}

// within is a query whose text is also of one of the patterns.
func within(q *language.Query, base []language.Pattern) language.Query {
	return language.Query{Must: append(slices.Clone(q.Must), base), Not: q.Not}
}
