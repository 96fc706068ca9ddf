package reach

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/ask"
)

// index finds texts, such as the ARNs of all roles, by patterns. It is safe for concurrent use.
type index struct {
	texts []string
	// first is the place of the first text.
	first int32
	// sorted are the places of the texts in their order.
	sorted []int32
	mutex  sync.Mutex
	found  map[string][]int32
	alike  map[string][]*Set
}

// Set are places in a list, in order. Many edges share one.
type Set struct{ IDs []int32 }

// Has reports whether a place is in the set.
func (s *Set) Has(at int32) bool {
	_, found := slices.BinarySearch(s.IDs, at)
	return found
}

// newIndex indexes texts, the first of which has the place first.
func newIndex(texts []string, first int32) *index {
	x := &index{texts: texts, first: first, sorted: make([]int32, len(texts)), found: map[string][]int32{}, alike: map[string][]*Set{}}
	for i := range texts {
		x.sorted[i] = first + int32(i)
	}
	slices.SortFunc(x.sorted, func(a, b int32) int { return strings.Compare(texts[a-first], texts[b-first]) })
	return x
}

// text is the text of a place.
func (x *index) text(at int32) string { return x.texts[at-x.first] }

// match gives the places of the texts that a pattern covers, in the order of the places. What a pattern begins with finds them.
func (x *index) match(pattern string) []int32 {
	x.mutex.Lock()
	list, ok := x.found[pattern]
	x.mutex.Unlock()
	if ok {
		return list
	}
	prefix := pattern
	if first := strings.IndexAny(pattern, "*?"); first >= 0 {
		prefix = pattern[:first]
	}
	from, _ := slices.BinarySearchFunc(x.sorted, prefix, func(at int32, want string) int { return strings.Compare(x.text(at), want) })
	for _, at := range x.sorted[from:] {
		if !strings.HasPrefix(x.text(at), prefix) {
			break
		}
		if ask.Matches(pattern, x.text(at)) {
			list = append(list, at)
		}
	}
	slices.Sort(list)
	if strings.ContainsAny(pattern, "*?") {
		x.mutex.Lock()
		x.found[pattern] = list
		x.mutex.Unlock()
	}
	return list
}

// Alike groups the texts that an action may be allowed on: those of one group are named by the same patterns, and are of one class. So
// one answer holds for all of them. The groups and their members are in order. A kind names the classes.
func (x *index) Alike(n ask.Naming, kind string, class func(at int32) string) []*Set {
	key := strings.Join([]string{kind, strings.Join(n.Granted, "\n"), strings.Join(n.Limited, "\n")}, "\n\n")
	if n.All {
		key += "\n\n*"
	}
	x.mutex.Lock()
	sets, ok := x.alike[key]
	x.mutex.Unlock()
	if !ok {
		sets = x.group(n, class)
		x.mutex.Lock()
		// Whoever came first is kept, so that equal sets are one.
		if before, raced := x.alike[key]; raced {
			sets = before
		} else {
			x.alike[key] = sets
		}
		x.mutex.Unlock()
	}
	return sets
}

// special are texts that one of the patterns names, each with a text that says which patterns do.
type special map[int32][]byte

func (x *index) group(n ask.Naming, class func(at int32) string) []*Set {
	special, everything := special{}, n.All
	for i, pattern := range slices.Concat(n.Granted, n.Limited) {
		list := x.match(pattern)
		if len(list) == len(x.texts) {
			everything = everything || i < len(n.Granted)
			continue
		}
		for _, at := range list {
			special[at] = binary.AppendUvarint(special[at], uint64(i+1))
		}
	}
	groups := map[string]*Set{}
	var order []*Set
	add := func(at int32, of string) {
		s := groups[of]
		if s == nil {
			s = &Set{}
			groups[of] = s
			order = append(order, s)
		}
		s.IDs = append(s.IDs, at)
	}
	if !everything {
		for _, at := range x.granted(n.Granted) {
			add(at, string(special[at])+"|"+class(at))
		}
		return order
	}
	for i := range int32(len(x.texts)) {
		at := x.first + i
		add(at, string(special[at])+"|"+class(at))
	}
	return order
}

// granted are the places that some of the patterns cover, each once and in order.
func (x *index) granted(patterns []string) []int32 {
	var out []int32
	for _, pattern := range patterns {
		out = append(out, x.match(pattern)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
