package reach

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Part is the part of an account that other accounts can get into: the roles that these may assume, and what those lead to.
type Part struct {
	// Account is the ID of the account, and Name what people call it; empty where that is not known.
	Account, Name string
	Roles         []*role.Snapshot
	Users         []Node
	Functions     []Function
	// Missing are what policies in it name and the account does not have.
	Missing []string
	// Left are nodes that lead to more than the part has, which has the nearest ones. Cut is set where it does not have all roles that others
	// may assume.
	Left []string
	Cut  bool
	// Listed is when the account was listed; zero where it is listed together with the others.
	Listed time.Time
}

// staleAfter is how old a listing of another account may be: a hub lists each account each day.
const staleAfter = 72 * time.Hour

// Others is what is known of the other accounts of the organization.
type Others struct {
	Parts []Part
	// Known are the accounts that are known. One without a part has no role that the account, or what it leads to, may assume. Unknown says of
	// accounts why nothing is known of them, by ID.
	Known   map[string]bool
	Unknown map[string]role.Gap
	// Organization is the ID of the organization that all of them are in; empty where it is not known.
	Organization string
}

// unknown says why nothing is known of an account; false where it is known.
func (o *Others) unknown(account string) (role.Gap, bool) {
	if i := slices.IndexFunc(o.Parts, func(p Part) bool { return p.Account == account }); i >= 0 {
		return o.Parts[i].left(), o.Parts[i].Cut
	}
	if o.Known[account] {
		return role.Gap{}, false
	}
	if why, ok := o.Unknown[account]; ok {
		return why, true
	}
	return role.Gap{
		What:      "account " + account + " is not one of the accounts of the organization that are read",
		SettledBy: "See in that account which permissions the role has there, or remove the account from the policy.",
	}, true
}

// left says that the part does not have all.
func (p *Part) left() role.Gap {
	return role.Gap{
		What:      fmt.Sprintf("more than %d roles of account %s can be assumed from other accounts, or lead on from there: not all are followed", maxPart, p.Account),
		SettledBy: "See in that account what the role may do, or name fewer principals in the trust policies there.",
	}
}

// maxNamed is how many accounts of which nothing is known are named together.
const maxNamed = 10

// unknownAmong says of which accounts that a pattern covers nothing is known.
func (o *Others) unknownAmong(pattern string) (role.Gap, bool) {
	var names []string
	settledBy := ""
	arn, _ := aws.ParseARNPattern(pattern)
	for _, account := range slices.Sorted(maps.Keys(o.Unknown)) {
		if ask.Matches(arn.Account, account) {
			names, settledBy = append(names, account), cmp.Or(settledBy, o.Unknown[account].SettledBy)
		}
	}
	if len(names) == 0 {
		return role.Gap{}, false
	}
	if n := len(names); n > maxNamed {
		names = append(names[:maxNamed], "others")
	}
	return role.Gap{What: "what the roles that " + pattern + " covers may do in accounts that are not known: " + strings.Join(names, ", "), SettledBy: settledBy}, true
}

// accountsOf are the account of a listing, and behind it the parts of others, which all know each other.
func accountsOf(l Listing) []*Account {
	out := []*Account{newAccount(l, 0)}
	if l.Others == nil {
		return out
	}
	next := int32(len(out[0].Nodes))
	for i := range l.Others.Parts {
		p := &l.Others.Parts[i]
		a := newAccount(Listing{Roles: p.Roles, Users: p.Users, Functions: slices.Clone(p.Functions), Others: l.Others}, next)
		a.part = p
		next += int32(len(a.Nodes))
		out = append(out, a)
	}
	for _, a := range out {
		a.all = out
	}
	return out
}

// Beyond are the other accounts of a graph: of those that are read, the parts that others can get into.
func (a *Account) Beyond() iter.Seq[*Account] {
	return func(yield func(*Account) bool) {
		for _, o := range a.all {
			if o != a && !yield(o) {
				return
			}
		}
	}
}

// Stale says why what is known of the account at a time may not be so any more; false where it is.
func (a *Account) Stale(now time.Time) (role.Gap, bool) {
	if a.part == nil || a.part.Listed.IsZero() || now.Sub(a.part.Listed) < staleAfter {
		return role.Gap{}, false
	}
	return role.Gap{
		What:      "account " + a.part.Account + " was last listed on " + a.part.Listed.UTC().Format(time.DateOnly),
		SettledBy: "The next sweep of that account lists it again. `rolewatch doctor` says why there was none.",
	}, true
}

// Organization is the ID of the organization of the other accounts, empty where it is not known; false where none is looked at.
func (a *Account) Organization() (string, bool) {
	if a.Others == nil {
		return "", false
	}
	return a.Others.Organization, true
}

// inAccount names the account behind the name of a role or user of another account.
func (a *Account) inAccount() string {
	if a.part == nil {
		return ""
	}
	return inAccount(a.part.Account, a.part.Name)
}

