package language

import (
	"math"
	"slices"
	"strings"
)

// isCovered reports, where it can be seen without a search, that the patterns of Not cover a whole list of Must, each
// alternative by one of them.
func (q *Query) isCovered(budget *Budget) bool {
	return slices.ContainsFunc(q.Must, func(alternatives []Pattern) bool {
		return !slices.ContainsFunc(alternatives, func(p Pattern) bool {
			return !slices.ContainsFunc(q.Not, func(wide Pattern) bool {
				return !p.isApart(wide, budget) && budget.Spend(len(wide)/8) && wide.hasRun() && budget.Spend(len(p)*len(wide)/8) && wide.Covers(p)
			})
		})
	})
}

func (p Pattern) hasRun() bool { return slices.ContainsFunc(p, func(a Atom) bool { return a.Run }) }

// Covers reports that the pattern matches whatever another one does. It takes the other's atoms for letters, which only a
// run, or an atom of the same class, matches: that it says false is no proof.
func (p Pattern) Covers(o Pattern) bool {
	reached, next := make([]bool, len(p)+1), make([]bool, len(p)+1)
	reached[0] = true
	p.pass(reached)
	for _, atom := range o {
		clear(next)
		for i := range p {
			if !reached[i] || !p[i].Class.holds(atom.Class) {
				continue
			}
			if p[i].Run {
				next[i] = true
			} else if !atom.Run {
				next[i+1] = true
			}
		}
		p.pass(next)
		reached, next = next, reached
	}
	return reached[len(p)]
}

// holds reports that every character of another class is in this one.
func (c Class) holds(o Class) bool {
	switch {
	case c.isAny():
		return true
	case !o.Negated:
		return o.Runes != "" && !strings.ContainsFunc(o.Runes, func(r rune) bool { return !c.Has(r) })
	}
	return c.Negated && !strings.ContainsFunc(c.Runes, o.Has)
}

// isApart reports, where it can be seen at once, that a pattern of Not matches nothing that some list of Must does.
func (q *Query) isApart(not Pattern, budget *Budget) bool {
	return slices.ContainsFunc(q.Must, func(alternatives []Pattern) bool {
		return !slices.ContainsFunc(alternatives, func(p Pattern) bool { return !p.isApart(not, budget) })
	})
}

// isContradictory reports, where it can be seen at once, that no text matches two of the lists of Must.
func (q *Query) isContradictory(budget *Budget) bool {
	for i, list := range q.Must {
		for _, other := range q.Must[:i] {
			if len(list)*len(other) > maxPairs {
				continue
			}
			if !slices.ContainsFunc(list, func(p Pattern) bool {
				return slices.ContainsFunc(other, func(o Pattern) bool { return !p.isApartBySegments(o, budget) })
			}) {
				return true
			}
		}
	}
	return false
}

// maxPairs bounds the pairs of patterns that are held against each other before a search.
const maxPairs = 16

// isApartBySegments reports whether two patterns differ in one of the first segments between colons, which are the parts of an
// ARN: the account, say. It compares segments for as long as nothing but a colon of the pattern stands for one.
func (p Pattern) isApartBySegments(o Pattern, budget *Budget) bool {
	for budget.Spend(1 + min(len(p), len(o))/8) {
		first, rest, ok := p.cutSegment()
		other, after, too := o.cutSegment()
		if !ok || !too {
			return p.isApart(o, budget)
		}
		if first.isApart(other, budget) || !first.hasRun() && !other.hasRun() && len(first) != len(other) {
			return true
		}
		p, o = rest, after
	}
	return false
}

// cutSegment gives what stands before the first colon and behind it. It is false where another atom may stand for a colon before.
func (p Pattern) cutSegment() (segment, rest Pattern, ok bool) {
	for i := range p {
		if !p[i].Class.Has(':') {
			continue
		}
		if p[i].Run || p[i].Class.Negated || p[i].Class.Runes != ":" {
			return nil, nil, false
		}
		return p[:i], p[i+1:], true
	}
	return nil, nil, false
}

// IsApart reports that nothing matches both of two patterns. That it says false is no proof.
func (p Pattern) IsApart(o Pattern) bool {
	return p.isApartBySegments(o, &Budget{Steps: math.MaxInt})
}

// isApart reports whether the characters that two patterns begin with, or end with, can never be the same. Where the budget is
// spent it reports false, which proves nothing.
func (p Pattern) isApart(o Pattern, budget *Budget) bool {
	shorter := min(len(p), len(o))
	begins, ends := 0, 0
	for ; begins < shorter; begins++ {
		a, b := &p[begins], &o[begins]
		if a.Run || b.Run {
			break
		}
		if a.Class.isApart(b.Class) {
			return budget.Spend(1 + begins/2)
		}
	}
	for ; ends < shorter; ends++ {
		a, b := &p[len(p)-1-ends], &o[len(o)-1-ends]
		if a.Run || b.Run {
			break
		}
		if a.Class.isApart(b.Class) {
			return budget.Spend(1 + (begins+ends)/2)
		}
	}
	budget.Spend(1 + (begins+ends)/2)
	return false
}

// isApart reports whether no character is in both classes. Of two negated classes it never is sure.
func (c Class) isApart(o Class) bool {
	switch {
	case c.Negated && o.Negated:
		return false
	case len(c.Runes) == 1 && len(o.Runes) == 1:
		return (c.Runes[0] == o.Runes[0]) == (c.Negated != o.Negated)
	}
	if c.Negated {
		c, o = o, c
	}
	return !strings.ContainsFunc(c.Runes, o.Has)
}
