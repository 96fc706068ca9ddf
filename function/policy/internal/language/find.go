package language

import (
	"container/heap"
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
	f.simulation = newSimulation(patterns)
	return f, true
}

func (p Pattern) isEverything() bool {
	return len(p) > 0 && !slices.ContainsFunc(p, func(a Atom) bool { return !a.Run || !a.Class.isAny() })
}

func (f *finder) search(budget *Budget) (string, Outcome) {
	f.add(f.start(), -1, 0)
	for f.queue.Len() > 0 {
		at := heap.Pop(&f.queue).(candidate).node
		state, depth := f.nodes[at].state, f.nodes[at].depth
		if depth > f.best[keyOf(state)] {
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
			next := f.step(state, r)
			f.nodes = append(f.nodes, node{parent: at, by: r, depth: depth + 1})
			if !f.add(next, at, r) {
				f.nodes = f.nodes[:len(f.nodes)-1]
			}
		}
	}
	return "", None
}

// add notes a state that was reached, unless it was reached before by no longer way or leads nowhere. The node for it, if it
// is not the first, is the last one.
func (f *finder) add(state []int32, parent int, by rune) bool {
	left, ok := f.measure(state)
	if !ok {
		return false
	}
	key, depth := keyOf(state), 0
	if parent >= 0 {
		depth = f.nodes[parent].depth + 1
	}
	if best, reached := f.best[key]; reached && best <= depth {
		return false
	}
	f.best[key] = depth
	if parent < 0 {
		f.nodes = append(f.nodes, node{parent: parent, by: by})
	}
	at := len(f.nodes) - 1
	f.nodes[at].state = state
	heap.Push(&f.queue, candidate{node: at, cost: f.nodes[at].depth + left})
	return true
}

func keyOf(state []int32) string {
	key := make([]byte, 0, 4*len(state))
	for _, at := range state {
		key = binary.LittleEndian.AppendUint32(key, uint32(at))
	}
	return string(key)
}

// measure gives a lower bound of the characters that are still missing, and false where no text can do any more.
func (f *finder) measure(state []int32) (int, bool) {
	const none = int(^uint(0) >> 1)
	least := make([]int, f.groups)
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
	met := make([]bool, f.groups)
	for _, at := range state {
		p := &f.places[at]
		if !p.end {
			continue
		}
		g := f.group[p.pattern]
		if g == notGroup {
			return false
		}
		met[g] = true
	}
	return !slices.Contains(met, false)
}

// preferred are the characters that stand for all those that no pattern mentions.
const preferred = "xabcdefghijklmnopqrstuvwyz0123456789-_"

// letters are the characters that a state tells apart: those that it mentions, and one for all others.
func (f *finder) letters(state []int32) []rune {
	var mentioned []rune
	for _, at := range state {
		if p := &f.places[at]; !p.end {
			for _, r := range p.atom.Class.Runes {
				mentioned = append(mentioned, r)
			}
		}
	}
	slices.Sort(mentioned)
	mentioned = slices.Compact(mentioned)
	isNew := func(r rune) bool {
		_, found := slices.BinarySearch(mentioned, r)
		return !found
	}
	if i := strings.IndexFunc(preferred, isNew); i >= 0 {
		return append([]rune{rune(preferred[i])}, mentioned...)
	}
	for r := rune(0x4E00); r <= utf8.MaxRune; r++ {
		if isNew(r) {
			return append([]rune{r}, mentioned...)
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

// candidate is a node that waits, with a lower bound of the length of the texts that lead through it.
type candidate struct{ node, cost int }

// queue holds the candidates, the shortest first; of equals the one that came last.
type queue []candidate

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].node > q[j].node
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(candidate)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
