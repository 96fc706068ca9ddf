package reach

import "github.com/rolewatch/rolewatch/function/policy"

// Found is a path that somebody asked for.
type Found struct {
	End
	// Certain is set where every step is allowed for certain.
	Certain bool
}

// To gives the shortest path from a node to one that fits, certain ones first; false where there is none.
func (g *Graph) To(from int32, fits func(at int32, s *Standing) bool) (Found, bool) {
	s := g.newSearch()
	for _, unknown := range []bool{false, true} {
		if unknown && !g.unknowns {
			break
		}
		s.begin(from, "", unknown)
		best := -1
		for i := 1; i < len(s.arrivals); i++ {
			a := &s.arrivals[i]
			if !fits(a.at, s.power(a)) || best >= 0 && !isNearer(a, &s.arrivals[best]) {
				continue
			}
			best = i
		}
		if best >= 0 {
			c := candidate{number: int32(best), standing: s.power(&s.arrivals[best])}
			end := s.end(&c, true)
			return Found{end, !unknown}, true
		}
	}
	return Found{}, false
}

func isNearer(a, b *arrival) bool {
	return a.depth < b.depth || a.depth == b.depth && a.unknowns < b.unknowns
}

// IsCertain reports whether every step of a path is allowed for certain, and leads where it does.
func IsCertain(hops []Hop) bool {
	for i := range hops {
		if hops[i].Edge.Decision != policy.Allowed || hops[i].IsGuess() {
			return false
		}
	}
	return true
}

// HasEdges reports whether a node may do something to others.
func (g *Graph) HasEdges(at int32) bool { return len(g.nodes[at].edges) > 0 }
