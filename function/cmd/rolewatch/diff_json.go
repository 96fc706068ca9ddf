package main

import (
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyjson"
)

// difference is what diff has to tell. NewAccess is null when it could not be decided.
type difference struct {
	NewAccess *bool `json:"newAccess"`
	// Grants are the gravest first, statement by statement.
	Grants  []grant       `json:"grants"`
	Unknown []undecidable `json:"unknown"`
	// More says that there are more grants, which are left out because there are too many.
	More bool `json:"more,omitzero"`
	// Lifted are the Deny statements of an old identity policy that are gone: they count only where another policy of the
	// identity allows what they denied.
	Lifted []statement `json:"noLongerDenied,omitempty"`
	// WithoutEffect is what the new policy allows and another policy of its side does not let.
	WithoutEffect []ineffective `json:"withoutEffect,omitempty"`
}

// grant is a part of what a statement of the new policy allows.
type grant struct {
	Action    string `json:"action"`
	Resource  string `json:"resource,omitempty"`
	Principal string `json:"principal,omitempty"`
	// Statement counts from 0 in the new policy or, with Removed, in the old one.
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
	// Removed says that the statement is a Deny of the old policy, and that what it denied is now left to other policies.
	Removed bool     `json:"removed,omitzero"`
	Actions []string `json:"actions,omitempty"`
	// Gravity is "permissions management", "credentials", "passing roles", "write" or "read"; Everything says that the grant
	// makes an administrator.
	Gravity    string `json:"gravity"`
	Everything bool   `json:"everything,omitzero"`
	// Inert says that AWS documents no such resource for the action, Covered that another grant is of all of this one.
	Inert   bool `json:"inert,omitzero"`
	Covered bool `json:"covered,omitzero"`
	// Without are the keys of conditions that are gone, Wider of those that are met now, and Lifted the old statements that
	// denied the witness.
	Without []string           `json:"without,omitempty"`
	Wider   []string           `json:"wider,omitempty"`
	Lifted  []statement        `json:"lifted,omitempty"`
	Witness policyjson.Request `json:"witness"`
}

// statement names a statement. Policy is the kind of the compared policy, or says where another one is from.
type statement struct {
	Policy    string `json:"policy"`
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
}

// undecidable is what could not be decided; it has no statement where that goes for the whole comparison.
type undecidable struct {
	Action    string   `json:"action"`
	Resource  string   `json:"resource,omitempty"`
	Principal string   `json:"principal,omitempty"`
	Statement *int     `json:"statement,omitzero"`
	Sid       string   `json:"sid,omitempty"`
	Why       string   `json:"why"`
	Keys      []string `json:"keys,omitempty"`
	Unread    []string `json:"unread,omitempty"`
	// SettledBy is a sentence that says what would decide it.
	SettledBy string `json:"settledBy"`
}

// ineffective is a grant that has no effect, with what the new policies together answer to its witness.
type ineffective struct {
	Action    string             `json:"action"`
	Resource  string             `json:"resource,omitempty"`
	Principal string             `json:"principal,omitempty"`
	Statement int                `json:"statement"`
	Sid       string             `json:"sid,omitempty"`
	Removed   bool               `json:"removed,omitzero"`
	Verdict   policyjson.Verdict `json:"verdict"`
}

func (d *differing) difference(c policy.Comparison, changes []policy.Change, idle []policy.Ineffective) (difference, error) {
	out := difference{Grants: []grant{}, Unknown: []undecidable{}, More: c.More}
	if nothing := c.NothingNew(); nothing != policy.Undecided {
		found := nothing == policy.False
		out.NewAccess = &found
	}
	for _, change := range changes {
		for i := range change.Grants {
			one, err := d.grant(&change.Grants[i])
			if err != nil {
				return out, err
			}
			out.Grants = append(out.Grants, one)
		}
	}
	for _, u := range c.Unknown {
		one := undecidable{Action: u.Action, Resource: u.Resource, Principal: u.Principal, Why: u.Why, Keys: u.Keys, Unread: u.Unread, SettledBy: role.ComparisonSettledBy(u)}
		if s := u.Statement.Statement; s != nil {
			one.Statement, one.Sid = &s.Index, s.Sid
		}
		out.Unknown = append(out.Unknown, one)
	}
	for _, l := range d.lifted {
		out.Lifted = append(out.Lifted, statement{l.Policy, l.Statement.Index, l.Statement.Sid})
	}
	for _, g := range idle {
		s := g.Statement.Statement
		out.WithoutEffect = append(out.WithoutEffect, ineffective{
			Action: g.Action, Resource: g.Resource, Principal: g.Principal, Statement: s.Index, Sid: s.Sid, Removed: g.Statement.Effect == policy.Deny, Verdict: policyjson.NewVerdict(g.Verdict),
		})
	}
	return out, nil
}

func (d *differing) grant(g *policy.ReviewedGrant) (grant, error) {
	s := g.Statement.Statement
	// The witness's own policies are those that it assumes.
	assumed := policy.Set{}
	if len(d.new.SCPs) > 0 && d.kind == "scp" && len(d.new.SCPs[0]) > 1 {
		assumed.SCPs = [][]policy.Part{{fullAWSAccess}}
	}
	witness, err := policyjson.NewRequest(g.Witness.Request, g.Witness.Under(assumed))
	if err != nil {
		return grant{}, err
	}
	out := grant{
		Action: g.Action, Resource: g.Resource, Principal: g.Principal, Statement: s.Index, Sid: s.Sid, Removed: g.Statement.Effect == policy.Deny,
		Actions: g.Actions, Gravity: g.Gravity.String(), Everything: g.Everything, Inert: g.Inert, Covered: g.Covered, Without: g.Without, Wider: g.Wider,
		Witness: witness,
	}
	for _, l := range g.Lifted {
		out.Lifted = append(out.Lifted, statement{l.Policy, l.Statement.Index, l.Statement.Sid})
	}
	return out, nil
}
