package solve

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// MaxRepresentatives bounds how many texts stand for all those of a base.
const MaxRepresentatives = 32

// Shortfall says why representatives are not complete.
type Shortfall int

// The reasons. None means that the representatives are complete.
const (
	None Shortfall = iota
	// TooMany is that there are more ways to match the patterns than are tried.
	TooMany
	// Exceeded is that a search took too much work.
	Exceeded
)

// Representatives are texts of a base that stand for all of them.
type Representatives struct {
	Base language.Pattern
	// Usual are texts that are taken where they do.
	Usual []string
	// Patterns tell the texts apart: there is one for each way in which texts match them.
	Patterns []language.Pattern
	// Named are texts that are not looked for.
	Named []string
	// Budget bounds the work of all searches, and Steps that of each.
	Budget *language.Budget
	Steps  int
}

// Find gives the representatives.
func (r *Representatives) Find() ([]string, Shortfall) {
	all := alike{must: [][]language.Pattern{{r.Base}}}
	for _, name := range r.Named {
		all.not = append(all.not, language.Literal(name))
	}
	switch r.example(&all) {
	case language.None:
		return nil, None
	case language.Exceeded:
		return nil, Exceeded
	}
	found, shortfall := []alike{all}, None
	for _, pattern := range r.Patterns {
		var next []alike
		for _, one := range found {
			next = append(next, r.split(one, pattern, &shortfall)...)
		}
		if found = next; len(found) >= MaxRepresentatives {
			shortfall = TooMany
			break
		}
	}
	var list []string
	for _, one := range found {
		if !slices.Contains(list, one.example) {
			list = append(list, one.example)
		}
	}
	return list, shortfall
}

// alike are the texts that all patterns so far treat alike, and one of them.
type alike struct {
	must    [][]language.Pattern
	not     []language.Pattern
	example string
}

// split gives those that the pattern matches and those that it does not, where there are any.
func (r *Representatives) split(a alike, pattern language.Pattern, shortfall *Shortfall) []alike {
	in, out := a, a
	// The lists are copied.
	if !r.Budget.Spend(len(a.must) + len(a.not)) {
		*shortfall = Exceeded
		return nil
	}
	in.must = append(slices.Clip(a.must), []language.Pattern{pattern})
	out.not = append(slices.Clip(a.not), pattern)
	var list []alike
	for _, half := range []alike{in, out} {
		switch r.example(&half) {
		case language.Found:
			list = append(list, half)
		case language.Exceeded:
			*shortfall = Exceeded
		}
	}
	return list
}

// example finds an example, a usual one where one will do.
func (r *Representatives) example(a *alike) language.Outcome {
	q := language.Query{Must: a.must, Not: a.not}
	for _, text := range append([]string{a.example}, r.Usual...) {
		if q.Matches(text, r.Budget) {
			a.example = text
			return language.Found
		}
	}
	text, outcome := language.Find(q, r.Budget.Part(r.Steps))
	a.example = text
	return outcome
}
