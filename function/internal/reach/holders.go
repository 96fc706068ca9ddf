package reach

import (
	"slices"
	"sync"
)

// behind is what a set of functions or policies leads to: nodes, each with the ARN of what leads to it.
type behind struct {
	to      *Set
	through []string
}

// behinds are worked out once for each set. They are safe for concurrent use.
type behinds struct{ sets sync.Map }

func (b *behinds) of(set *Set, compute func() behind) behind {
	if known, ok := b.sets.Load(set); ok {
		return known.(behind)
	}
	known, _ := b.sets.LoadOrStore(set, compute())
	return known.(behind)
}

// lead adds a node that something leads to, once.
func (b *behind) lead(seen map[int32]bool, node int32, arn string) {
	if !seen[node] {
		seen[node] = true
		b.to.IDs, b.through = append(b.to.IDs, node), append(b.through, arn)
	}
}

// inOrder puts the nodes in order.
func (b behind) inOrder() behind {
	places := make([]int, len(b.to.IDs))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(x, y int) int { return int(b.to.IDs[x]) - int(b.to.IDs[y]) })
	out := behind{to: &Set{}}
	for _, i := range places {
		out.to.IDs, out.through = append(out.to.IDs, b.to.IDs[i]), append(out.through, b.through[i])
	}
	return out
}

// RunBy are the roles of the listing that a set of functions runs as, each with the ARN of one such function.
func (a *Account) RunBy(set *Set) (*Set, []string) {
	b := a.behind.of(set, func() behind {
		out, seen := behind{to: &Set{}}, map[int32]bool{}
		for _, f := range set.IDs {
			if at := a.runsAs[f]; at >= 0 {
				out.lead(seen, at, a.Functions[f].ARN)
			}
		}
		return out.inOrder()
	})
	return b.to, b.through
}

// maxUnlisted bounds how many roles that the listing does not have are told apart behind one set of functions.
const maxUnlisted = 20

// RunByUnlisted are the ARNs of roles that a set of functions runs as and the listing does not have.
func (a *Account) RunByUnlisted(set *Set) []string {
	var out []string
	for _, f := range set.IDs {
		if arn := a.Functions[f].Role; a.runsAs[f] < 0 && !slices.Contains(out, arn) {
			if out = append(out, arn); len(out) == maxUnlisted {
				break
			}
		}
	}
	return out
}

// Policy is the ARN of a managed policy of the account.
func (a *Account) Policy(at int32) string { return a.policyARNs[at] }

// Holders are the roles and users that have one of a set of managed policies, each with the ARN of one that it has.
func (a *Account) Holders(set *Set) (*Set, []string) {
	b := a.behind.of(set, func() behind {
		out, seen := behind{to: &Set{}}, map[int32]bool{}
		for _, p := range set.IDs {
			for _, at := range a.holders[p].IDs {
				out.lead(seen, at, a.policyARNs[p])
			}
		}
		return out.inOrder()
	})
	return b.to, b.through
}

// Group is a group of users.
type Group struct {
	ARN     string
	Members *Set
}

// Groups are the groups that have users.
func (a *Account) Groups() []Group { return a.groups }

// addGroups lists the groups with their users.
func (a *Account) addGroups() {
	at := map[string]int{}
	for i, n := range a.Nodes {
		for _, arn := range n.Groups {
			k, ok := at[arn]
			if !ok {
				k = len(a.groups)
				at[arn] = k
				a.groups = append(a.groups, Group{ARN: arn, Members: &Set{}})
			}
			a.groups[k].Members.IDs = append(a.groups[k].Members.IDs, a.first+int32(i))
		}
	}
}
