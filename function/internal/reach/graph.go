package reach

import (
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Graph is an account with the edges of its nodes. It is safe for concurrent use.
type Graph struct {
	*Account
	asker Asker
	// accepted says why the power of a node is accepted; nil where none is.
	accepted map[int32]*Acceptance
	// weighed is how much power those nodes have with what they can become.
	weighed map[int32]*Standing
	nodes   []vertex
	// unlisted are nodes that policies name and the listing does not have, by their ARNs or patterns.
	unlisted map[string]int32
	variants sync.Map
	// views are what the graph says of each node, and uses count the paths that take a step.
	views []*View
	uses  map[use]int
	// changes is set where somebody may change what others may do, and unknowns where some edge is not certain.
	changes, unknowns bool
}

// vertex is a node in the graph.
type vertex struct {
	*Node
	edges    []Edge
	standing standing
	// looked is set where the edges were asked for.
	looked bool
	// name is that of a vertex without a node: of what the listing does not have, or of a role that somebody makes.
	name string
}

// standing is worked out when it is first asked for.
type standing struct {
	once  sync.Once
	known Standing
}

// Options are what a graph is built with.
type Options struct {
	Asker Asker
	// Accepted gives why the power of a role is accepted.
	Accepted func(arn string) (Acceptance, bool)
}

// Build asks for the edges of all nodes, several at a time.
func Build(l Listing, o Options) *Graph {
	g := &Graph{Account: NewAccount(l), asker: o.Asker, unlisted: map[string]int32{}, accepted: map[int32]*Acceptance{}}
	g.nodes = make([]vertex, len(g.Nodes)+1, len(g.Nodes)+8)
	for i, n := range g.Nodes {
		g.nodes[i].Node = n
		if o.Accepted != nil {
			if why, ok := o.Accepted(n.ARN()); ok {
				g.accepted[int32(i)] = &why
			}
		}
	}
	g.nodes[g.made()].name = "a new role"
	parallel.Each(len(g.Nodes), func(i int) {
		if v := &g.nodes[i]; o.Asker.May(v.Node, g.Account) {
			s, edges := o.Asker.Look(v.Node, g.Account)
			v.standing.once.Do(func() { v.standing.known = s })
			v.edges, v.looked = edges, true
		}
	})
	g.link()
	g.weighAccepted()
	g.view()
	return g
}

// made is the place of the role that whoever may make roles makes.
func (g *Graph) made() int32 { return int32(len(g.Nodes)) }

// link gives places to what the listing does not have, and to the role that is made.
func (g *Graph) link() {
	for i := range g.Nodes {
		edges := g.nodes[i].edges
		for k := range edges {
			e := &edges[k]
			e.setKey()
			g.changes = g.changes || e.Kind == Change
			g.unknowns = g.unknowns || e.IsOpen() || e.Decision != policy.Allowed
			switch {
			case e.Unlisted != "":
				e.To = &Set{IDs: []int32{g.unlistedAt(e.Unlisted)}}
			case e.Kind == Make:
				e.To = &Set{IDs: []int32{g.made()}}
			}
		}
	}
	// The role that is made is like any role of the account, and has no boundary.
	if len(g.Nodes) > 0 {
		s := *g.Nodes[0].Snapshot
		s.Boundary = role.None[role.Policy]()
		g.nodes[g.made()].Node = &Node{Snapshot: &s}
	}
}

func (g *Graph) unlistedAt(name string) int32 {
	at, ok := g.unlisted[name]
	if !ok {
		at = int32(len(g.nodes))
		g.unlisted[name] = at
		g.nodes = append(g.nodes, vertex{name: name})
	}
	return at
}

// isUnlisted reports whether a place is that of what the listing does not have.
func (g *Graph) isUnlisted(at int32) bool { return at > g.made() }

// standingOf is how much power a node has as it is.
func (g *Graph) standingOf(at int32) *Standing {
	v := &g.nodes[at]
	v.standing.once.Do(func() {
		switch {
		case g.isUnlisted(at):
			v.standing.known = Standing{DependsOn: []role.Gap{notListed(v.name)}}
		case at == g.made():
			v.standing.known = g.asker.Standing(&Node{Snapshot: g.asker.Anything(v.Snapshot)})
		default:
			v.standing.known = g.asker.Standing(v.Node)
		}
	})
	return &v.standing.known
}

func notListed(name string) role.Gap {
	return role.Gap{
		What:      "what " + name + " may do is not known: the listing of the account does not have it",
		SettledBy: "See what it may do in the account that it is in, or take it out of the policy where it does not exist.",
	}
}

// variant is a node after somebody changed it.
type variant struct {
	once     sync.Once
	standing Standing
	edges    []Edge
}

type variantKey struct {
	at      int32
	changes uint8
}

// changed gives a node after somebody changed it.
func (g *Graph) changed(at int32, changes uint8) *variant {
	known, ok := g.variants.Load(variantKey{at, changes})
	if !ok {
		known, _ = g.variants.LoadOrStore(variantKey{at, changes}, &variant{})
	}
	v := known.(*variant)
	v.once.Do(func() {
		if g.isUnlisted(at) {
			v.standing = *g.standingOf(at)
			return
		}
		n := *g.nodes[at].Node
		s := *n.Snapshot
		n.Snapshot = &s
		if changes&Boundary != 0 {
			s.Boundary = role.None[role.Policy]()
		}
		if changes&Policies != 0 {
			n.Snapshot = g.asker.Anything(n.Snapshot)
		}
		if v.standing = g.asker.Standing(&n); !v.standing.Power.IsAdministrator() && g.asker.May(&n, g.Account) {
			_, v.edges = g.asker.Look(&n, g.Account)
			v.edges = slices.DeleteFunc(v.edges, func(e Edge) bool { return e.Unlisted != "" })
			for i := range v.edges {
				v.edges[i].setKey()
				if v.edges[i].Kind == Make {
					v.edges[i].To = &Set{IDs: []int32{g.made()}}
				}
			}
		}
	})
	return v
}
