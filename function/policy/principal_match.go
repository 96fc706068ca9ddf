package policy

import "strings"

// reach says by which kind of grant a statement's principals cover the caller. Which it is decides whether a
// permissions boundary, a session policy or the account's own policies still have a say (rules 50 to 52).
type reach struct {
	// direct names the user or session itself, the service, or everybody.
	direct Truth
	// role names the role whose session asks, or the user who called GetFederationToken for it.
	role Truth
	// account names the caller's account, and so delegates to it.
	account Truth
}

// reached is a statement that has no principal of its own.
var reached = reach{direct: True}

func (r reach) any() Truth { return or(r.direct, or(r.role, r.account)) }

func (r reach) and(t Truth) reach {
	return reach{and(r.direct, t), and(r.role, t), and(r.account, t)}
}

func (r reach) or(o reach) reach {
	return reach{or(r.direct, o.direct), or(r.role, o.role), or(r.account, o.account)}
}

// matchPrincipals answers for the statement's Principal or NotPrincipal.
func (q *query) matchPrincipals(d *Document, s *Statement, c *compiled) reach {
	if d.Kind.attachedToCaller() {
		return reached
	}
	if !s.HasPrincipal {
		return reach{direct: trueIf(q.atEndpoint)}
	}
	if s.NotPrincipal {
		return reach{direct: q.matchNotPrincipals(s, c)}
	}
	var r reach
	for i := range c.principals {
		r = r.or(q.matchPrincipal(&c.principals[i]))
		if r.direct == True {
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
			return reach{account: True}
		}
	case namesRole:
		if c.kind == callerRole && p.text == c.text || c.kind == callerSession && p.isRoleOf(c) {
			return reach{role: True}
		}
	case namesUser:
		if c.kind == callerFederatedUser {
			return reach{role: p.isUserOf(c)}
		}
		return reach{direct: trueIf(p.text == c.text)}
	case namesARN:
		return reach{direct: trueIf(p.text == c.text)}
	case namesService:
		return reach{direct: trueIf(p.text == c.text)}
	case namesProvider:
		return reach{direct: trueIf(p.text == c.text && q.isFederation())}
	case namesAnyService:
		return reach{direct: undecidedIf(c.kind == callerService)}
	case namesAnyProvider:
		return reach{direct: trueIf(c.kind == callerProvider && q.isFederation())}
	case namesCanonicalUser:
		return reach{account: undecidedIf(c.inAccount())}
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
	spared := listed.direct
	switch q.caller.kind {
	case callerUser:
		spared = and(listed.direct, listed.account)
	case callerFederatedUser:
		spared = and(or(listed.direct, listed.role), listed.account)
	case callerRole:
		spared = and(listed.role, listed.account)
	case callerSession:
		spared = and(listed.direct, and(listed.role, listed.account))
	}
	return or(not(spared), q.bounded)
}
