package reach

import (
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Asks are accounts of which policies may allow to assume roles, by their IDs in order. Any is set where that may be any account.
type Asks struct {
	Accounts []string `json:"accounts,omitempty"`
	Any      bool     `json:"any,omitzero"`
}

func (a *Asks) add(o Asks) {
	a.Accounts, a.Any = append(a.Accounts, o.Accounts...), a.Any || o.Any
}

// inOrder has each account once, in order, without the account itself.
func (a Asks) inOrder(own string) Asks {
	slices.Sort(a.Accounts)
	if a.Accounts = slices.DeleteFunc(slices.Compact(a.Accounts), func(id string) bool { return id == own }); len(a.Accounts) == 0 {
		a.Accounts = nil
	}
	return a
}

// Has reports whether an account is among them.
func (a *Asks) Has(account string) bool {
	_, found := slices.BinarySearch(a.Accounts, account)
	return a.Any || found
}

// IsEmpty reports whether there are none.
func (a *Asks) IsEmpty() bool { return !a.Any && len(a.Accounts) == 0 }

// Ties are what connects an account with others.
type Ties struct {
	// Admits are the accounts that trust policies of roles name.
	Admits Asks `json:"admits,omitzero"`
	// Asks are what policies of any role or user of the account ask about, and Onward what those of its part do.
	Asks   Asks `json:"asks,omitzero"`
	Onward Asks `json:"onward,omitzero"`
}

// Survey is what of an account bears on other accounts.
type Survey struct {
	// Part is what others can get into. It has no name.
	Part Part
	Ties
}

// Surveyor is an asker that also says which other accounts a node asks about.
type Surveyor interface {
	Asker
	Asks(n *Node) Asks
}

// maxPart is how many roles and users a part has at most: an item of the table holds it.
const maxPart = 100

// NewSurvey finds what others can get into: from the roles that they may assume it follows all edges. Of that it keeps what has more power than
// where it began, asks about another account, or is not known, with what leads there.
func NewSurvey(l Listing, asker Surveyor) *Survey {
	l.Others = nil
	v := &surveying{asker: asker, Account: NewAccount(l), found: map[int32]*surveyed{}, missing: map[string]bool{}}
	s := &Survey{}
	own := v.ownID()
	for _, n := range v.Nodes {
		s.Asks.add(asker.Asks(n))
	}
	s.Asks = s.Asks.inOrder(own)
	for i := range int32(len(v.trusts.keys)) {
		if to := v.trusts.admitsElsewhere(i, own); !to.IsEmpty() && !v.Nodes[i].IsServiceLinked() {
			s.Admits.add(to)
			v.reach(i, -1, nil, 0)
		}
	}
	s.Admits = s.Admits.inOrder(own)
	for next := 0; next < len(v.order); next++ {
		v.follow(v.order[next])
	}
	s.Part = v.part(own)
	for _, n := range slices.Concat(s.Part.Roles, usersOf(s.Part.Users)) {
		if at, ok := v.Find(n.ARN()); ok {
			s.Onward.add(asker.Asks(v.Nodes[at]))
		}
	}
	s.Onward = s.Onward.inOrder(own)
	return s
}

func usersOf(list []Node) (out []*role.Snapshot) {
	for i := range list {
		out = append(out, list[i].Snapshot)
	}
	return out
}

// admitsElsewhere are the other accounts that the trust policy of a role names.
func (t *trusts) admitsElsewhere(at int32, own string) Asks {
	one := t.admits[t.keyOf(at)]
	return Asks{Accounts: slices.Collect(maps.Keys(one.accounts)), Any: one.unknown || one.everybody}.inOrder(own)
}

// surveyed is a node that others can get to.
type surveyed struct {
	// door is set for a role that they may assume, from are the nodes before it, and through functions that lead to it, or on from it.
	door     bool
	from     []int32
	through  []string
	depth    int
	standing Standing
	edges    []Edge
}

// surveying is a survey under way.
type surveying struct {
	*Account
	asker   Surveyor
	found   map[int32]*surveyed
	order   []int32
	missing map[string]bool
}

// reach notes a node, and what leads to it.
func (v *surveying) reach(at, from int32, through []string, depth int) {
	one := v.found[at]
	if one == nil {
		one = &surveyed{door: from < 0, depth: depth}
		v.found[at] = one
		v.order = append(v.order, at)
	}
	if from >= 0 && !slices.Contains(one.from, from) {
		one.from = append(one.from, from)
	}
	for _, arn := range through {
		if len(one.through) < maxThrough && !slices.Contains(one.through, arn) {
			one.through = append(one.through, arn)
		}
	}
}

// maxThrough is how many functions that lead to a role a part has.
const maxThrough = 3

// follow notes what the edges of a node lead to.
func (v *surveying) follow(at int32) {
	one, n := v.found[at], v.Node(at)
	if !v.asker.May(n, v.Account) {
		one.standing = v.asker.Standing(n)
		return
	}
	one.standing, one.edges = v.asker.Look(n, v.Account)
	for i := range one.edges {
		e := &one.edges[i]
		if arn, ok := aws.ParseARNPattern(e.Unlisted); e.Unlisted != "" && (e.Kind != Assume || ok && !v.isElsewhere(arn)) {
			v.missing[e.Unlisted] = true
		}
		if e.Kind == RunAs && e.Unlisted != "" && e.Service == "" && len(one.through) < maxThrough {
			one.through = append(one.through, e.Sample) // It runs as a role that the account does not have.
		}
		if e.To == nil {
			continue
		}
		for place, to := range e.To.IDs {
			var through []string
			if place < len(e.Through) {
				through = e.Through[place : place+1]
			}
			v.reach(to, at, through, one.depth+1)
		}
	}
}

// isElsewhere reports whether a pattern is of roles of other accounts, perhaps among others.
func (v *surveying) isElsewhere(arn aws.ARNPattern) bool { return arn.Account != v.ownID() }

// part is what is kept.
func (v *surveying) part(own string) Part {
	p := Part{Account: own, Missing: slices.Sorted(maps.Keys(v.missing))}
	kept := map[int32]bool{}
	var keep func(at int32)
	keep = func(at int32) {
		if kept[at] {
			return
		}
		if len(kept) >= maxPart {
			p.Cut = p.Cut || v.found[at].door
			return
		}
		kept[at] = true
		for _, from := range v.found[at].from {
			keep(from)
		}
	}
	least := v.leastDoor()
	for _, at := range v.order {
		if v.isOfConcern(at, least) {
			keep(at)
		}
	}
	functions := map[string]bool{}
	for _, at := range v.order {
		if !kept[at] {
			continue
		}
		switch n := v.Node(at); {
		case n.IsUser:
			own := *n
			own.Snapshot = bare(n.Snapshot)
			p.Users = append(p.Users, own)
		default:
			p.Roles = append(p.Roles, bare(n.Snapshot))
		}
		for _, arn := range v.found[at].through {
			functions[arn] = true
		}
		if v.leavesOut(at, kept, least) {
			p.Left = append(p.Left, v.Node(at).ARN())
		}
	}
	for _, f := range v.Functions {
		if functions[f.ARN] {
			p.Functions = append(p.Functions, f)
		}
	}
	return p
}

// bare is a role without what a part does not need. It holds nothing of the listing that it is from.
func bare(s *role.Snapshot) *role.Snapshot {
	own := *s
	own.Users.List, own.Similar = nil, nil
	for _, f := range s.Users.List {
		own.Users.List = append(own.Users.List, role.Function{ARN: f.ARN, Version: f.Version, Role: f.Role})
	}
	return &own
}

// leastDoor is the least power that a role has which others may assume.
func (v *surveying) leastDoor() Power {
	least := Administrator
	for _, one := range v.found {
		if one.door {
			least = min(least, one.standing.Power)
		}
	}
	return least
}

// isOfConcern reports whether a node is a role that others may assume, or adds something to what these may do.
func (v *surveying) isOfConcern(at int32, least Power) bool {
	one := v.found[at]
	if one.door || one.standing.Power == Unknown || one.standing.Power > max(least, Ordinary) || len(one.standing.Strong) > 0 {
		return true
	}
	if asks := v.asker.Asks(v.Node(at)); !asks.IsEmpty() {
		return true
	}
	return slices.ContainsFunc(one.edges, func(e Edge) bool { return e.Kind == Change || e.Kind == Make || e.Kind == Compute || e.Unlisted != "" })
}

// leavesOut reports whether a node that is kept leads to one that is of concern and is not kept.
func (v *surveying) leavesOut(at int32, kept map[int32]bool, least Power) bool {
	for i := range v.found[at].edges {
		if e := &v.found[at].edges[i]; e.To != nil && slices.ContainsFunc(e.To.IDs, func(to int32) bool { return !kept[to] && v.isOfConcern(to, least) }) {
			return true
		}
	}
	return false
}
