package policy

import "github.com/rolewatch/rolewatch/function/policy/internal/combine"

// place is where a policy stands in a Set.
type place struct {
	kind        combine.Kind
	level, part int32
}

// hit is a statement that applies, or may apply, to the request.
type hit struct {
	place
	deny      bool
	statement int32
	reach     reach
}

// hits are all of them, by kind of policy and then in their order. The first few are held without taking memory.
type hits struct {
	few   [6]hit
	count int
	more  []hit
}

func (h *hits) add(one hit) {
	if h.count < len(h.few) {
		h.few[h.count] = one
	} else {
		h.more = append(h.more, one)
	}
	h.count++
}

func (h *hits) at(i int) *hit {
	if i < len(h.few) {
		return &h.few[i]
	}
	return &h.more[i-len(h.few)]
}
