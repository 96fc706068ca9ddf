package policy

import (
	"slices"
	"strings"
)

// Evaluate answers a request from all policies that bear on it, as "Policy evaluation logic" in the IAM User Guide
// describes it (rules 48 to 57). It is three-valued: what is not known makes the answer Unknown only if the answer hangs
// on it. A principal whose account owns a resource that does not tell its account (Amazon S3) and for which
// Request.ResourceAccount is empty is taken to be in the same account. An account ID, or an account's root user, as
// principal needs no identity policy.
func Evaluate(req Request, set Set) Verdict {
	e := evaluation{q: newQuery(req), set: set}
	if e.q.is("sts", "GetCallerIdentity") {
		return Verdict{Decision: Allowed}
	}
	e.measure()
	denied := False
	for i := range e.tallies {
		denied = or(denied, e.tallies[i].deny)
	}
	granted := e.combine()
	switch {
	case denied == True:
		return e.explicitDeny()
	case e.q.isProtected():
		return Verdict{BlockedBy: []string{"protected"}}
	case granted == False:
		return Verdict{BlockedBy: e.blockers()}
	case granted == True && denied == False:
		return e.allowed()
	}
	return e.unknown(granted, denied)
}

// kinds of policy, in the order in which verdicts name them.
type kind int

const (
	kindIdentity kind = iota
	kindResource
	kindBoundary
	kindSession
	kindEndpoint
	kindSCP
	kindRCP
	kinds
)

var kindNames = [kinds]string{"identity", "resource", "boundary", "session", "endpoint", "scp", "rcp"}

// tally is what one kind of policy says.
type tally struct{ allow, deny Truth }

// evaluation is the work on one request.
type evaluation struct {
	q       query
	set     Set
	tallies [kinds]tally
	// grant is what the resource policy allows, by the way it names the caller; its tally's allow is any of them.
	grant reach
	// sameAccount says whether caller and resource are in one account; explicit, whether the resource's own policy has
	// to allow even then (rule 50).
	sameAccount, explicit bool
	// limits is what boundary and session policy leave over.
	limits Truth
	// resource and session hold the only part of their kind.
	resource, session [1]Part
}

func (e *evaluation) isUnread(k kind) bool { return slices.Contains(e.set.Unread, kindNames[k]) }

// binds says whether a kind of policy bears on this request at all.
func (e *evaluation) binds(k kind) bool {
	switch k {
	case kindResource, kindEndpoint:
		return true
	case kindSCP:
		return e.q.caller.inAccount() && !e.q.caller.serviceLinked
	case kindRCP:
		return !e.q.caller.serviceLinked && e.q.isUnderRCPs()
	case kindIdentity, kindBoundary:
		return e.q.caller.inAccount() && e.q.caller.kind != callerAccount
	}
	return e.q.caller.inAccount()
}

// parts gives a kind's policies at one level; levels counts from 0, and only SCPs and RCPs have more than one.
func (e *evaluation) parts(k kind, level int) []Part {
	switch k {
	case kindIdentity:
		return e.set.Identity
	case kindResource:
		return one(&e.resource, e.set.Resource)
	case kindBoundary:
		return e.set.Boundaries
	case kindSession:
		return one(&e.session, e.set.Session)
	case kindEndpoint:
		return e.set.Endpoint
	case kindSCP:
		return e.set.SCPs[level]
	}
	return e.set.RCPs[level]
}

func (e *evaluation) levels(k kind) int {
	switch k {
	case kindSCP:
		return len(e.set.SCPs)
	case kindRCP:
		return len(e.set.RCPs)
	}
	return 1
}

// one puts a single part, if there is one, into a list that is not allocated.
func one(list *[1]Part, p *Part) []Part {
	if p == nil {
		return nil
	}
	list[0] = *p
	return list[:]
}

