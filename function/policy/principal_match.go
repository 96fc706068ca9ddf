package policy

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// reach says in which way a statement's principals name the caller.
type reach combine.Grant[Truth]

// reached is a statement that has no principal of its own.
var reached = reach{Direct: True}

func (r reach) any() Truth { return or(r.Direct, or(r.Role, r.Account)) }

func (r reach) and(t Truth) reach {
	return reach{and(r.Direct, t), and(r.Role, t), and(r.Account, t)}
}

func (r reach) or(o reach) reach {
	return reach{or(r.Direct, o.Direct), or(r.Role, o.Role), or(r.Account, o.Account)}
}

// matchPrincipals answers for the statement's Principal or NotPrincipal.
func (q *query) matchPrincipals(d *Document, s *Statement, c *compiled) reach {
	if d.Kind.attachedToCaller() {
		return reached
	}
	if !s.HasPrincipal {
		return reach{Direct: trueIf(q.atEndpoint)}
	}
	if s.NotPrincipal {
		return reach{Direct: q.matchNotPrincipals(s, c)}
	}
	var r reach
	for i := range c.principals {
		r = r.or(q.matchPrincipal(&c.principals[i]))
		if r.Direct == True {
			break
		}
	}
	return r
}

func (q *query) matchPrincipal(p *principalPattern) reach {
	c := &q.caller
	switch p.kind {
	case namesEverybody:
		return reached
	case namesAccount:
		if c.inAccount() && p.isAccountOf(c) {
			if c.kind == callerAccount {
				return reached
			}
			return reach{Account: True}
		}
	case namesRole:
		if c.kind == callerRole && p.text == c.text || c.kind == callerSession && p.isRoleOf(c) {
			return reach{Role: True}
		}
	case namesUser:
		if c.kind == callerFederatedUser {
			return reach{Role: p.isUserOf(c)}
		}
		return reach{Direct: trueIf(p.text == c.text)}
	case namesARN:
		return reach{Direct: trueIf(p.text == c.text)}
	case namesService:
		return reach{Direct: trueIf(p.text == c.text)}
	case namesProvider:
		return reach{Direct: trueIf(p.text == c.text && q.isFederation())}
	case namesAnyService:
		return reach{Direct: undecidedIf(c.kind == callerService)}
	case namesAnyProvider:
		return reach{Direct: trueIf(c.kind == callerProvider && q.isFederation())}
	case namesCanonicalUser:
		return reach{Account: undecidedIf(c.inAccount())}
	}
	return reach{}
}

func (p *principalPattern) isAccountOf(c *caller) bool {
	return p.account == c.account && (p.partition == "" || c.partition == "" || p.partition == c.partition)
}

func (p *principalPattern) isRoleOf(c *caller) bool {
	return p.account == c.account && p.partition == c.partition && p.role == c.role
}

// isUserOf says whether the user that is named is the one who called GetFederationToken for the session (rule 58). A grant
// to that user reaches the session as a grant to a role reaches its sessions: the boundary and the session policy still
// limit it. See "Permissions boundaries for IAM entities".
func (p *principalPattern) isUserOf(c *caller) Truth {
	if c.federatedBy != "" {
		return trueIf(p.text == c.federatedBy)
	}
	return undecidedIf(p.account == c.account && p.partition == c.partition)
}

// isFederation says whether the action is the one by which the caller's kind of identity provider assumes a role
// (rule 47), or one that goes with it.
func (q *query) isFederation() bool {
	if !strings.EqualFold(q.service, "sts") {
		return false
	}
	if strings.EqualFold(q.action, "TagSession") || strings.EqualFold(q.action, "SetSourceIdentity") {
		return true
	}
	if strings.Contains(q.caller.text, ":saml-provider/") {
		return strings.EqualFold(q.action, "AssumeRoleWithSAML")
	}
	return strings.EqualFold(q.action, "AssumeRoleWithWebIdentity")
}

// matchNotPrincipals is True for everybody but those who are listed. AWS validates the account first, then the role,
// then the session, so all of these must be listed; and nobody who has a boundary is ever spared (rule 45). Of a federated
// user's session either the session or the user behind it must be listed (rule 58).
func (q *query) matchNotPrincipals(s *Statement, c *compiled) Truth {
	if s.Effect != Deny {
		return False
	}
	var listed reach
	for i := range c.principals {
		listed = listed.or(q.matchPrincipal(&c.principals[i]))
	}
	for i := range c.principals {
		if c.principals[i].kind == namesEverybody {
			listed = reach{True, True, True}
		}
	}
	spared := listed.Direct
	switch q.caller.kind {
	case callerUser:
		spared = and(listed.Direct, listed.Account)
	case callerFederatedUser:
		spared = and(or(listed.Direct, listed.Role), listed.Account)
	case callerRole:
		spared = and(listed.Role, listed.Account)
	case callerSession:
		spared = and(listed.Direct, and(listed.Role, listed.Account))
	}
	return or(not(spared), q.bounded)
}
