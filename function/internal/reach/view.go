package reach

import (
	"cmp"
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/policy"
)

// View is what a graph says of one node.
type View struct {
	*Graph
	At int32
	// Standing is the node's own power; unknown of a node that can become no other, whose power nobody asked for.
	Standing Standing
	// Paths lead for certain to more power than the node has, one for each first statement.
	Paths []Path
	// Open are ends of which it is not known whether they are reached, or how much power they have.
	Open []End
}

// Of gives what the graph says of a role or user; nil for one that it does not have.
func (g *Graph) Of(arn string) *View {
	at, ok := g.Find(arn)
	if !ok {
		return nil
	}
	if v := g.views[at]; v != nil {
		return v
	}
	v := &View{Graph: g, At: at}
	if g.nodes[at].looked {
		v.Standing = *g.standingOf(at)
	}
	return v
}

// use is a step that paths take: a statement of a node.
type use struct {
	at        int32
	statement *policy.Statement
}

// view searches from every node that has edges.
func (g *Graph) view() {
	g.views = make([]*View, len(g.Nodes))
	searches := sync.Pool{New: func() any { return g.newSearch() }}
	parallel.Each(len(g.Nodes), func(i int) {
		if len(g.nodes[i].edges) == 0 {
			return
		}
		s := searches.Get().(*search)
		g.views[i] = s.viewFrom(int32(i))
		searches.Put(s)
	})
	g.uses = map[use]int{}
	for _, v := range g.views {
		if v == nil {
			continue
		}
		for i := range v.Paths {
			for k := range v.Paths[i].Hops {
				h := &v.Paths[i].Hops[k]
				if ref := h.Statement(); ref != nil {
					g.uses[use{h.From, ref.Statement}]++
				}
			}
		}
	}
}