func inAccount(account, name string) string {
	if name == "" {
		return " of account " + account
	}
	return " of account " + account + " (" + name + ")"
}

// unreadName names a role of an account of which nothing is known.
func unreadName(text string) string {
	if arn, err := aws.ParseARN(text); err == nil && aws.IsAccountID(arn.Account) {
		return shortName(text) + inAccount(arn.Account, "")
	}
	return text
}

// Lacks reports whether it is not known what a pattern of ARNs that a policy names for an action covers. The reason is empty where the listing
// of the account does not have it. Of the roles of another account that is known, none is lacking: those that cannot be assumed lead nowhere.
func (a *Account) Lacks(pattern string, assumes bool) (why role.Gap, lacks bool) {
	arn, _ := aws.ParseARNPattern(pattern)
	if !assumes || a.Others == nil || arn.Account == a.ownID() {
		return role.Gap{}, a.lacksOwn(pattern)
	}
	if aws.IsAccountID(arn.Account) {
		if home := a.all[0]; home.ownID() == arn.Account {
			return role.Gap{}, false
		}
		return a.Others.unknown(arn.Account)
	}
	return a.Others.unknownAmong(pattern)
}

// lacksOwn reports whether the account itself does not have what a pattern covers. Of a part that is known from the account.
func (a *Account) lacksOwn(pattern string) bool {
	if a.part != nil {
		return slices.Contains(a.part.Missing, pattern)
	}
	return a.Matches(pattern) == 0
}

// ownID is the ID of the account; empty where nobody is in it.
func (a *Account) ownID() string {
	switch {
	case a.part != nil:
		return a.part.Account
	case len(a.Nodes) > 0:
		return a.Nodes[0].Ref.Account
	}
	return ""
}

// AdmitsFrom reports whether the trust policy of a role may admit a principal of another account, by what it names.
func (a *Account) AdmitsFrom(account string, at int32) bool {
	one := a.trusts.admits[a.trusts.keyOf(at)]
	return one.unknown || one.everybody || one.accounts[account]
}

// mayRunBy reports whether a role may run by a service.
func (a *Account) mayRunBy(at int32, service string) bool {
	return a.trusts.has(at) && a.AdmitsService(at, service)
}

// leave adds edges, which are not certain, to what parts do not have.
func (g *Graph) leave() {
	for _, a := range g.accounts[1:] {
		for _, arn := range a.part.Left {
			at, ok := a.Find(arn)
			if !ok {
				continue
			}
			why := a.part.left()
			g.nodes[at].edges = append(g.nodes[at].edges, Edge{
				Kind: Assume, Decision: policy.Unknown, DependsOn: []role.Gap{why}, Why: why, Unlisted: "further roles" + a.inAccount(),
				Requests: []ask.Step{{Action: "sts:AssumeRole", Resource: "further roles" + a.inAccount()}},
			})
		}
	}
}

// accountOf is the account of a node; that of a role that is made is the one that it is made in.
func (g *Graph) accountOf(at int32) *Account { return g.accounts[g.nodes[at].account] }

// isInAccountOf reports whether two nodes are in one account.
func (g *Graph) isInAccountOf(a, b int32) bool { return g.nodes[a].account == g.nodes[b].account }

// IsElsewhere reports whether a node is in another account than the one that the graph is of.
func (g *Graph) IsElsewhere(at int32) bool { return g.nodes[at].account > 0 }

// WhyUnread says why nothing is known of the account of what the listing does not have; false for any other node.
func (g *Graph) WhyUnread(at int32) (role.Gap, bool) {
	return g.nodes[at].why, g.nodes[at].why.What != ""
}

// isMoreElsewhere reports whether a node has power over another account: power over the own one is none there.
func (g *Graph) isMoreElsewhere(at int32, p Power) bool { return p > Ordinary && g.IsElsewhere(at) }

// isOpenElsewhere is isMoreElsewhere for a node that no path of a view leads to for certain.
func (g *Graph) isOpenElsewhere(v *View, at int32, p Power) bool {
	return g.isMoreElsewhere(at, p) && !slices.ContainsFunc(v.Reaches(), func(e End) bool { return e.At == at })
}

// Find gives the place of a role or user by its ARN, or of a role by the ARN without its path, in any of the accounts.
func (g *Graph) Find(arn string) (int32, bool) {
	if at, ok := g.Account.Find(arn); ok || len(g.accounts) == 1 {
		return at, ok
	}
	account := aws.AccountOf(arn)
	for _, a := range g.accounts[1:] {
		if a.part.Account == account {
			return a.Find(arn)
		}
	}
	return 0, false
}

// End is the place of a role or user by its ARN, or by its name: in the account that the graph is of, or else in the first of the others.
func (g *Graph) End(text string) (int32, bool) {
	if at, ok := g.Find(text); ok {
		return at, true
	}
	for _, a := range g.accounts {
		for i, n := range a.Nodes {
			if n.Name() == text {
				return a.first + int32(i), true
			}
		}
	}
	return 0, false
}
