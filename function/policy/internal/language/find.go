package language

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"
)

// Query describes the text that is looked for.
type Query struct {
	// Must are lists of alternatives: the text matches at least one pattern of each list.
	Must [][]Pattern
	// Not are patterns that the text does not match.
	Not []Pattern
}

// Matches reports whether a text is such a one, and false where the budget does not suffice to see it.
func (q *Query) Matches(text string, budget *Budget) bool {
	matches := func(pattern Pattern) bool { return pattern.matches(text, budget) }
	for _, list := range q.Must {
		if !slices.ContainsFunc(list, matches) {
			return false
		}
	}
	return !slices.ContainsFunc(q.Not, matches) && !budget.Spent()
}

// Outcome is how a search ended.
type Outcome int

// The outcomes. Exceeded means that the budget was spent before the search was through.
const (
	None Outcome = iota
	Found
	Exceeded
)

// Find looks for a text, a shortest one. None is a proof that there is no such text.
func Find(q Query, budget *Budget) (string, Outcome) {
	if q.isContradictory(budget) {
		return "", None
	}
	f, ok := newFinder(q, budget)
	switch {
	case !ok || q.isCovered(budget):
		return "", None
	case budget.Spent():
		return "", Exceeded
	}
	return f.search(budget)
}

// notGroup is the group of the patterns that must not match.
const notGroup = -1

// finder is one search.
type finder struct {
	*simulation
	// group is, for each pattern, the list of alternatives that it belongs to.
	group  []int
	groups int
	nodes  []node
	queue  queue
	// best is the depth at which a state was reached by the shortest way so far.
	best map[string]int

	// states is room for the states of nodes. The others are for one step at a time, and used again.
	states    []int32
	next      []int32
	key       []byte
	least     []int
	mentioned []rune
}

// stateWork and nodeWork are the steps that it takes to look at a state, and to reach one from it, however small they are.
const (
	stateWork = 12
	nodeWork  = 20
)

// node is a state that was reached, and how.
type node struct {
	state  []int32
	parent int
	by     rune
	depth  int
}

// newFinder says false where a list of alternatives is empty, so that nothing can match. Where the budget does not suffice for
// all patterns, it has only the first ones.
func newFinder(q Query, budget *Budget) (*finder, bool) {
	f := &finder{best: map[string]int{}}
	var patterns []Pattern
	for _, alternatives := range q.Must {
		if len(alternatives) == 0 {
			return nil, false
		}
		if slices.ContainsFunc(alternatives, Pattern.isEverything) {
			continue
		}
		for _, p := range alternatives {
			if !budget.Spend(2 + len(p)) {
				return f, true
			}
			patterns = append(patterns, p)
			f.group = append(f.group, f.groups)
		}
		f.groups++
	}
	for _, p := range q.Not {
		if q.isApart(p, budget) {
			continue
		}
		if !budget.Spend(2 + len(p)) {
			return f, true
		}
		patterns = append(patterns, p)
		f.group = append(f.group, notGroup)
	}
	f.simulation, f.least = newSimulation(patterns), make([]int, f.groups)
	return f, true
}

func (p Pattern) isEverything() bool {
	return len(p) > 0 && !slices.ContainsFunc(p, func(a Atom) bool { return !a.Run || !a.Class.isAny() })
}

func (f *finder) search(budget *Budget) (string, Outcome) {
	f.add(f.start(), -1, 0)
	for len(f.queue) > 0 {
		at := f.queue.pop().node
		state, depth := f.nodes[at].state, f.nodes[at].depth
		if depth > f.best[string(f.keyOf(state))] {
			continue
		}
		if f.isAccepted(state) {
			return f.text(at), Found
		}
		letters := f.letters(state)
		if !budget.Spend(stateWork + 2*len(state) + (nodeWork+len(state)+f.groups/4)*len(letters)) {
			return "", Exceeded
		}
		for _, r := range letters {
			f.next = f.step(f.next[:0], state, r)
			f.add(f.settle(f.next), at, r)
		}
	}
	return "", None
}

// add makes a node of a state that was reached, unless it was reached before by no longer way or leads nowhere.
func (f *finder) add(state []int32, parent int, by rune) {
	left, ok := f.measure(state)
	if !ok {
		return
	}
	key, depth := f.keyOf(state), 0
	if parent >= 0 {
		depth = f.nodes[parent].depth + 1
	}
	if best, reached := f.best[string(key)]; reached && best <= depth {
		return
	}
	f.best[string(key)] = depth
	f.queue.push(candidate{node: len(f.nodes), cost: depth + left})
	f.nodes = append(f.nodes, node{state: f.kept(state), parent: parent, by: by, depth: depth})
}

// kept is a copy of a state that lasts as long as the search.
func (f *finder) kept(state []int32) []int32 {
	const piece = 512
	if cap(f.states)-len(f.states) < len(state) {
		f.states = make([]int32, 0, max(piece, len(state)))
	}
	from := len(f.states)
	f.states = append(f.states, state...)
	return f.states[from:len(f.states):len(f.states)]
}

// keyOf is a state as a key of best, until the next one is asked for.
func (f *finder) keyOf(state []int32) []byte {
	f.key = f.key[:0]
	for _, at := range state {
		f.key = binary.LittleEndian.AppendUint32(f.key, uint32(at))
	}
	return f.key
}

// measure gives a lower bound of the characters that are still missing, and false where no text can do any more.
func (f *finder) measure(state []int32) (int, bool) {
	const none = int(^uint(0) >> 1)
	least := f.least
	for i := range least {
		least[i] = none
	}
	for _, at := range state {
		p := &f.places[at]
		g := f.group[p.pattern]
		if g == notGroup {
			if p.forever {
				return 0, false
			}
			continue
		}
		least[g] = min(least[g], p.left)
	}
	most := 0
	for _, n := range least {
		most = max(most, n)
	}
	return most, most < none
}

func (f *finder) isAccepted(state []int32) bool {
	met := f.least
	clear(met)
	for _, at := range state {
		p := &f.places[at]
		if !p.end {
			continue
		}
		g := f.group[p.pattern]
		if g == notGroup {
			return false
		}
		met[g] = 1
	}
	return !slices.Contains(met, 0)
}

// preferred are the characters that stand for all those that no pattern mentions.
const preferred = "xabcdefghijklmnopqrstuvwyz0123456789-_"

// letters are the characters that a state tells apart: those that it mentions, and one for all others, which comes first. They
// last until the next state's are asked for.
func (f *finder) letters(state []int32) []rune {
	all := append(f.mentioned[:0], 0)
	for _, at := range state {
		if p := &f.places[at]; !p.end {
			for _, r := range p.atom.Class.Runes {
				all = append(all, r)
			}
		}
	}
	f.mentioned = all
	mentioned := all[1:]
	slices.Sort(mentioned)
	mentioned = slices.Compact(mentioned)
	all = all[:1+len(mentioned)]
	isNew := func(r rune) bool {
		_, found := slices.BinarySearch(mentioned, r)
		return !found
	}
	if i := strings.IndexFunc(preferred, isNew); i >= 0 {
		all[0] = rune(preferred[i])
		return all
	}
	for r := rune(0x4E00); r <= utf8.MaxRune; r++ {
		if isNew(r) {
			all[0] = r
			return all
		}
	}
	return mentioned
}

// text is the way to a node.
func (f *finder) text(at int) string {
	var runes []rune
	for ; f.nodes[at].parent >= 0; at = f.nodes[at].parent {
		runes = append(runes, f.nodes[at].by)
	}
	slices.Reverse(runes)
	return string(runes)
}
