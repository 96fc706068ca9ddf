package reach

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
)

// arrival is a node that a search came to, as it is or changed.
type arrival struct {
	at      int32
	changes uint8
	// from is the arrival before it, -1 for the start; edge is what leads here, and through the place in the edge's set.
	from  int32
	edge  *Edge
	place int32
	// base is, for a node that was changed, the arrival at the node as it was; from is then who changed it.
	base     int32
	depth    int32
	unknowns int32
}

// search goes through all that a node can become, the nearest first. Its room is used again by the next search.
type search struct {
	*Graph
	// unknown also takes edges that are not certain.
	unknown bool
	// key, where it is not empty, limits the first step to edges whose first statement has this key.
	key      string
	arrivals []arrival
	// entered has, by place, the number of the first arrival and one, of nodes as they are.
	entered []int32
	changed map[variantKey]bool
	// changers are who may change a node, and changeable the nodes that somebody may change, in order.
	changers   map[int32][]changer
	changeable []int32
	sets       map[*Set]bool
	// noted counts the changers, and passed has by what they change how many there were when that was last gone through.
	noted  int
	passed map[setChange]int
	// computes are what may run as a role of which it is not known.
	computes []changer
	// more are, by place, the strong permissions of a node that the start does not have.
	more map[int32][]ask.Step
}

// setChange is a way to change some nodes.
type setChange struct {
	to      *Set
	changes uint8
}

// changer is an arrival with an edge by which it changes a node.
type changer struct {
	from  int32
	edge  *Edge
	place int32
}

// begin searches from a start.
func (s *search) begin(start int32, key string, unknown bool) {
	for i := range s.arrivals {
		s.entered[s.arrivals[i].at] = 0
	}
	s.unknown, s.key, s.arrivals, s.computes, s.changeable = unknown, key, s.arrivals[:0], s.computes[:0], s.changeable[:0]
	clear(s.changed)
	clear(s.changers)
	clear(s.sets)
	clear(s.passed)
	s.arrivals = append(s.arrivals, arrival{at: start, from: -1, base: -1})
	s.entered[start] = 1
	for next := 0; next < len(s.arrivals); next++ {
		s.expand(int32(next))
	}
}

func (g *Graph) newSearch() *search {
	return &search{Graph: g, entered: make([]int32, len(g.nodes)), changed: map[variantKey]bool{}, changers: map[int32][]changer{}, sets: map[*Set]bool{}, passed: map[setChange]int{}, more: map[int32][]ask.Step{}}
}

// expand takes all edges of an arrival.
func (s *search) expand(from int32) {
	a := s.arrivals[from]
	edges := s.edgesOf(&a)
	for i := range edges {
		e := &edges[i]
		if e.Decision != policy.Allowed && !s.unknown || from == 0 && !s.starts(edges, e) || e.To == nil && e.Kind != Compute {
			continue
		}
		if s.unknown && e.IsOpen() {
			s.compute(changer{from: from, edge: e})
		}
		switch {
		case e.Kind == Compute:
		case e.Kind == Change:
			s.change(from, e)
		case !s.sets[e.To]:
			s.sets[e.To] = true
			for place, at := range e.To.IDs {
				s.enter(from, e, int32(place), at)
			}
		}
	}
}

// edgesOf are the edges of an arrival; none of one whose power is accepted, or of an administrator, who needs no more.
func (s *search) edgesOf(a *arrival) []Edge {
	if s.accepted[a.at] != nil && a.from >= 0 || a.from >= 0 && s.power(a).Power == Administrator {
		return nil
	}
	if a.changes == 0 {
		return s.nodes[a.at].edges
	}
	return s.Graph.changed(a.at, a.changes).edges
}

// starts reports whether a path may begin with an edge: with one of the key, or, where the key is that of a change, with any that may
// follow it.
func (s *search) starts(edges []Edge, e *Edge) bool {
	if s.key == "" || e.key == s.key {
		return true
	}
	return e.IsEntry() && slices.ContainsFunc(edges, func(o Edge) bool { return !o.IsEntry() && o.key == s.key })
}

