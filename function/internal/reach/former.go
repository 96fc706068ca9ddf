package reach

import (
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Former is what the graph would say of the node of a view if it were as it was before an edit, in the account as it is now.
func (v *View) Former(was *role.Snapshot) *View {
	n := *v.nodes[v.At].Node
	n.Snapshot = was
	g := &Graph{
		Account: v.Account, accounts: v.accounts, asker: v.asker, accepted: v.accepted, weighed: v.weighed, unlisted: maps.Clone(v.unlisted), changes: v.changes, unknowns: v.unknowns,
		nodes: make([]vertex, len(v.nodes)),
	}
	for i := range v.nodes {
		g.nodes[i].Node, g.nodes[i].edges, g.nodes[i].name, g.nodes[i].account = v.nodes[i].Node, v.nodes[i].edges, v.nodes[i].name, v.nodes[i].account
		if int32(i) != v.At {
			g.nodes[i].standing.once.Do(func() { g.nodes[i].standing.known = *v.standingOf(int32(i)) })
		}
	}
	own := &g.nodes[v.At]
	own.Node, own.edges, own.looked = &n, nil, true
	if g.asker.May(&n, g.Account) {
		var s Standing
		s, own.edges = g.asker.Look(&n, g.Account)
		own.standing.once.Do(func() { own.standing.known = s })
		own.edges = slices.DeleteFunc(own.edges, func(e Edge) bool { _, known := g.unlisted[e.Unlisted]; return e.Unlisted != "" && !known })
	}
	for i := range own.edges {
		e := &own.edges[i]
		e.setKey()
		g.changes = g.changes || e.Kind == Change
		g.unknowns = g.unknowns || e.IsOpen() || e.Decision != policy.Allowed
		switch {
		case e.Unlisted != "":
			e.To = &Set{IDs: []int32{g.unlisted[e.Unlisted]}}
		case e.Kind == Make:
			e.To = &Set{IDs: []int32{g.made()}}
		}
	}
	return g.newSearch().viewFrom(v.At)
}

// Reaches are all ends of the paths of a view, each once, the best one of a path with its hops.
func (v *View) Reaches() (ends []End) {
	for i := range v.Paths {
		for _, end := range append([]End{v.Paths[i].End}, v.Paths[i].Others...) {
			if !slices.ContainsFunc(ends, end.isSame) {
				ends = append(ends, end)
			}
		}
	}
	return ends
}

// isSame reports whether two ends are one node, changed in the same way.
func (e End) isSame(o End) bool { return e.At == o.At && e.Changes == o.Changes }

// Lacks reports whether no path of the view leads to an end.
func (v *View) Lacks(end End) bool { return !slices.ContainsFunc(v.Reaches(), end.isSame) }
