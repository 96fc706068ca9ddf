package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
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
	if e.q.is(getCallerIdentity) {
		return Verdict{Decision: Allowed}
	}
	e.measure()
	denied, granted := inTruth.Denied(&e.tallies), inTruth.Allowed(&e.facts, &e.tallies)
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

// tally is what one kind of policy says.
type tally = combine.Answer[Truth]

// evaluation is the work on one request.
type evaluation struct {
	q       query
	set     Set
	facts   combine.Request[Truth]
	tallies combine.Answers[Truth]
	hits    hits
	// granted is what identity policies and the resource's policy grant within the boundary and the session policy.
	granted Truth
	// resource and session hold the only part of their kind.
	resource, session [1]Part
}

func (e *evaluation) isUnread(k combine.Kind) bool { return slices.Contains(e.set.Unread, k.String()) }

// parts gives a kind's policies at one level; levels counts from 0, and only SCPs and RCPs have more than one.
func (e *evaluation) parts(k combine.Kind, level int) []Part {
	switch k {
	case combine.Identity:
		return e.set.Identity
	case combine.Resource:
		return one(&e.resource, e.set.Resource)
	case combine.Boundary:
		return e.set.Boundaries
	case combine.Session:
		return one(&e.session, e.set.Session)
	case combine.Endpoint:
		return e.set.Endpoint
	case combine.SCP:
		return e.set.SCPs[level]
	}
	return e.set.RCPs[level]
}

func (e *evaluation) levels(k combine.Kind) int {
	switch k {
	case combine.SCP:
		return len(e.set.SCPs)
	case combine.RCP:
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

// measure works out the facts, and what each kind of policy says.
func (e *evaluation) measure() {
	e.q.bounded = e.hasBoundary()
	owner := e.q.owner()
	e.facts = combine.Request[Truth]{
		Caller: e.q.caller.kind.inCombination(), SameAccount: owner == "" || owner == e.q.caller.account, Explicit: e.q.needsExplicitAllow(),
		NeedsSession: e.q.caller.kind == callerFederatedUser,
	}
	if e.hasOrganization() {
		e.q.caller.readContext(&e.q.req.Context)
		e.facts.UnderRCPs, e.facts.ServiceLinked = e.q.isUnderRCPs(), e.q.caller.serviceLinked
	}
	for k := range combine.Kinds {
		one, grant := e.measureKind(k)
		if e.tallies.Of[k] = one; k == combine.Resource {
			e.tallies.Grant = grant
		}
	}
	e.granted = inTruth.Granted(&e.facts, &e.tallies)
}

// hasBoundary says whether the caller has a permissions boundary, as far as the set tells.
func (e *evaluation) hasBoundary() Truth {
	if e.q.caller.kind.inCombination() != combine.Member {
		return False
	}
	return or(trueIf(len(e.set.Boundaries) > 0), undecidedIf(e.isUnread(combine.Boundary)))
}

// hasOrganization says whether there are SCPs or RCPs, for only these depend on the service and on whether a session is of a service-linked role.
func (e *evaluation) hasOrganization() bool {
	return len(e.set.SCPs) > 0 || len(e.set.RCPs) > 0 || e.isUnread(combine.SCP) || e.isUnread(combine.RCP)
}

// hasNone says whether there is no policy of a kind, and the request needs none. Of most kinds there is none.
func (e *evaluation) hasNone(k combine.Kind) bool {
	levels := e.levels(k)
	return (levels == 0 || levels == 1 && e.facts.MayLack(k) && len(e.parts(k, 0)) == 0) && !e.isUnread(k)
}

func (e *evaluation) measureKind(k combine.Kind) (tally, combine.Grant[Truth]) {
	if e.hasNone(k) {
		return inTruth.Nothing()
	}
	applies := inTruth.Applies(k, &e.facts)
	policies := combine.Policies[Truth]{
		Levels: e.levels(k), Count: func(level int) int { return len(e.parts(k, level)) }, Unread: e.isUnread(k),
		Ask: func(level, i int) (tally, combine.Grant[Truth]) {
			return e.measurePart(place{k, int32(level), int32(i)}, e.parts(k, level)[i].Document)
		},
	}
	if applies != False {
		return inTruth.Kind(k, &e.facts, applies, &policies)
	}
	if k == combine.Identity && e.facts.Caller == combine.Account {
		// An account needs none of these, and yet its verdict names those that allow.
		inTruth.Kind(k, &e.facts, applies, &policies)
	}
	return inTruth.Nothing()
}

func (e *evaluation) measurePart(at place, d *Document) (tally, combine.Grant[Truth]) {
	if d == nil {
		return inTruth.Unread()
	}
	var t tally
	var grant reach
	e.q.atEndpoint = at.kind == combine.Endpoint
	c := e.q.coverage(d, d.compiled())
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
			t.Deny = or(t.Deny, applies)
			continue
		}
		t.Allow, grant = or(t.Allow, applies), grant.or(r)
	}
	return t, combine.Grant[Truth](grant)
}
