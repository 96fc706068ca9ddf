package policy

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
	"github.com/rolewatch/rolewatch/function/policy/internal/solve"
)

func (p *resourceProblem) holdsVariables() bool {
	has := func(r *resourcePattern) bool { return r.variable != nil }
	return slices.ContainsFunc(p.must, func(list []*resourcePattern) bool { return slices.ContainsFunc(list, has) })
}

// provenEmpty shows for one list of must alone that not covers all of it, whatever the values of its variables. Each
// variable becomes a character of its own: what then is covered stays so when the value is put in its place, since no
// wildcard but a run takes that character.
func (p *resourceProblem) provenEmpty() bool {
	return slices.ContainsFunc(p.must, func(list []*resourcePattern) bool {
		return !slices.ContainsFunc(list, func(r *resourcePattern) bool {
			var symbols solve.Symbols[variable]
			if !p.budget.Spend(p.symbolWork(r)) {
				return true
			}
			q := language.Query{Must: [][]language.Pattern{r.reachable(symbolic(&symbols, r, true), false), {anyARN}}}
			for _, other := range p.not {
				if !p.budget.Spend(p.symbolWork(other)) {
					return true
				}
				if !other.isOpen() {
					q.Not = append(q.Not, symbolic(&symbols, other, false)...)
				}
			}
			_, outcome := language.Find(q, p.budget)
			return outcome != language.None
		})
	})
}

// symbolWork is the steps that it takes to make patterns of symbols.
func (p *resourceProblem) symbolWork(r *resourcePattern) int {
	return 5 + 3*(len(r.tail)+len(r.whole)+r.variable.size())
}

// symbolic gives a pattern with symbols for its variables. One whose variables have no symbol could not be known to be of the same
// value: it is left out, unless add says to give one.
func symbolic(symbols *solve.Symbols[variable], r *resourcePattern, add bool) []language.Pattern {
	tail := r.tail
	if r.variable != nil {
		var b strings.Builder
		for _, piece := range r.variable.pieces {
			if piece.key == "" {
				b.WriteString(piece.text)
				continue
			}
			symbol, ok := symbols.Of(piece.identity(), add)
			if !ok {
				return nil
			}
			b.WriteRune(symbol)
		}
		tail = b.String()
	}
	return r.patterns(tail, spelling{symbols: symbols.All()})
}

// variable is what of a variable decides its value.
type variable struct {
	key, fallback string
	hasFallback   bool
}

func (p *piece) identity() variable { return variable{p.key, p.fallback, p.hasFallback} }

// widest is the template with a run for each variable.
func (t *template) widest() string {
	var b strings.Builder
	for i := range t.pieces {
		if t.pieces[i].key == "" {
			b.WriteString(t.pieces[i].text)
		} else {
			b.WriteString(runMark)
		}
	}
	return b.String()
}

// isOpen says whether the template holds a variable whose value is not given, or not known.
func (t *template) isOpen(given *Context) bool {
	if t == nil {
		return false
	}
	return slices.ContainsFunc(t.pieces, func(p piece) bool {
		if p.key == "" {
			return false
		}
		v, isGiven := given.base[p.key]
		_, ok := v.single()
		return !isGiven || !ok && v.isUncertain()
	})
}
