// Package organization reads which accounts an AWS organization has and where they are in it, chooses among them, and gives credentials
// for each. It assumes a role in an account with a session policy that only allows reads, keeps the credentials and renews them. It also
// reads the policies of the organization once for all accounts. It judges nothing and prints nothing.
//
// It calls organizations:DescribeOrganization, organizations:ListAccounts, organizations:ListRoots,
// organizations:ListOrganizationalUnitsForParent, organizations:ListAccountsForParent, organizations:ListParents,
// organizations:ListPoliciesForTarget, organizations:DescribePolicy and sts:AssumeRole.
package organization

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
)

// Organization is an organization as it was listed.
type Organization struct {
	// ID is that of the organization ("o-a1b2c3d4e5"), and ManagementAccount the ID of an account.
	ID                string `json:"id"`
	ManagementAccount string `json:"managementAccount"`
	// Accounts are in the order of their IDs, each once.
	Accounts []Account `json:"accounts"`
	// Units are the root and the organizational units, each behind its parent.
	Units []Unit `json:"units"`
	// NoUnits says why it is not known where accounts are; empty where it is.
	NoUnits string `json:"noUnits,omitzero"`
}

// Account is an account of an organization.
type Account struct {
	ID   string `json:"id"`
	Name string `json:"name,omitzero"`
	// State is that of https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html ("ACTIVE").
	State string `json:"state,omitzero"`
	// Parent is the ID of the unit or root that the account is in; empty where that is not known.
	Parent string `json:"parent,omitzero"`
	// OU is where the account is, by the names of the root and the units ("Root/Workloads/Production"); empty where that is not known.
	OU string `json:"ou,omitzero"`
}

// Unit is an organizational unit, or a root, which has no parent.
type Unit struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitzero"`
}

// unusable are the states of accounts whose roles cannot be assumed.
var unusable = []types.AccountState{
	types.AccountStateSuspended, types.AccountStatePendingClosure, types.AccountStateClosed, types.AccountStatePendingActivation,
}

// IsUsable reports whether the account can be read. A state that is not known to this version may be one in which it can.
func (a *Account) IsUsable() bool { return !slices.Contains(unusable, types.AccountState(a.State)) }

// String names the account: "111122223333 (payments)".
func (a *Account) String() string {
	if a.Name == "" {
		return a.ID
	}
	return a.ID + " (" + a.Name + ")"
}

// place works out in which units the accounts are. A unit that is not listed ends the path, which is then not known.
func (o *Organization) place() {
	units := o.byID()
	for i := range o.Accounts {
		o.Accounts[i].OU = pathOf(units, o.Accounts[i].Parent)
	}
}

func (o *Organization) byID() map[string]*Unit {
	units := make(map[string]*Unit, len(o.Units))
	for i := range o.Units {
		units[o.Units[i].ID] = &o.Units[i]
	}
	return units
}

// deepest bounds the walk up to the root: AWS nests organizational units five deep, so a longer chain is a circle.
const deepest = 16

// chain is a unit, and those above it up to the root; whole is false where one is not known, and there is no root.
func chain(units map[string]*Unit, id string) (list []*Unit, whole bool) {
	for range deepest {
		unit := units[id]
		if unit == nil {
			return list, false
		}
		list = append(list, unit)
		if id = unit.Parent; id == "" {
			return list, true
		}
	}
	return list, false
}

// fromRoot gives something of a unit and of those above it, from the root down; nothing where they are not all known.
func fromRoot(units map[string]*Unit, id string, of func(*Unit) string) (texts []string) {
	list, whole := chain(units, id)
	if !whole {
		return nil
	}
	for _, unit := range slices.Backward(list) {
		texts = append(texts, of(unit))
	}
	return texts
}

func pathOf(units map[string]*Unit, id string) string {
	return strings.Join(fromRoot(units, id, func(u *Unit) string { return u.Name }), "/")
}

// below reports whether a unit is one of some units or below one of them.
func below(units map[string]*Unit, id string, chosen map[string]bool) bool {
	list, _ := chain(units, id)
	return chosen[id] || slices.ContainsFunc(list, func(u *Unit) bool { return chosen[u.ID] })
}

// Find gives an account by its ID; false where the organization does not list it.
func (o *Organization) Find(id string) (Account, bool) {
	at, ok := o.find(id)
	if !ok {
		return Account{}, false
	}
	return o.Accounts[at], true
}

// UnitsOf gives the IDs of the root and the organizational units that an account is in, from the root down; none where that is not known.
func (o *Organization) UnitsOf() func(account string) []string {
	units := o.byID()
	return func(account string) []string {
		a, _ := o.Find(account)
		return fromRoot(units, a.Parent, func(u *Unit) string { return u.ID })
	}
}

// Keep adds an account that the listing lacks, as it was listed before.
func (o *Organization) Keep(a Account) {
	if at, ok := o.find(a.ID); !ok {
		o.Accounts = slices.Insert(o.Accounts, at, a)
	}
}

// Below are the IDs of the accounts that a target binds, in order: the account itself, or those that are in a root or an organizational unit,
// or below it; all where the target is empty, or where it is not known which accounts are in it.
func (o *Organization) Below(target string) (ids []string) {
	units := o.byID()
	all := target == "" || units[target] == nil
	for _, a := range o.Accounts {
		if a.ID == target {
			return []string{target}
		}
		if all || below(units, a.Parent, map[string]bool{target: true}) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// Has reports whether the organization has an account, an organizational unit or a root with this ID. Where it is not known which units there
// are, it may have any.
func (o *Organization) Has(id string) bool {
	if _, ok := o.find(id); ok {
		return true
	}
	return !awsfacts.IsAccountID(id) && (o.NoUnits != "" || slices.ContainsFunc(o.Units, func(u Unit) bool { return u.ID == id }))
}
