// Package language decides questions about sets of texts that are described by patterns with wildcards: is there a text
// that matches all of these and none of those, and which? It owns the search; what a pattern means in a policy is its
// caller's to say.
package language

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Class is a set of characters: those listed, or, negated, all others.
type Class struct {
	Runes   string
	Negated bool
}

// Any is the class of all characters.
var Any = Class{Negated: true}

// Has says whether the class holds a character.
func (c Class) Has(r rune) bool {
	switch {
	case c.Runes == "":
		return c.Negated
	case len(c.Runes) == 1 && r < utf8.RuneSelf: // Nearly all are letters of a literal.
		return (rune(c.Runes[0]) == r) != c.Negated
	}
	return strings.ContainsRune(c.Runes, r) != c.Negated
}

func (c Class) isAny() bool { return c.Negated && c.Runes == "" }

// Atom is one character of a class or, as a run, any number of them.
type Atom struct {
	Class Class
	Run   bool
}

// Pattern is a sequence of atoms; it matches a whole text. An empty pattern matches the empty text.
type Pattern []Atom

// Literal is the pattern that matches text alone.
func Literal(text string) Pattern {
	p := make(Pattern, 0, len(text))
	for _, r := range text {
		p = append(p, Atom{Class: Class{Runes: string(r)}})
	}
	return p
}

// AnyRun is the pattern of all texts.
func AnyRun() Pattern { return Pattern{{Class: Any, Run: true}} }

// Join puts patterns one behind the other.
func Join(patterns ...Pattern) Pattern { return slices.Concat(patterns...) }

// Matches reports whether the pattern matches the whole of text.
func (p Pattern) Matches(text string) bool { return p.matches(text, &Budget{Steps: math.MaxInt}) }

// matches reports false where the budget ends first.
func (p Pattern) matches(text string, budget *Budget) bool {
	if !budget.Spend(3 + len(p)/64) {
		return false
	}
	// Patterns of policies are short: their places take no memory from the heap.
	var room [2][256]bool
	reached, next := room[0][:], room[1][:]
	if len(p) >= len(reached) {
		reached, next = make([]bool, len(p)+1), make([]bool, len(p)+1)
	}
	w := window{}
	reached[0] = true
	w.settle(p, reached)
	for _, r := range text {
		if !budget.Spend(1 + (w.to-w.from)/2) {
			return false
		}
		after := window{from: len(p) + 1, to: -1}
		for i := w.from; i <= w.to && i < len(p); i++ {
			if !reached[i] || !p[i].Class.Has(r) {
				continue
			}
			at := i + 1
			if p[i].Run {
				at = i
			}
			next[at] = true
			after.from, after.to = min(after.from, at), max(after.to, at)
		}
		if after.to < 0 {
			return false
		}
		clear(reached[w.from : w.to+1])
		after.settle(p, next)
		reached, next, w = next, reached, after
	}
	return w.to == len(p) && reached[len(p)]
}

// window is where the places stand that were reached, its ends included.
type window struct{ from, to int }

// settle adds the places behind runs, which match nothing as well, and leaves out what a run of any character makes needless.
func (w *window) settle(p Pattern, reached []bool) {
	for i := w.from; i <= w.to && i < len(p); i++ {
		if !reached[i] || !p[i].Run {
			continue
		}
		reached[i+1] = true
		w.to = max(w.to, i+1)
	}
	for i := w.to; i >= w.from; i-- {
		if i < len(p) && reached[i] && p[i].Run && p[i].Class.isAny() {
			clear(reached[w.from:i])
			w.from = i
			return
		}
	}
}

// pass adds the places behind runs, which match nothing as well.
func (p Pattern) pass(reached []bool) {
	for i := range p {
		if reached[i] && p[i].Run {
			reached[i+1] = true
		}
	}
}

// simulation follows several patterns through a text at once. A state is a sorted list of places, each a pattern and
// how many of its atoms lie behind.
type simulation struct {
	places []place
	// offset is where each pattern's places begin.
	offset []int
}

// place is a position in one pattern, worked out once.
type place struct {
	pattern int32
	atom    Atom
	// end is set behind the last atom.
	end bool
	// anchor is set on a run of any character: whatever an earlier place of its pattern leads to, this one does too.
	anchor bool
	// forever is set where everything that follows matches.
	forever bool
	// left is how many characters must follow at least.
	left int
}

func newSimulation(patterns []Pattern) *simulation {
	count := len(patterns)
	for _, p := range patterns {
		count += len(p)
	}
	s := &simulation{offset: make([]int, len(patterns)), places: make([]place, 0, count)}
	for i, p := range patterns {
		s.offset[i] = len(s.places)
		trailing, left := len(p), 0
		for trailing > 0 && p[trailing-1].Run && p[trailing-1].Class.isAny() {
			trailing--
		}
		for _, a := range p {
			if !a.Run {
				left++
			}
		}
		for j, a := range p {
			anchor := a.Run && a.Class.isAny()
			s.places = append(s.places, place{pattern: int32(i), atom: a, anchor: anchor, forever: j >= trailing, left: left})
			if !a.Run {
				left--
			}
		}
		s.places = append(s.places, place{pattern: int32(i), end: true})
	}
	return s
}

// start is the state before the first character.
func (s *simulation) start() []int32 {
	var state []int32
	for _, at := range s.offset {
		state = s.enter(state, int32(at))
	}
	return s.settle(state)
}

// enter adds a place, and those behind it that are reached when runs match nothing.
func (s *simulation) enter(state []int32, at int32) []int32 {
	for {
		state = append(state, at)
		p := &s.places[at]
		if p.end || !p.atom.Run {
			return state
		}
		at++
	}
}

// settle sorts a state, and leaves out what stands twice and what a run of any character makes needless.
func (s *simulation) settle(state []int32) []int32 {
	slices.Sort(state)
	state = slices.Compact(state)
	kept := len(state)
	skip := int32(-1)
	for i := len(state) - 1; i >= 0; i-- {
		p := &s.places[state[i]]
		if p.pattern == skip {
			continue
		}
		kept--
		state[kept], state[i] = state[i], state[kept]
		if p.anchor {
			skip = p.pattern
		}
	}
	return state[kept:]
}

// step adds to next the places behind one more character; settle makes a state of them.
func (s *simulation) step(next, state []int32, r rune) []int32 {
	for _, at := range state {
		p := &s.places[at]
		if p.end || !p.atom.Class.Has(r) {
			continue
		}
		if p.atom.Run {
			next = s.enter(next, at)
		} else {
			next = s.enter(next, at+1)
		}
	}
	return next
}
