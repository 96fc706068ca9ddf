package reach

import (
	"slices"
	"strconv"
	"strings"
)

// FirstStep identifies the first step of a path by its kind and by whom it leads to: not by the statement that allows it, nor by the action.
func (g *Graph) FirstStep(hops []Hop) string {
	return hops[0].Edge.Kind.String() + "|" + g.ARNOf(hops[0].To)
}

// EndPoint identifies an end by what it is, and by what is changed of it on the way.
func (g *Graph) EndPoint(e *End) string {
	return g.ARNOf(e.At) + "|" + strconv.Itoa(int(e.Changes))
}

// Begins reports whether a statement allows the node a first step. The key is the statement's hash, and the step is of the form of FirstStep.
func (v *View) Begins(key, first string) bool {
	kind, to, _ := strings.Cut(first, "|")
	at, ok := v.placeOf(to)
	return ok && slices.ContainsFunc(v.nodes[v.At].edges, func(e Edge) bool {
		return e.key == key && e.Kind.String() == kind && e.To != nil && slices.Contains(e.To.IDs, at)
	})
}

// placeOf is the place of what ARNOf calls it.
func (g *Graph) placeOf(name string) (int32, bool) {
	if at, ok := g.Find(name); ok {
		return at, true
	}
	if at, ok := g.unlisted[name]; ok {
		return at, true
	}
	for i := range g.accounts {
		if made := g.madeIn(i); g.nodes[made].name == name {
			return made, true
		}
	}
	return g.made(), false
}
