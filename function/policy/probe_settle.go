package policy

// Settled is the answer to a Probe for all requests that it may be.
type Settled struct {
	// Verdict is Evaluate's answer to one of the requests, where it allows all of them or denies all of them, be it explicitly
	// or implicitly. It is Unknown where it allows some and denies others, and where that is not decided; what it depends on is
	// then as Evaluate says when nothing is known of the open keys.
	Verdict Verdict
	// Exceeded and Costliest are as in Found.
	Exceeded  bool
	Costliest []StatementRef
}

// Settle says what Evaluate answers to every request that the question may be: whatever its open keys hold, and whichever ARN of
// a pattern it is about. What the Context says of an open key is what is known of it in part.
func (p *Prober) Settle(q Probe) Settled {
	a := p.action(q.Action)
	if a == &p.uncovered {
		a = p.newAction(q.Action)
	}
	if !p.mayEvaluate(a) {
		return Settled{Verdict: Verdict{Decision: Unknown}, Exceeded: true, Costliest: p.costliest()}
	}
	open := Verdict{Decision: Unknown}
	if isPattern(q.Resource) {
		if sample, ok := p.sampled(&q, a); ok {
			q.Resource = sample
		}
	}
	if !isPattern(q.Resource) {
		open = p.evaluate(p.request(&q, a, q.Resource, q.knownInPart(a)))
		if open.Decision != Unknown || !q.isOpenIn(a) {
			return Settled{Verdict: open}
		}
	}
	return p.settle(q, a, open)
}

// settle looks for a request that is allowed and for one that is denied; open is Evaluate's answer where nothing is known of the open
// keys. Its question is a copy, for what is only evaluated takes no memory.
func (p *Prober) settle(q Probe, a *probedAction, open Verdict) Settled {
	allowing := &probing{Prober: p, Probe: &q, action: a}
	allowed := allowing.run()
	denying := &probing{Prober: p, Probe: &q, action: a}
	denied, isDenied := denying.denied()
	switch {
	case allowed.Decision == Allowed && isDenied == False:
		return Settled{Verdict: allowed.Verdict}
	case allowed.Decision != Allowed && allowed.Decision != Unknown && isDenied == True:
		return Settled{Verdict: denied}
	}
	switch {
	case isPattern(q.Resource) && allowed.Decision == Unknown:
		open = allowed.Verdict
	case isPattern(q.Resource) && allowed.Decision == Allowed:
		open = p.openAt(&q, a, allowed.Request.Resource)
	}
	s := Settled{Verdict: open, Exceeded: allowing.exceeded || denying.exceeded}
	if s.Exceeded {
		s.Costliest = p.costliest()
	}
	return s
}

// openAt is Evaluate's answer about one resource of a pattern where nothing is known of the open keys. Where they do not bear on it, the
// answer is not known because it differs between resources.
func (p *Prober) openAt(q *Probe, a *probedAction, resource string) Verdict {
	if p.evaluations.Spend(a.weight); !q.isOpenIn(a) {
		return Verdict{Decision: Unknown}
	}
	if v := p.evaluate(p.request(q, a, resource, q.knownInPart(a))); v.Decision == Unknown {
		return v
	}
	return Verdict{Decision: Unknown}
}

// knownInPart are the open keys as the Context has them.
func (q *Probe) knownInPart(a *probedAction) map[string]ContextValue {
	if len(a.keys) == 0 {
		return nil
	}
	keys := map[string]ContextValue{}
	for _, key := range a.keys {
		if q.isOpen(key) {
			keys[key] = q.Context.lookup(key)
		}
	}
	return keys
}

func (q *Probe) isOpen(key string) bool { return q.Open != nil && q.Open(key) }

// isOpenIn reports whether one of the keys is open that bear on an action.
func (q *Probe) isOpenIn(a *probedAction) bool {
	for _, key := range a.keys {
		if q.isOpen(key) {
			return true
		}
	}
	return false
}

// denied looks for a request that is denied for certain: true with Evaluate's answer to it, and false where there is none.
func (r *probing) denied() (Verdict, Truth) {
	goal := r.formula(r.Probe, r.action).Not()
	if goal.IsFalse() {
		return Verdict{}, False
	}
	given := r.given()
	for _, assignment := range r.assignments(r.Probe, r.action, given) {
		s, ok := r.find(goal, given, assignment, false)
		if !ok {
			continue
		}
		r.budget.Spend(r.action.weight)
		if v := r.evaluate(r.witness(s, r.openValues(s))); v.Decision == ExplicitDeny || v.Decision == ImplicitDeny {
			return v, True
		}
		r.exceeded = true
	}
	if _, ok := r.find(goal, given, nil, true); ok || r.exceeded {
		return Verdict{}, Undecided
	}
	return Verdict{}, False
}
