package policy

import "slices"

// explicitDeny names every statement that denies, and the kinds of policy that they stand in or that would not allow
// without them either.
func (e *evaluation) explicitDeny(r *room) Verdict {
	refs, blockedBy := r.statements[:0], r.blockedBy[:0]
	for k := range kinds {
		denies := e.tallies[k].deny == True
		if denies || e.blocks(k) {
			blockedBy = append(blockedBy, kindNames[k])
		}
		if denies {
			refs = e.appendRefs(refs, k, Deny, True)
		}
	}
	return Verdict{Decision: ExplicitDeny, Statements: refs, BlockedBy: blockedBy}
}

// allowed names the statements that grant. Boundaries, session policies, endpoint policies and SCPs grant nothing: they
// only leave it standing.
func (e *evaluation) allowed(r *room) Verdict {
	refs := r.statements[:0]
	if e.identityCounts() && e.tallies[kindIdentity].allow == True {
		refs = e.appendRefs(refs, kindIdentity, Allow, True)
	}
	if refs = e.appendRefs(refs, kindResource, Allow, True); len(refs) == 0 {
		refs = nil
	}
	return Verdict{Decision: Allowed, Statements: refs}
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
func (e *evaluation) blockers(out []string) []string {
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
func (e *evaluation) unknown(r *room, granted, denied Truth) Verdict {
	refs := r.statements[:0]
	var keys, unread, blockedBy []string
	for k := range kinds {
		binds := e.binds(k)
		if binds == False {
			continue
		}
		denies := denied == Undecided && e.tallies[k].deny == Undecided
		if denies {
			refs = e.appendRefs(refs, k, Deny, Undecided)
			keys, unread = e.appendUncertain(keys, unread, k, Deny)
		}
		hangs := granted == Undecided && e.hangsOn(k)
		if hangs {
			refs = e.appendRefs(refs, k, Allow, Undecided)
			keys, unread = e.appendUncertain(keys, unread, k, Allow)
		}
		if binds == Undecided && (denies || hangs) {
			keys, blockedBy = appendNew(keys, "aws:PrincipalArn"), append(blockedBy, kindNames[k])
		}
	}
	if len(refs) == 0 {
		refs = nil
	}
	return Verdict{Decision: Unknown, Statements: refs, BlockedBy: blockedBy, UnknownKeys: keys, Unread: unread}
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

// appendRefs adds a kind's statements of one effect whose answer is want.
func (e *evaluation) appendRefs(refs []StatementRef, k kind, effect Effect, want Truth) []StatementRef {
	for i := e.nextHit(0, k, effect, want); i >= 0; i = e.nextHit(i+1, k, effect, want) {
		h := e.hits.at(i)
		p := &e.parts(k, int(h.level))[h.part]
		refs = append(refs, StatementRef{
			Policy: p.Name, Statement: &p.Document.Statements[h.statement], Document: p.Document, Effect: effect,
		})
	}
	return refs
}

// nextHit gives the first hit from number i on that is a kind's, of one effect, and whose answer is want; or -1.
func (e *evaluation) nextHit(i int, k kind, effect Effect, want Truth) int {
	level, matters := int32(-1), false
	for ; i < e.hits.count; i++ {
		h := e.hits.at(i)
		if h.kind != k || h.deny != (effect == Deny) {
			continue
		}
		t := h.reach.any()
		if k == kindResource && effect == Allow && want == True {
			t = e.counting(h.reach)
		}
		if effect == Deny && e.binds(k) == Undecided {
			t = and(t, Undecided)
		}
		if t != want {
			continue
		}
		if h.level != level {
			level, matters = h.level, want == True || e.levelHangs(k, int(h.level), effect)
		}
		if matters {
			return i
		}
	}
	return -1
}

// levelHangs says whether what is undecided in one level matters: of SCPs, not where the level allows anyway.
func (e *evaluation) levelHangs(k kind, level int, effect Effect) bool {
	if k != kindSCP || effect != Allow {
		return true
	}
	allow := False
	for _, p := range e.parts(k, level) {
		allow = or(allow, undecidedIf(p.Document == nil))
	}
	for i := range e.hits.count {
		if h := e.hits.at(i); h.kind == k && int(h.level) == level && !h.deny {
			allow = or(allow, h.reach.any())
		}
	}
	return allow == Undecided
}

// appendUncertain adds the keys and the unread policies behind what is undecided.
func (e *evaluation) appendUncertain(keys, unread []string, k kind, effect Effect) (allKeys, allUnread []string) {
	if e.isUnread(k) {
		unread = appendNew(unread, kindNames[k])
	}
	for level := range e.levels(k) {
		if !e.levelHangs(k, level, effect) {
			continue
		}
		for _, p := range e.parts(k, level) {
			if p.Document == nil {
				unread = appendNew(unread, p.Name)
			}
		}
	}
	for i := e.nextHit(0, k, effect, Undecided); i >= 0; i = e.nextHit(i+1, k, effect, Undecided) {
		h := e.hits.at(i)
		d := e.parts(k, int(h.level))[h.part].Document
		keys = e.q.appendUnknownKeys(keys, d, &d.Statements[h.statement])
	}
	return keys, unread
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
