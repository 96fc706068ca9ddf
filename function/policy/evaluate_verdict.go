package policy

import "slices"

// explicitDeny names every statement that denies, and the kinds of policy that they stand in or that would not allow
// without them either.
func (e *evaluation) explicitDeny() Verdict {
	v := Verdict{Decision: ExplicitDeny}
	for k := range kinds {
		denies := e.tallies[k].deny == True
		if denies || e.blocks(k) {
			v.BlockedBy = append(v.BlockedBy, kindNames[k])
		}
		if denies {
			e.collect(&v, k, Deny, True)
		}
	}
	return v
}

// allowed names the statements that grant. Boundaries, session policies, endpoint policies and SCPs grant nothing: they
// only leave it standing.
func (e *evaluation) allowed() Verdict {
	v := Verdict{Decision: Allowed}
	if e.identityCounts() && e.tallies[kindIdentity].allow == True {
		e.collect(&v, kindIdentity, Allow, True)
	}
	e.collect(&v, kindResource, Allow, True)
	return v
}

// identityCounts says whether identity policies can carry the answer, seeing what boundary and session policy leave of
// them.
func (e *evaluation) identityCounts() bool {
	if !e.q.caller.inAccount() || e.limits == False {
		return false
	}
	return !e.sameAccount || !e.explicit || e.grant.account != False
}

// counting is the part of a resource policy statement's reach that can carry the answer: an account's own policy that
// names the account grants nothing by itself.
func (e *evaluation) counting(r reach) Truth {
	switch {
	case !e.q.caller.inAccount():
		return r.direct
	case !e.sameAccount:
		return and(r.any(), e.limits)
	case e.explicit:
		return or(r.direct, and(e.limits, or(r.role, and(r.account, e.tallies[kindIdentity].allow))))
	}
	return or(r.direct, and(e.limits, r.role))
}

// blockers names the kinds of policy that did not allow.
func (e *evaluation) blockers() []string {
	var out []string
	for k := range kinds {
		if e.blocks(k) {
			out = append(out, kindNames[k])
		}
	}
	return out
}

func (e *evaluation) blocks(k kind) bool {
	failed := e.tallies[k].allow == False
	if k == kindEndpoint || k == kindSCP || k == kindRCP {
		return failed
	}
	if e.core() != False {
		return false
	}
	bound := e.q.caller.inAccount()
	switch k {
	case kindIdentity:
		if e.sameAccount && e.explicit {
			return bound && failed && e.grant.account != False
		}
		return bound && failed && (!e.sameAccount || e.grant.role == False)
	case kindResource:
		if !bound || !e.sameAccount || e.explicit {
			return failed
		}
		return failed && e.set.Resource != nil && e.tallies[kindIdentity].allow == False
	}
	return failed
}

// unknown names what the answer hangs on: the undecided denies if any may apply, and the undecided allows if those that
// are certain do not suffice.
func (e *evaluation) unknown(granted, denied Truth) Verdict {
	v := Verdict{Decision: Unknown}
	for k := range kinds {
		if !e.binds(k) {
			continue
		}
		if denied == Undecided && e.tallies[k].deny == Undecided {
			e.collect(&v, k, Deny, Undecided)
		}
		if granted == Undecided && e.hangsOn(k) {
			e.collect(&v, k, Allow, Undecided)
		}
	}
	return v
}

// hangsOn says whether what a kind of policy allows is undecided and matters.
func (e *evaluation) hangsOn(k kind) bool {
	if k == kindResource {
		return e.core() == Undecided && e.grant.hasUndecided()
	}
	if e.tallies[k].allow != Undecided {
		return false
	}
	switch k {
	case kindEndpoint, kindSCP:
		return true
	case kindIdentity:
		return e.core() == Undecided && e.identityCounts()
	}
	return e.core() == Undecided
}

func (r reach) hasUndecided() bool {
	return r.direct == Undecided || r.role == Undecided || r.account == Undecided
}

// collect adds a kind's statements of one effect whose answer is want, and, for what is undecided, the keys and the
// unread policies behind it.
func (e *evaluation) collect(v *Verdict, k kind, effect Effect, want Truth) {
	if want == Undecided && e.isUnread(k) {
		v.Unread = appendNew(v.Unread, kindNames[k])
	}
	for level := range e.levels(k) {
		if want == Undecided && effect == Allow && k == kindSCP && e.measureLevel(k, level).allow != Undecided {
			continue
		}
		for _, p := range e.parts(k, level) {
			if p.Document == nil {
				if want == Undecided {
					v.Unread = appendNew(v.Unread, p.Name)
				}
				continue
			}
			e.collectPart(v, k, p, effect, want)
		}
	}
}

func (e *evaluation) collectPart(v *Verdict, k kind, p Part, effect Effect, want Truth) {
	for i := range p.Document.Statements {
		s := &p.Document.Statements[i]
		if s.Effect != effect {
			continue
		}
		r := e.q.matchAs(k, p.Document, s)
		t := r.any()
		if k == kindResource && effect == Allow && want == True {
			t = e.counting(r)
		}
		if t != want {
			continue
		}
		v.Statements = append(v.Statements, StatementRef{Policy: p.Name, Statement: s, Document: p.Document, Effect: effect})
		if want == Undecided {
			v.UnknownKeys = e.q.appendUnknownKeys(v.UnknownKeys, p.Document, s)
		}
	}
}

// appendUnknownKeys adds the keys that leave the statement undecided, as the document spells them.
func (q *query) appendUnknownKeys(keys []string, d *Document, s *Statement) []string {
	c := s.ready(d)
	ctx := &q.req.Context
	for i := range c.resources {
		if d.Kind != Trust && c.resources[i].matches(q) == Undecided {
			keys = c.resources[i].variable.appendUncertain(keys, ctx)
		}
	}
	for i := range c.conditions {
		cond := &c.conditions[i]
		if cond.understood != True || cond.truth(ctx) != Undecided {
			continue
		}
		before := len(keys)
		for j := range cond.operands {
			keys = cond.operands[j].variable.appendUncertain(keys, ctx)
		}
		if v := ctx.lookup(cond.key); v.Presence != KeyPresent || len(v.Values) > 1 || len(keys) == before {
			keys = appendNew(keys, s.Conditions[i].Key)
		}
	}
	return keys
}

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}