// viewFrom searches from one node, for each first statement.
func (s *search) viewFrom(start int32) *View {
	v := &View{Graph: s.Graph, At: start, Standing: *s.standingOf(start)}
	if v.Standing.Power.IsAdministrator() {
		return v
	}
	clear(s.more)
	var keys []string
	for i := range s.nodes[start].edges {
		if key := s.nodes[start].edges[i].key; !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	best := v.Standing.Power
	for _, key := range keys {
		s.begin(start, key, false)
		p := Path{Key: key}
		var open []End
		p.End, p.Others, open = s.ends(v)
		v.Open = append(v.Open, open...)
		if p.At >= 0 {
			p.Strong = p.Standing.Power <= v.Standing.Power && !s.isMoreElsewhere(p.At, p.Standing.Power)
			v.Paths = append(v.Paths, p)
			best = max(best, p.Standing.Power)
		}
	}
	if s.Graph.changes {
		best = s.together(v, best)
	}
	if s.unknowns {
		s.begin(start, "", true)
		v.Open = append(v.Open, s.uncertain(v, best)...)
	}
	return v
}

// together adds a path to more power than all others lead to, of which one statement alone leads nowhere: by one of them somebody enters a
// role, by another one it is changed.
func (s *search) together(v *View, best Power) Power {
	if len(v.Paths) == 0 && len(s.nodes[v.At].edges) < 2 {
		return best
	}
	s.begin(v.At, "", false)
	s.key = ""
	end, others, _ := s.ends(v)
	if end.At < 0 || end.Standing.Power <= best {
		return best
	}
	p := Path{Key: end.Hops[0].Edge.key, End: end, Others: others}
	v.Paths = slices.DeleteFunc(v.Paths, func(o Path) bool { return o.Key == p.Key })
	v.Paths = append(v.Paths, p)
	return end.Standing.Power
}

// candidate is an arrival with its power.
type candidate struct {
	number   int32
	standing *Standing
	accepted *Acceptance
}

// ends are those of a search that have more power than the start: the best with its hops, the others, and those of unknown power. The best
// one has the place -1 where there is none.
func (s *search) ends(v *View) (best End, others, open []End) {
	best.At = -1
	var found []candidate
	for i := 1; i < len(s.arrivals); i++ {
		a := &s.arrivals[i]
		c := candidate{number: int32(i), standing: s.power(a)}
		if len(s.accepted) > 0 {
			c.accepted = s.accepted[a.at]
		}
		switch p := c.standing.Power; {
		case p == Unknown && c.accepted == nil:
			if s.key != "" && len(open) < maxOthers && s.keyOf(c.number) == s.key {
				open = append(open, s.end(&c, true))
			}
		case p > v.Standing.Power, s.isMoreElsewhere(a.at, p), p == Ordinary && v.Standing.Power == Ordinary && a.changes == 0 && s.isStronger(v, a.at, &c):
			found = append(found, c)
		}
	}
	slices.SortStableFunc(found, s.compare)
	found = slices.DeleteFunc(found, func(c candidate) bool {
		return s.key != "" && s.hasChanges() && s.keyOf(c.number) != s.key
	})
	if len(found) == 0 {
		return best, nil, open
	}
	if best := found[0].standing.Power; best > v.Standing.Power {
		found = slices.DeleteFunc(found, func(c candidate) bool {
			return c.standing.Power <= v.Standing.Power && !s.isMoreElsewhere(s.arrivals[c.number].at, c.standing.Power)
		})
	}
	for i := range found[1:] {
		if !slices.ContainsFunc(found[:i+1], func(c candidate) bool { return s.arrivals[c.number].at == s.arrivals[found[i+1].number].at }) {
			others = append(others, s.end(&found[i+1], false))
		}
		if len(others) == maxOthers {
			break
		}
	}
	return s.end(&found[0], true), others, open
}

// maxOthers bounds how many ends other than the best are kept.
const maxOthers = 20

// hasChanges reports whether somebody may change something, so that a path may begin with another statement than the one searched for.
func (s *search) hasChanges() bool { return len(s.changers) > 0 }

// compare orders ends: those that nobody accepts first, then by power, the length of the path, what is unknown, and the name.
func (s *search) compare(a, b candidate) int {
	x, y := &s.arrivals[a.number], &s.arrivals[b.number]
	return cmp.Or(cmp.Compare(flag(a.accepted != nil), flag(b.accepted != nil)), cmp.Compare(b.standing.Power, a.standing.Power),
		cmp.Compare(x.depth, y.depth), cmp.Compare(x.unknowns, y.unknowns), cmp.Compare(s.NameOf(x.at), s.NameOf(y.at)))
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// isStronger reports whether a node of the same class may do something strong that the start may not.
func (s *search) isStronger(v *View, at int32, c *candidate) bool {
	if len(c.standing.Strong) == 0 || s.isUnlisted(at) {
		return false
	}
	more, known := s.more[at]
	if !known {
		more = s.asker.More(s.nodes[v.At].Node, c.standing.Strong)
		s.more[at] = more
	}
	own := *c.standing
	own.Strong = more
	c.standing = &own
	return len(own.Strong) > 0
}

// power is how much power an arrival has.
func (s *search) power(a *arrival) *Standing {
	if a.changes != 0 {
		return &s.Graph.changed(a.at, a.changes).standing
	}
	if len(s.weighed) > 0 && a.from >= 0 && s.weighed[a.at] != nil {
		return s.weighed[a.at]
	}
	return s.standingOf(a.at)
}

func (s *search) end(c *candidate, withHops bool) End {
	a := &s.arrivals[c.number]
	e := End{At: a.at, Standing: *c.standing, Changes: a.changes, Unknowns: int(a.unknowns), Accepted: c.accepted}
	if withHops {
		e.Hops = s.hops(c.number)
	}
	return e
}

// uncertain are ends that would have more power than any that is reached for certain, by edges that are not certain.
func (s *search) uncertain(v *View, best Power) []End {
	var found []candidate
	for i := 1; i < len(s.arrivals); i++ {
		a := &s.arrivals[i]
		c := candidate{number: int32(i), standing: s.power(a)}
		if _, ok := s.accepted[a.at]; ok || c.standing.Power != Unknown && c.standing.Power <= best && !s.isOpenElsewhere(v, a.at, c.standing.Power) {
			continue
		}
		found = append(found, c)
	}
	slices.SortStableFunc(found, s.compare)
	var out []End
	for i := range found {
		e := s.end(&found[i], true)
		if e.Changes == 0 && slices.ContainsFunc(e.Hops, func(h Hop) bool { return h.IsGuess() }) {
			continue // It is one of all that it may run as.
		}
		if !slices.ContainsFunc(e.Hops, func(h Hop) bool { return h.Edge.Decision != policy.Allowed || h.IsGuess() }) {
			continue
		}
		if out = append(out, e); len(out) == maxOthers {
			break
		}
	}
	return out
}

// IsGuess reports whether the hop gets into something of which it is not known what it runs as: it may be the node that it leads to.
func (h *Hop) IsGuess() bool {
	return h.Edge.Kind == Compute || h.Edge.IsOpen() && !slices.Contains(h.Edge.To.IDs, h.To)
}

// Uses is how many paths of the account take a step.
func (g *Graph) Uses(h *Hop) int {
	ref := h.Statement()
	if ref == nil {
		return 0
	}
	return g.uses[use{h.From, ref.Statement}]
}

// Cut is the step of a path that most paths of the account take: to take it away ends them all. Of several it is the first.
func (g *Graph) Cut(hops []Hop) *Hop {
	best := -1
	for i := range hops {
		if hops[i].Statement() != nil && (best < 0 || g.Uses(&hops[i]) > g.Uses(&hops[best])) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	return &hops[best]
}
