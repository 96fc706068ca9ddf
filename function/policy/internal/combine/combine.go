// Package combine is how the kinds of policy that apply to a request combine to one decision, as "Policy evaluation logic" in
// the IAM User Guide describes it (rules 48 to 54, 58 and 59). The rules are written over any logic of three values: with
// truth values they decide one request, with formulas they describe all requests that are allowed.
package combine

// Caller is what of a principal decides which kinds of policy apply to its requests.
type Caller int

const (
	// Outsider is a principal of no account: anonymous, an AWS service or an identity provider.
	Outsider Caller = iota
	// Account is an account, or its root user: no identity policy applies to it.
	Account
	// Member is an IAM user, a role or a session.
	Member
)

// Request is what of a request, apart from what the policies say, decides how kinds combine.
type Request[T comparable] struct {
	Caller Caller
	// SameAccount is set where the caller and the resource are in one account. Explicit is set where the resource's own policy
	// has to allow even then (rule 50).
	SameAccount, Explicit bool
	// NeedsSession is set for the session of a federated user, which has no permissions without a session policy (rule 58).
	NeedsSession bool
	// UnderRCPs is set where RCPs apply to the action and the resource (rule 54).
	UnderRCPs bool
	// ServiceLinked is whether the caller is a service-linked role or a session of one (rule 59).
	ServiceLinked T
}

// Grant is what statements allow, by the way in which they name the caller. The way decides whether a permissions boundary, a
// session policy or the account's own policies still limit the grant (rules 50 to 52).
type Grant[T comparable] struct {
	// Direct names the user or the session itself, the service, or everybody.
	Direct T
	// Role names the role whose session calls, or the user who called GetFederationToken for the session.
	Role T
	// Account names the caller's account, and so delegates to it.
	Account T
}

// Answer is what policies say about a request.
type Answer[T comparable] struct{ Allow, Deny T }

// Answers are those of all kinds.
type Answers[T comparable] struct {
	Of [Kinds]Answer[T]
	// Grant is what the resource's policy allows, by the way in which it names the caller.
	Grant Grant[T]
}

// Rules are the rules in one logic of three values: its values that are constant, and its operations.
type Rules[T comparable] struct {
	// Undecided is what may be either.
	True, False, Undecided T
	And, Or                func(a, b T) T
	Not                    func(a T) T
}

// Decide gives whether the request is allowed: every kind allows, as far as it has to, and none denies (rule 48).
func (r *Rules[T]) Decide(q *Request[T], all *Answers[T]) T {
	return r.and(r.Allowed(q, all), r.not(r.Denied(all)))
}

// Denied gives whether a policy of any kind denies.
func (r *Rules[T]) Denied(all *Answers[T]) T {
	denied := r.False
	for k := range all.Of {
		denied = r.or(denied, all.Of[k].Deny)
	}
	return denied
}

// Allowed gives whether the kinds together allow the request, whatever they deny.
func (r *Rules[T]) Allowed(q *Request[T], all *Answers[T]) T {
	return r.and(r.and(r.Granted(q, all), all.Of[Endpoint].Allow), all.Of[SCP].Allow)
}

// Granted gives what the identity policies and the resource's policy grant within the permissions boundary and the session
// policy (rules 49 to 52). A grant to the caller itself is not limited by these where it is enough.
func (r *Rules[T]) Granted(q *Request[T], all *Answers[T]) T {
	identity, grant := all.Of[Identity].Allow, &all.Grant
	limits := r.limits(all)
	switch {
	case q.Caller == Outsider:
		return grant.Direct
	case !q.SameAccount:
		return r.and(r.and(identity, limits), r.inAnyWay(grant))
	case q.Explicit:
		return r.or(grant.Direct, r.and(limits, r.or(grant.Role, r.and(grant.Account, identity))))
	}
	return r.or(grant.Direct, r.and(limits, r.or(grant.Role, identity)))
}

// limits gives what the permissions boundary and the session policy both allow.
func (r *Rules[T]) limits(all *Answers[T]) T {
	return r.and(all.Of[Boundary].Allow, all.Of[Session].Allow)
}

// inAnyWay gives whether something is granted at all.
func (r *Rules[T]) inAnyWay(g *Grant[T]) T {
	return r.or(g.Direct, r.or(g.Role, g.Account))
}

// Applies gives whether policies of a kind apply to the request at all. What does not apply limits nothing and denies nothing.
func (r *Rules[T]) Applies(k Kind, q *Request[T]) T {
	switch k {
	case Identity, Boundary:
		return r.trueIf(q.Caller == Member)
	case Session:
		return r.trueIf(q.Caller != Outsider)
	case SCP:
		return r.and(r.trueIf(q.Caller != Outsider), r.not(q.ServiceLinked))
	case RCP:
		return r.and(r.trueIf(q.UnderRCPs), r.not(q.ServiceLinked))
	}
	return r.True
}
