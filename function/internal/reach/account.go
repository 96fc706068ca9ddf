package reach

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Node is a role or a user.
type Node struct {
	// Snapshot has the parts of a role; those of a user stand in the same fields, with the policies of its groups among the attached ones.
	*role.Snapshot
	// IsUser is set for a user, and Groups are the ARNs of the user's groups.
	IsUser bool
	Groups []string
}

// Name is the name of the role or user.
func (n *Node) Name() string { return n.Ref.Name }

// Function is a function of the account.
type Function struct {
	ARN string
	// Role is the ARN of the role that its latest version runs as.
	Role string
	Tags role.Maybe[map[string]string]
}

// Listing is what a graph is built from.
type Listing struct {
	Roles     []*role.Snapshot
	Users     []Node
	Functions []Function
	// NoUsers and NoFunctions say why the lists are not complete; empty where they are.
	NoUsers, NoFunctions string
	// Others is what is known of the other accounts of the organization; nil where none is looked at.
	Others *Others
}

// Account is a listing with what finds the nodes that policies name. It never changes once it is made, and is safe for concurrent use.
type Account struct {
	Listing
	// Nodes are the roles, and behind them the users. The place of the first one is first: in a graph of several accounts, each has its own
	// places.
	Nodes []*Node
	first int32
	// part is what the account is of, where it is the part of another account, and all are the accounts of the graph.
	part *Part
	all  []*Account
	// byARN are the places of nodes by their ARNs, and of roles by those without their paths.
	byARN     map[string]int32
	roles     *index
	users     *index
	functions *index
	policies  *index
	// runsAs are the places of the roles of Functions, -1 for one that the listing does not have.
	runsAs []int32
	// holders are the nodes that have a managed policy of the account, by the policy's ARN, and policyARNs those ARNs in order.
	policyARNs []string
	holders    []*Set
	trusts     trusts
	groups     []Group
	// behind is what functions and policies lead to.
	behind behinds
}

// NewAccount indexes a listing. Of nodes that are in it twice the first one counts.
func NewAccount(l Listing) *Account { return newAccount(l, 0) }

func newAccount(l Listing, first int32) *Account {
	a := &Account{Listing: l, first: first, byARN: map[string]int32{}}
	for _, s := range l.Roles {
		a.add(&Node{Snapshot: s})
	}
	roleCount := len(a.Nodes)
	for i := range l.Users {
		a.add(&l.Users[i])
	}
	for i, n := range a.Nodes[:roleCount] {
		if key := n.Ref.Key(); !a.has(key) {
			a.byARN[key] = first + int32(i)
		}
	}
	arns := make([]string, len(a.Nodes))
	for i, n := range a.Nodes {
		arns[i] = n.ARN()
	}
	a.roles, a.users = newIndex(arns[:roleCount], first), newIndex(arns[roleCount:], first+int32(roleCount))
	a.addFunctions()
	a.addPolicies()
	a.addGroups()
	a.trusts = newTrusts(a.Nodes[:roleCount], first)
	return a
}

func (a *Account) has(arn string) bool { _, ok := a.byARN[arn]; return ok }

func (a *Account) add(n *Node) {
	if a.has(n.ARN()) {
		return
	}
	a.byARN[n.ARN()] = a.first + int32(len(a.Nodes))
	a.Nodes = append(a.Nodes, n)
}

// addFunctions indexes the functions, each once: its latest version is the one that can be changed.
func (a *Account) addFunctions() {
	slices.SortStableFunc(a.Functions, func(x, y Function) int { return cmp.Compare(x.ARN, y.ARN) })
	a.Functions = slices.CompactFunc(a.Functions, func(x, y Function) bool { return x.ARN == y.ARN })
	arns := make([]string, len(a.Functions))
	a.runsAs = make([]int32, len(a.Functions))
	for i, f := range a.Functions {
		arns[i], a.runsAs[i] = f.ARN, -1
		if ref, err := role.ParseRef(f.Role); err == nil {
			if at, ok := a.Find(ref.Key()); ok {
				a.runsAs[i] = at
			}
		}
	}
	a.functions = newIndex(arns, 0)
}

