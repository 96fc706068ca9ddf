package combine

// Policies are the policies of one kind. Only SCPs and RCPs have other than one level: one for each step from the root of the
// organization to the account.
type Policies[T comparable] struct {
	Levels int
	// Count is how many policies a level holds.
	Count func(level int) int
	// Ask gives what one of them says, and what it grants.
	Ask func(level, policy int) (Answer[T], Grant[T])
	// Unread is set where there may be policies besides that were not read.
	Unread bool
}

// MayLack reports whether a level without any policy of the kind allows the request.
func (q *Request[T]) MayLack(k Kind) bool {
	return k.isOptional() && !(k == Session && q.NeedsSession)
}

// Nothing is the answer of a kind that does not apply, or that may lack policies and has none: it limits nothing, grants nothing and denies nothing.
func (r *Rules[T]) Nothing() (Answer[T], Grant[T]) {
	return Answer[T]{Allow: r.True, Deny: r.False}, Grant[T]{r.False, r.False, r.False}
}

// Unread is the answer of a policy that was not read: it may say anything.
func (r *Rules[T]) Unread() (Answer[T], Grant[T]) {
	return Answer[T]{Allow: r.Undecided, Deny: r.Undecided}, Grant[T]{r.Undecided, r.Undecided, r.Undecided}
}

// Kind gives what all policies of a kind say together, where they apply to the request as applies says: each level has to
// allow (rule 53). The grant is that of the resource's policy.
func (r *Rules[T]) Kind(k Kind, q *Request[T], applies T, p *Policies[T]) (Answer[T], Grant[T]) {
	allow, deny, grant := r.True, r.False, Grant[T]{r.False, r.False, r.False}
	for level := range p.Levels {
		count := p.Count(level)
		some := r.trueIf(k.needsAll() || count == 0 && q.MayLack(k))
		for i := range count {
			one, its := p.Ask(level, i)
			deny = r.or(deny, one.Deny)
			if k.needsAll() {
				some = r.and(some, one.Allow)
			} else {
				some = r.or(some, one.Allow)
			}
			if k == Resource {
				grant = Grant[T]{r.or(grant.Direct, its.Direct), r.or(grant.Role, its.Role), r.or(grant.Account, its.Account)}
			}
		}
		allow = r.and(allow, some)
	}
	if p.Unread {
		// They may allow more and deny more. Those of a kind that limits may also not allow.
		allow, deny, grant.Direct = r.or(allow, r.Undecided), r.or(deny, r.Undecided), r.or(grant.Direct, r.Undecided)
		if k.Limits() {
			allow = r.and(allow, r.Undecided)
		}
	}
	if k.OnlyDenies() {
		allow = r.True
	}
	return Answer[T]{Allow: r.or(allow, r.not(applies)), Deny: r.and(deny, applies)}, grant
}
