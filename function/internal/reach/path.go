package reach

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Hop is one step of a path: who takes it, what it leads to, and by which edge.
type Hop struct {
	Edge *Edge
	// From and To are the nodes' places.
	From, To int32
	// Through is the ARN of the function or policy that leads to To; empty where the requests are on it.
	Through string
}

// Statement is the statement that allows the first request of the hop; nil where it is not known.
func (h *Hop) Statement() *policy.StatementRef { return h.Edge.First() }

// End is where a path leads.
type End struct {
	At       int32
	Standing Standing
	// Changes are what is changed of the node before it is reached, at the end of the path.
	Changes  uint8
	Unknowns int
	// Accepted is why the power of the end is accepted; nil where it is not.
	Accepted *Acceptance
	Hops     []Hop
}

// Path is what a node can become by one first statement.
type Path struct {
	// Key is the statement's hash.
	Key string
	// End is the most powerful one that is reached, by the shortest way. Others are the rest, the most powerful first, without their hops.
	End
	Others []End
	// Strong is, where the end is of the same class of power as the start, what it may do that the start may not.
	Strong bool
}

// hops are the steps that lead to an arrival, in order. A node that is changed is changed before it is entered, unless whoever changes it
// comes to that by way of the node itself.
func (s *search) hops(at int32) []Hop {
	a := &s.arrivals[at]
	if a.from < 0 {
		return nil
	}
	last := s.hop(a)
	if a.base < 0 {
		return append(s.hops(a.from), last)
	}
	if s.isBefore(a.base, a.from) {
		return append(s.hops(a.from), last)
	}
	out := append(s.hops(a.from), last)
	for _, h := range s.hops(a.base) {
		if !slices.ContainsFunc(out, func(o Hop) bool { return o.Edge == h.Edge && o.To == h.To }) {
			out = append(out, h)
		}
	}
	return out
}

func (s *search) hop(a *arrival) Hop {
	h := Hop{Edge: a.edge, From: s.arrivals[a.from].at, To: a.at}
	if int(a.place) < len(a.edge.Through) {
		h.Through = a.edge.Through[a.place]
	}
	return h
}

// isBefore reports whether one arrival is on the way to another, or is it.
func (s *search) isBefore(first, then int32) bool {
	for ; then >= 0; then = s.arrivals[then].from {
		if then == first {
			return true
		}
		if base := s.arrivals[then].base; base >= 0 && s.isBefore(first, base) {
			return true
		}
	}
	return false
}

// keyOf is the key of the first hop of an arrival.
func (s *search) keyOf(at int32) string {
	if hops := s.hops(at); len(hops) > 0 {
		return hops[0].Edge.key
	}
	return ""
}
