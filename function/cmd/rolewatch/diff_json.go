package main

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/policy"
)

// difference is what diff has to tell. NewAccess is null when it could not be decided.
type difference struct {
	NewAccess *bool         `json:"newAccess"`
	Grants    []grant       `json:"grants"`
	Unknown   []undecidable `json:"unknown"`
	// More says that there are more grants, which are left out because there are too many.
	More bool `json:"more,omitzero"`
}

// grant is a part of what a statement of the new policy allows.
type grant struct {
	Action    string   `json:"action"`
	Resource  string   `json:"resource,omitempty"`
	Principal string   `json:"principal,omitempty"`
	Statement int      `json:"statement"`
	Sid       string   `json:"sid,omitempty"`
	Actions   []string `json:"actions,omitempty"`
	// Inert says that AWS documents no such resource for the action.
	Inert   bool    `json:"inert,omitzero"`
	Witness witness `json:"witness"`
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
}

// witness is a request as eval reads it; a key that it does not have is absent. Its policies are those that are assumed beside the compared one.
type witness struct {
	Principal       string              `json:"principal"`
	Action          string              `json:"action"`
	Resource        string              `json:"resource"`
	ResourceAccount string              `json:"resourceAccount,omitempty"`
	Context         map[string][]string `json:"context,omitempty"`
	Identity        []jsontext.Value    `json:"identity,omitempty"`
	ResourcePolicy  jsontext.Value      `json:"resourcePolicy,omitempty"`
}

func differenceOf(c policy.Comparison) difference {
	out := difference{Grants: []grant{}, Unknown: []undecidable{}, More: c.More}
	if nothing := c.NothingNew(); nothing != policy.Undecided {
		found := nothing == policy.False
		out.NewAccess = &found
	}
	for _, g := range c.Grants {
		out.Grants = append(out.Grants, grant{
			Action: g.Action, Resource: g.Resource, Principal: g.Principal,
			Statement: g.Statement.Statement.Index, Sid: g.Statement.Statement.Sid, Actions: g.Actions, Inert: g.Inert,
			Witness: witnessOf(g.Witness),
		})
	}
	for _, u := range c.Unknown {
		one := undecidable{Action: u.Action, Resource: u.Resource, Principal: u.Principal, Why: u.Why, Keys: u.Keys, Unread: u.Unread}
		if s := u.Statement.Statement; s != nil {
			one.Statement, one.Sid = &s.Index, s.Sid
		}
		out.Unknown = append(out.Unknown, one)
	}
	return out
}

func witnessOf(w policy.Witness) witness {
	r := w.Request
	out := witness{
		Principal: r.Principal, Action: r.Action, Resource: r.Resource, ResourceAccount: r.ResourceAccount, Context: map[string][]string{},
	}
	for key, v := range r.Context.Keys {
		if v.Presence == policy.KeyPresent {
			out.Context[key] = v.Values
		}
	}
	if w.AssumedIdentity != nil {
		out.Identity = []jsontext.Value{w.AssumedIdentity.Source()}
	}
	if w.AssumedResource != nil {
		out.ResourcePolicy = w.AssumedResource.Source()
	}
	return out
}