// addPolicies indexes the managed policies of the account, which can be changed, by those who have them.
func (a *Account) addPolicies() {
	holders := map[string]*Set{}
	for i, n := range a.Nodes {
		for _, p := range slices.Concat(n.Attached.Or(nil), n.Seen) {
			if p.ARN == "" || aws.AccountOf(p.ARN) != n.Ref.Account {
				continue
			}
			if holders[p.ARN] == nil {
				holders[p.ARN] = &Set{}
				a.policyARNs = append(a.policyARNs, p.ARN)
			}
			if list, at := &holders[p.ARN].IDs, a.first+int32(i); len(*list) == 0 || (*list)[len(*list)-1] != at {
				*list = append(*list, at)
			}
		}
	}
	slices.Sort(a.policyARNs)
	for _, arn := range a.policyARNs {
		a.holders = append(a.holders, holders[arn])
	}
	a.policies = newIndex(a.policyARNs, 0)
}

// Find gives the place of a role or user by its ARN, or of a role by the ARN without its path.
func (a *Account) Find(arn string) (int32, bool) {
	at, ok := a.byARN[arn]
	return at, ok
}

// Node is the role or user of a place.
func (a *Account) Node(at int32) *Node { return a.Nodes[at-a.first] }

// Roles groups the roles that an action may be allowed on, so that one answer holds for all of a group. The key of a group's trust
// policy is part of it where the trust bears on the answer.
func (a *Account) Roles(n ask.Naming, withTrust bool) []*Set {
	kind := "role"
	if withTrust {
		kind = "trust"
	}
	return a.roles.Alike(n, kindOf(kind, n), func(at int32) string {
		class := a.Node(at).tagsOf(n)
		if withTrust {
			class = a.trusts.keyOf(at) + "|" + class
		}
		return class + "|" + a.Node(at).linked()
	})
}

// Users groups the users that an action may be allowed on.
func (a *Account) Users(n ask.Naming) []*Set {
	return a.users.Alike(n, kindOf("user", n), func(at int32) string { return a.Node(at).tagsOf(n) })
}

// FunctionSets groups the functions that an action may be allowed on. Those of different Regions are alike only where no statement tells
// Regions apart: a function of the same name may be in another Region, and run as another role.
func (a *Account) FunctionSets(n ask.Naming) []*Set {
	kind := kindOf("function", n)
	if n.Regions {
		kind += " by Region"
	}
	return a.functions.Alike(n, kind, func(at int32) string {
		class := tagText(n.Tags, a.Functions[at].Tags)
		if n.Regions {
			class = regionOf(a.Functions[at].ARN) + "|" + class
		}
		return class
	})
}

// regionOf is the Region in an ARN; empty for one in no Region.
func regionOf(arn string) string {
	parsed, _ := aws.ParseARN(arn)
	return parsed.Region
}

// PolicySets groups the managed policies of the account that an action may be allowed on.
func (a *Account) PolicySets(n ask.Naming) []*Set {
	return a.policies.Alike(n, "policy", func(int32) string { return "" })
}

func kindOf(kind string, n ask.Naming) string {
	if n.Tags {
		return kind + " by tags"
	}
	return kind
}

// linked tells service-linked roles from others: nobody but their service can assume, pass or change them.
func (n *Node) linked() string {
	if n.IsServiceLinked() {
		return "linked"
	}
	return ""
}

// IsServiceLinked reports whether the node is a service-linked role.
func (n *Node) IsServiceLinked() bool {
	arn, err := aws.ParseARN(n.ARN())
	return err == nil && arn.IsServiceLinkedRole()
}

func (n *Node) tagsOf(by ask.Naming) string { return tagText(by.Tags, n.Tags) }

// tagText is a text that tells tags apart where they bear on an answer.
func tagText(bears bool, tags role.Maybe[map[string]string]) string {
	list, ok := tags.Get()
	switch {
	case !bears:
		return ""
	case !ok:
		return "?"
	}
	pairs := make([]string, 0, len(list))
	for key, value := range list {
		pairs = append(pairs, key+"="+value)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "\n")
}

// Matches are how many roles, users and functions of the listing a pattern of ARNs covers.
func (a *Account) Matches(pattern string) int {
	if arn, ok := aws.CompleteARNPattern(pattern); ok {
		pattern = arn.String()
	}
	return len(a.roles.match(pattern)) + len(a.users.match(pattern)) + len(a.functions.match(pattern)) + len(a.policies.match(pattern))
}

// trustDocument is the document of a role's trust policy; nil where it is not known or cannot be read.
func trustDocument(n *Node) *policy.Document { return n.Trust.Or(role.Policy{}).Document }
