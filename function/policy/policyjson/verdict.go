package policyjson

import "github.com/rolewatch/rolewatch/function/policy"

// decisions are the words for decisions.
var decisions = map[policy.Decision]string{
	policy.Allowed: "allowed", policy.ImplicitDeny: "implicitDeny", policy.ExplicitDeny: "explicitDeny", policy.Unknown: "unknown",
}

// effects are the words for effects.
var effects = map[policy.Effect]string{policy.Allow: "Allow", policy.Deny: "Deny"}

// Verdict is an answer as JSON:
//
//	{"decision": "allowed", "statements": [{"policy": "identity[0]", "statement": 0, "sid": "Read", "effect": "Allow"}]}
//
// The decision is allowed, implicitDeny, explicitDeny or unknown.
type Verdict struct {
	Decision string `json:"decision"`
	// BlockedBy names the kinds of policy that did not allow, or deny: identity, resource, boundary, session, endpoint, scp,
	// rcp, and protected for what AWS lets nobody do.
	BlockedBy []string `json:"blockedBy,omitempty"`
	// Statements are those that decided.
	Statements []Statement `json:"statements"`
	// UnknownKeys are the condition keys, and Unread the policies, that an unknown answer depends on.
	UnknownKeys []string `json:"unknownKeys,omitempty"`
	Unread      []string `json:"unread,omitempty"`
}

// Statement is a statement that decided.
type Statement struct {
	// Policy is the policy's name, and Statement counts from 0 in it.
	Policy    string `json:"policy"`
	Statement int    `json:"statement"`
	Sid       string `json:"sid,omitempty"`
	// Effect is Allow or Deny.
	Effect string `json:"effect"`
}

// NewVerdict makes the JSON form of an answer.
func NewVerdict(v policy.Verdict) Verdict {
	out := Verdict{
		Decision: decisions[v.Decision], BlockedBy: v.BlockedBy, Statements: make([]Statement, len(v.Statements)),
		UnknownKeys: v.UnknownKeys, Unread: v.Unread,
	}
	for i, s := range v.Statements {
		out.Statements[i] = Statement{Policy: s.Policy, Statement: s.Statement.Index, Sid: s.Statement.Sid, Effect: effects[s.Effect]}
	}
	return out
}