// enter comes to a node as it is, and to what others may make of it.
func (s *search) enter(from int32, e *Edge, place, at int32) {
	if s.entered[at] != 0 {
		return
	}
	before := &s.arrivals[from]
	s.arrivals = append(s.arrivals, arrival{
		at: at, from: from, edge: e, place: place, base: -1, depth: before.depth + 1, unknowns: before.unknowns + e.unknowns(),
	})
	base := int32(len(s.arrivals))
	s.entered[at] = base
	if s.Graph.changes {
		for _, c := range s.changers[at] {
			s.become(base-1, c)
		}
	}
}

func (e *Edge) unknowns() int32 {
	n := int32(0)
	if e.Decision != policy.Allowed {
		n++
	}
	if e.Requires != "" {
		n++
	}
	return n
}

// change notes who may change nodes, and comes to those that were entered before. Who changes the same nodes in the same way comes to no
// others, unless it was noted since that somebody changes them in another way.
func (s *search) change(from int32, e *Edge) {
	same := setChange{e.To, e.Changes}
	if at, ok := s.passed[same]; ok && at == s.noted {
		return
	}
	defer func() { s.passed[same] = s.noted }()
	for place, at := range e.To.IDs {
		c := changer{from, e, int32(place)}
		if base := s.entered[at]; base != 0 {
			s.become(base-1, c)
		}
		if list := s.changers[at]; !slices.ContainsFunc(list, func(o changer) bool { return o.edge.Changes == e.Changes }) {
			if len(list) == 0 {
				place, _ := slices.BinarySearch(s.changeable, at)
				s.changeable = slices.Insert(s.changeable, place, at)
			}
			s.changers[at] = append(list, c)
			s.noted++
			if s.unknown {
				s.mayRun(at, c)
			}
		}
	}
}

// become comes to a node that was entered, and that somebody changed; with all that others changed of it.
func (s *search) become(base int32, c changer) {
	at := s.arrivals[base].at
	changes := c.edge.Changes
	for _, o := range s.changers[at] {
		if changes |= o.edge.Changes; changes != c.edge.Changes {
			break
		}
	}
	for _, one := range []uint8{c.edge.Changes, changes} {
		key := variantKey{at, one}
		if s.changed[key] {
			continue
		}
		s.changed[key] = true
		by, was := &s.arrivals[c.from], &s.arrivals[base]
		s.arrivals = append(s.arrivals, arrival{
			at: at, changes: one, from: c.from, edge: c.edge, place: c.place, base: base,
			depth: max(by.depth, was.depth) + 1, unknowns: by.unknowns + was.unknowns + c.edge.unknowns(),
		})
	}
}

// compute comes to roles that somebody may change, where what the start gets into may run as them. What else of the same account may run
// as roles by the same service comes to no others.
func (s *search) compute(c changer) {
	at := s.arrivals[c.from].at
	if slices.ContainsFunc(s.computes, func(o changer) bool {
		return o.edge.Service == c.edge.Service && s.isInAccountOf(s.arrivals[o.from].at, at)
	}) {
		return
	}
	s.computes = append(s.computes, c)
	for _, at := range s.changeable {
		for _, o := range s.changers[at] {
			s.mayRunBy(at, o, c)
		}
	}
}

func (s *search) mayRun(at int32, c changer) {
	for _, compute := range s.computes {
		s.mayRunBy(at, c, compute)
	}
}

func (s *search) mayRunBy(at int32, c, compute changer) {
	// A service acts in the account of whoever calls it.
	if s.entered[at] != 0 || !s.isUnlisted(at) && (!s.isInAccountOf(at, s.arrivals[compute.from].at) || !s.accountOf(at).mayRunBy(at, compute.edge.Service)) {
		return
	}
	key := variantKey{at, c.edge.Changes}
	if s.changed[key] {
		return
	}
	s.changed[key] = true
	base := int32(len(s.arrivals))
	before := &s.arrivals[compute.from]
	s.arrivals = append(s.arrivals, arrival{
		at: at, from: compute.from, edge: compute.edge, base: -1, depth: before.depth + 1, unknowns: before.unknowns + 1,
	}, arrival{
		at: at, changes: c.edge.Changes, from: c.from, edge: c.edge, place: c.place, base: base, depth: before.depth + 2, unknowns: before.unknowns + 1,
	})
}
