package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// explicitDeny names every statement that denies, and the kinds of policy that they stand in or that would not allow
// without them either.
func (e *evaluation) explicitDeny(r *room) Verdict {
	refs, blockedBy := r.statements[:0], r.blockedBy[:0]
	for k := range combine.Kinds {
		denies := e.tallies.Of[k].Deny == True
		if denies || e.blocks(k) {
			blockedBy = append(blockedBy, k.String())
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
	if e.tallies.Of[combine.Identity].Allow == True && e.identityCounts() {
		refs = e.appendRefs(refs, combine.Identity, Allow, True)
	}
	if refs = e.appendRefs(refs, combine.Resource, Allow, True); len(refs) == 0 {
		refs = nil
	}
	return Verdict{Decision: Allowed, Statements: refs}
}

// identityCounts says whether identity policies can carry the answer: with them, and without the grants that need none of
// them, something is granted.
func (e *evaluation) identityCounts() bool {
	with, without := e.tallies, e.tallies
	grant := &with.Grant
	without.Of[combine.Identity].Allow = False
	for _, way := range []struct {
		alone reach
		truth *Truth
	}{{reach{Direct: True}, &grant.Direct}, {reach{Role: True}, &grant.Role}, {reach{Account: True}, &grant.Account}} {
		without.Grant = combine.Grant[Truth](way.alone)
		if inTruth.Granted(&e.facts, &without) != False {
			*way.truth = False
		}
	}
	with.Of[combine.Identity].Allow = True
	return inTruth.Granted(&e.facts, &with) != False
}

// counting is the part of a resource policy statement's reach that can carry the answer: what is granted with it alone, and
// without the identity policies where these are enough by themselves.
func (e *evaluation) counting(r reach) Truth {
	all := e.tallies
	all.Grant = combine.Grant[Truth](reach{})
	if inTruth.Granted(&e.facts, &all) != False {
		all.Of[combine.Identity].Allow = False
	}
	all.Grant = combine.Grant[Truth](r)
	return inTruth.Granted(&e.facts, &all)
}

// blockers names the kinds of policy that did not allow.
func (e *evaluation) blockers(out []string) []string {
	for k := range combine.Kinds {
		if e.blocks(k) {
			out = append(out, k.String())
		}
	}
	return out
}

func (e *evaluation) blocks(k combine.Kind) bool {
	failed := e.tallies.Of[k].Allow == False
	if k == combine.Endpoint || k == combine.SCP || k == combine.RCP {
		return failed
	}
	if e.granted != False {
		return false
	}
	bound, grant := e.facts.Caller != combine.Outsider, &e.tallies.Grant
	switch k {
	case combine.Identity:
		if e.facts.SameAccount && e.facts.Explicit {
			return bound && failed && grant.Account != False
		}
		return bound && failed && (!e.facts.SameAccount || grant.Role == False)
	case combine.Resource:
		if !bound || !e.facts.SameAccount || e.facts.Explicit {
			return failed
		}
		return failed && e.set.Resource != nil && e.tallies.Of[combine.Identity].Allow == False
	}
	return failed
}

// unknown names what the answer hangs on: the undecided denies if any may apply, and the undecided allows if those that
// are certain do not suffice.
func (e *evaluation) unknown(r *room, granted, denied Truth) Verdict {
	refs := r.statements[:0]
	var keys, unread, blockedBy []string
	for k := range combine.Kinds {
		applies := inTruth.Applies(k, &e.facts)
		if applies == False {
			continue
		}
		denies := denied == Undecided && e.tallies.Of[k].Deny == Undecided
		if denies {
			refs = e.appendRefs(refs, k, Deny, Undecided)
			keys, unread = e.appendUncertain(keys, unread, k, Deny)
		}
		hangs := granted == Undecided && e.hangsOn(k)
		if hangs {
			refs = e.appendRefs(refs, k, Allow, Undecided)
			keys, unread = e.appendUncertain(keys, unread, k, Allow)
		}
		if applies == Undecided && (denies || hangs) {
			keys, blockedBy = appendNew(keys, "aws:PrincipalArn"), append(blockedBy, k.String())
		}
	}
	if len(refs) == 0 {
		refs = nil
	}
	return Verdict{Decision: Unknown, Statements: refs, BlockedBy: blockedBy, UnknownKeys: keys, Unread: unread}
}

// hangsOn says whether what a kind of policy allows is undecided and matters.
func (e *evaluation) hangsOn(k combine.Kind) bool {
	if k == combine.Resource {
		return e.granted == Undecided && reach(e.tallies.Grant).hasUndecided()
	}
	if e.tallies.Of[k].Allow != Undecided {
		return false
	}
	switch k {
	case combine.Endpoint, combine.SCP:
		return true
	case combine.Identity:
		return e.granted == Undecided && e.identityCounts()
	}
	return e.granted == Undecided
}

func (r reach) hasUndecided() bool {
	return r.Direct == Undecided || r.Role == Undecided || r.Account == Undecided
}

// appendRefs adds a kind's statements of one effect whose answer is want.
func (e *evaluation) appendRefs(refs []StatementRef, k combine.Kind, effect Effect, want Truth) []StatementRef {
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
func (e *evaluation) nextHit(i int, k combine.Kind, effect Effect, want Truth) int {
	level, matters := int32(-1), false
	for ; i < e.hits.count; i++ {
		h := e.hits.at(i)
		if h.kind != k || h.deny != (effect == Deny) {
			continue
		}
		t := h.reach.any()
		if k == combine.Resource && effect == Allow && want == True {
			t = e.counting(h.reach)
		}
		if effect == Deny && inTruth.Applies(k, &e.facts) == Undecided {
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
func (e *evaluation) levelHangs(k combine.Kind, level int, effect Effect) bool {
	if k != combine.SCP || effect != Allow {
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
func (e *evaluation) appendUncertain(keys, unread []string, k combine.Kind, effect Effect) (allKeys, allUnread []string) {
	if e.isUnread(k) {
		unread = appendNew(unread, k.String())
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
