package policy

import (
	"slices"
	"strings"
)

// Evaluate answers a request from all policies that bear on it, as "Policy evaluation logic" in the IAM User Guide
// describes it (rules 48 to 60). It is three-valued: what is not known makes the answer Unknown only if the answer hangs
// on it. A principal whose account owns a resource that does not tell its account (Amazon S3) and for which
// Request.ResourceAccount is empty is taken to be in the same account. An account ID, or an account's root user, as
// principal needs no identity policy.
//
// A set that Validate refuses makes the answer Unknown, with the error in Err: what the set would deny is not known.
//
// A Verdict that does not outlive its caller takes no memory from the heap, as long as it names few statements.
func Evaluate(req Request, set Set) Verdict {
	// This is inlined, so that the room is on the caller's stack.
	var r room
	return evaluate(&req, &set, &r)
}

// room is where a verdict's lists begin.
type room struct {
	statements [8]StatementRef
	blockedBy  [2]string
}

func evaluate(req *Request, set *Set, r *room) Verdict {
	e := evaluation{set: *set}
	if err := e.checkSet(); err != nil {
		return Verdict{Decision: Unknown, Err: err}
	}
	e.q.take(req)
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
		return e.explicitDeny(r)
	case e.q.isProtected():
		return Verdict{BlockedBy: append(r.blockedBy[:0], "protected")}
	case granted == False:
		return Verdict{BlockedBy: e.blockers(r.blockedBy[:0])}
	case granted == True && denied == False:
		return e.allowed(r)
	}
	return e.unknown(r, granted, denied)
}

// kinds of policy, in the order in which verdicts name them.
type kind int8

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
	hits    hits
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

// binds says whether a kind of policy bears on this request at all. Of SCPs and RCPs that is not known where it is not known
// whether the caller is a session of a service-linked role.
func (e *evaluation) binds(k kind) Truth {
	switch k {
	case kindResource, kindEndpoint:
		return True
	case kindSCP:
		return and(trueIf(e.q.caller.inAccount()), not(e.q.caller.serviceLinked))
	case kindRCP:
		return and(trueIf(e.q.isUnderRCPs()), not(e.q.caller.serviceLinked))
	case kindIdentity, kindBoundary:
		return trueIf(e.q.caller.inAccount() && e.q.caller.kind != callerAccount)
	}
	return trueIf(e.q.caller.inAccount())
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
	if e.hasOrganization() {
		e.q.caller.readContext(&e.q.req.Context)
	}
	for k := range kinds {
		e.tallies[k] = e.measureKind(k)
	}
	e.limits = and(e.tallies[kindBoundary].allow, e.tallies[kindSession].allow)
}

// hasOrganization says whether there are SCPs or RCPs, for only these ask whether a session is of a service-linked role.
func (e *evaluation) hasOrganization() bool {
	return len(e.set.SCPs) > 0 || len(e.set.RCPs) > 0 || e.isUnread(kindSCP) || e.isUnread(kindRCP)
}

func (e *evaluation) measureKind(k kind) tally {
	levels, unread := e.levels(k), e.isUnread(k)
	if levels == 0 && !unread {
		return tally{allow: True}
	}
	binds := e.binds(k)
	if binds == False {
		if k == kindIdentity && e.q.caller.kind == callerAccount {
			e.measureLevel(k, 0) // An account needs none of these, and yet its verdict names those that allow.
		}
		return tally{allow: True}
	}
	total := tally{allow: True}
	for level := range levels {
		t := e.measureLevel(k, level)
		total = tally{and(total.allow, t.allow), or(total.deny, t.deny)}
	}
	if unread {
		// Every level may hold more policies than are known: more to allow, and more to deny.
		total = tally{or(total.allow, Undecided), or(total.deny, Undecided)}
		if k == kindResource {
			e.grant.direct = or(e.grant.direct, Undecided)
		}
		if k == kindBoundary || k == kindSession || k == kindEndpoint || k == kindSCP {
			total.allow = and(total.allow, Undecided)
		}
	}
	if k == kindRCP {
		total.allow = True
	}
	if binds == Undecided {
		total = tally{or(total.allow, Undecided), and(total.deny, Undecided)}
	}
	return total
}

// measureLevel judges the policies of one level. Of boundaries each must allow, of others any. Without a session policy the
// session of a federated user has no permissions of its own (rule 58).
func (e *evaluation) measureLevel(k kind, level int) tally {
	parts := e.parts(k, level)
	if len(parts) == 0 {
		none := k == kindBoundary || k == kindEndpoint || k == kindSession && e.q.caller.kind != callerFederatedUser
		return tally{allow: trueIf(none)}
	}
	total := tally{allow: trueIf(k == kindBoundary)}
	for i := range parts {
		t := e.measurePart(place{k, int32(level), int32(i)}, parts[i].Document)
		total.deny = or(total.deny, t.deny)
		if k == kindBoundary {
			total.allow = and(total.allow, t.allow)
		} else {
			total.allow = or(total.allow, t.allow)
		}
	}
	return total
}

func (e *evaluation) measurePart(at place, d *Document) tally {
	if d == nil {
		if at.kind == kindResource {
			e.grant = reach{Undecided, Undecided, Undecided}
		}
		return tally{Undecided, Undecided}
	}
	var t tally
	e.q.atEndpoint = at.kind == kindEndpoint
	c := e.q.coverage(d)
	for i := c.next(&e.q); i >= 0; i = c.next(&e.q) {
		s := &d.Statements[i]
		if s.Effect == NoEffect {
			continue
		}
		r := e.q.matchCovered(d, s, &c.compiled.statements[i])
		applies := r.any()
		if applies == False {
			continue
		}
		e.hits.add(hit{place: at, deny: s.Effect == Deny, statement: int32(i), reach: r})
		if s.Effect == Deny {
			t.deny = or(t.deny, applies)
			continue
		}
		t.allow = or(t.allow, applies)
		if at.kind == kindResource {
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
