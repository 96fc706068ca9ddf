package reach

import (
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Graph is an account with the edges of its nodes, and with the parts of other accounts that these lead to. It is safe for concurrent use.
type Graph struct {
	*Account
	// accounts are the account itself, and then the others. All has the nodes of all, in the order of the places.
	accounts []*Account
	asker    Asker
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
	// account is the place of its account among the accounts; -1 for what the listing does not have. why says of that why it is not known.
	account int32
	why     role.Gap
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
	g := &Graph{accounts: accountsOf(l), asker: o.Asker, unlisted: map[string]int32{}, accepted: map[int32]*Acceptance{}}
	g.Account = g.accounts[0]
	g.nodes = make([]vertex, g.total()+len(g.accounts), g.total()+len(g.accounts)+8)
	for i, a := range g.accounts {
		for k, n := range a.Nodes {
			at := a.first + int32(k)
			g.nodes[at].Node, g.nodes[at].account = n, int32(i)
			if o.Accepted != nil {
				if why, ok := o.Accepted(n.ARN()); ok {
					g.accepted[at] = &why
				}
			}
		}
		made := &g.nodes[g.madeIn(i)]
		made.name, made.account = "a new role"+a.inAccount(), int32(i)
	}
	parallel.Each(g.total(), func(i int) {
		v := &g.nodes[i]
		if a := g.accountOf(int32(i)); o.Asker.May(v.Node, a) {
			s, edges := o.Asker.Look(v.Node, a)
			v.standing.once.Do(func() { v.standing.known = s })
			v.edges, v.looked = edges, true
		}
	})
	g.leave()
	g.link()
	g.weighAccepted()
	g.view()
	return g
}

// total is how many nodes all accounts have together.
func (g *Graph) total() int {
	last := g.accounts[len(g.accounts)-1]
	return int(last.first) + len(last.Nodes)
}

// madeIn is the place of the role that whoever may make roles in an account makes, and made that in the account itself.
func (g *Graph) madeIn(account int) int32 { return int32(g.total() + account) }

func (g *Graph) made() int32 { return g.madeIn(0) }

// isMade reports whether a place is that of a role that somebody makes.
func (g *Graph) isMade(at int32) bool { return int(at) >= g.total() && !g.isUnlisted(at) }

// link gives places to what the listing does not have, and to the roles that are made.
func (g *Graph) link() {
	for i := range g.total() {
		edges := g.nodes[i].edges
		for k := range edges {
			e := &edges[k]
			e.setKey()
			g.changes = g.changes || e.Kind == Change
			g.unknowns = g.unknowns || e.IsOpen() || e.Decision != policy.Allowed
			switch {
			case e.Unlisted != "":
				e.To = &Set{IDs: []int32{g.unlistedAt(e)}}
			case e.Kind == Make:
				e.To = &Set{IDs: []int32{g.madeIn(int(g.nodes[i].account))}}
			}
		}
	}
	// The role that is made is like any role of the account, and has no boundary.
	for i, a := range g.accounts {
		if len(a.Nodes) > 0 {
			s := *a.Nodes[0].Snapshot
			s.Boundary = role.None[role.Policy]()
			g.nodes[g.madeIn(i)].Node = &Node{Snapshot: &s}
		}
	}
}

func (g *Graph) unlistedAt(e *Edge) int32 {
	at, ok := g.unlisted[e.Unlisted]
	if !ok {
		at = int32(len(g.nodes))
		g.unlisted[e.Unlisted] = at
		g.nodes = append(g.nodes, vertex{name: e.Unlisted, account: -1, why: e.Why})
	}
	return at
}

// isUnlisted reports whether a place is that of what the listing does not have.
func (g *Graph) isUnlisted(at int32) bool { return int(at) >= g.total()+len(g.accounts) }

// standingOf is how much power a node has as it is.
func (g *Graph) standingOf(at int32) *Standing {
	v := &g.nodes[at]
	v.standing.once.Do(func() {
		switch {
		case g.isUnlisted(at):
			gap := v.why
			if gap.What == "" {
				gap = notListed(v.name)
			}
			v.standing.known = Standing{DependsOn: []role.Gap{gap}}
		case g.isMade(at):
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
		a := g.accountOf(at)
		if v.standing = g.asker.Standing(&n); !v.standing.Power.IsAdministrator() && g.asker.May(&n, a) {
			_, v.edges = g.asker.Look(&n, a)
			v.edges = slices.DeleteFunc(v.edges, func(e Edge) bool { return e.Unlisted != "" })
			for i := range v.edges {
				v.edges[i].setKey()
				if v.edges[i].Kind == Make {
					v.edges[i].To = &Set{IDs: []int32{g.madeIn(int(g.nodes[at].account))}}
				}
			}
		}
	})
	return v
}