// measure fills in the tallies.
func (e *evaluation) measure() {
	e.q.bounded = False
	if e.q.caller.inAccount() && e.q.caller.kind != callerAccount {
		e.q.bounded = or(trueIf(len(e.set.Boundaries) > 0), undecidedIf(e.isUnread(kindBoundary)))
	}
	owner := e.q.arn[arnAccount]
	if !isAccountID(owner) {
		owner = e.q.req.ResourceAccount
	}
	e.sameAccount = owner == "" || owner == e.q.caller.account
	e.explicit = e.q.needsExplicitAllow()
	for k := range kinds {
		e.tallies[k] = e.measureKind(k)
	}
	e.limits = and(e.tallies[kindBoundary].allow, e.tallies[kindSession].allow)
}

func (e *evaluation) measureKind(k kind) tally {
	if !e.binds(k) {
		return tally{allow: True}
	}
	total := tally{allow: True}
	for level := range e.levels(k) {
		t := e.measureLevel(k, level)
		total = tally{and(total.allow, t.allow), or(total.deny, t.deny)}
	}
	if e.isUnread(k) {
		// Every level may hold more policies than are known: more to allow, and more to deny.
		total = tally{or(total.allow, Undecided), or(total.deny, Undecided)}
		if k == kindResource {
			e.grant.direct = or(e.grant.direct, Undecided)
		}
		if k == kindBoundary || k == kindSession || k == kindEndpoint || k == kindSCP {
			total.allow = and(total.allow, Undecided)
		}
	}
	if k == kindRCP || k == kindIdentity && e.q.caller.kind == callerAccount {
		total.allow = True
	}
	return total
}

// measureLevel judges the policies of one level. Of boundaries each must allow, of others any.
func (e *evaluation) measureLevel(k kind, level int) tally {
	parts := e.parts(k, level)
	if len(parts) == 0 {
		return tally{allow: trueIf(k == kindBoundary || k == kindSession || k == kindEndpoint)}
	}
	total := tally{allow: trueIf(k == kindBoundary)}
	for i := range parts {
		t := e.measurePart(k, &parts[i])
		total.deny = or(total.deny, t.deny)
		if k == kindBoundary {
			total.allow = and(total.allow, t.allow)
		} else {
			total.allow = or(total.allow, t.allow)
		}
	}
	return total
}

func (e *evaluation) measurePart(k kind, p *Part) tally {
	if p.Document == nil {
		if k == kindResource {
			e.grant = reach{Undecided, Undecided, Undecided}
		}
		return tally{Undecided, Undecided}
	}
	var t tally
	for i := range p.Document.Statements {
		s := &p.Document.Statements[i]
		if s.Effect == NoEffect || t.allow == True && s.Effect == Allow && k != kindResource {
			continue
		}
		r := e.q.matchAs(k, p.Document, s)
		if s.Effect == Deny {
			t.deny = or(t.deny, r.any())
			continue
		}
		t.allow = or(t.allow, r.any())
		if k == kindResource {
			e.grant = e.grant.or(r)
		}
	}
	return t
}

// combine gives what all kinds together allow, denies aside.
func (e *evaluation) combine() Truth {
	return and(e.core(), and(e.tallies[kindEndpoint].allow, e.tallies[kindSCP].allow))
}

// core is what the identity policies and the resource policy allow within boundary and session policy.
func (e *evaluation) core() Truth {
	identity := e.tallies[kindIdentity].allow
	switch {
	case !e.q.caller.inAccount():
		return e.grant.direct
	case !e.sameAccount:
		return and(and(identity, e.limits), e.grant.any())
	case e.explicit:
		return or(e.grant.direct, and(e.limits, or(e.grant.role, and(e.grant.account, identity))))
	}
	return or(e.grant.direct, and(e.limits, or(e.grant.role, identity)))
}

// needsExplicitAllow is true of roles' trust policies and of KMS keys (rule 50).
func (q *query) needsExplicitAllow() bool {
	switch q.arn[arnService] {
	case "iam":
		return strings.EqualFold(q.service, "sts") && strings.HasPrefix(q.arn[arnResource], "role/")
	case "kms":
		return strings.EqualFold(q.service, "kms") && strings.HasPrefix(q.arn[arnResource], "key/")
	}
	return false
}
