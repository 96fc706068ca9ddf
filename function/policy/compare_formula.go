package policy

// op is what a node of a formula says.
type op int

const (
	opTrue op = iota
	opFalse
	// opUndecided may be either: a policy that was not read, a principal that cannot be told.
	opUndecided
	opAnd
	opOr
	// opStatement is a statement that applies, or, with not, one that does not.
	opStatement
)

// node is a formula over statements; it holds no negation but that of a statement.
type node struct {
	op        op
	not       bool
	statement *comparedStatement
	kids      []*node
}

var (
	nodeTrue      = &node{op: opTrue}
	nodeFalse     = &node{op: opFalse}
	nodeUndecided = &node{op: opUndecided}
)

func nodeOf(t Truth) *node {
	switch t {
	case True:
		return nodeTrue
	case False:
		return nodeFalse
	}
	return nodeUndecided
}

// both and either leave out what does not matter.
func both(kids ...*node) *node   { return combine(opAnd, opTrue, opFalse, kids) }
func either(kids ...*node) *node { return combine(opOr, opFalse, opTrue, kids) }

func combine(op, neutral, dominant op, kids []*node) *node {
	out := &node{op: op}
	for _, k := range kids {
		switch k.op {
		case neutral:
		case dominant:
			return k
		case op:
			out.kids = append(out.kids, k.kids...)
		default:
			out.kids = append(out.kids, k)
		}
	}
	switch len(out.kids) {
	case 0:
		return &node{op: neutral}
	case 1:
		return out.kids[0]
	}
	return out
}

// negate gives the formula that is true where n is false.
func negate(n *node) *node {
	switch n.op {
	case opTrue:
		return nodeFalse
	case opFalse:
		return nodeTrue
	case opUndecided:
		return n
	case opStatement:
		return &node{op: opStatement, statement: n.statement, not: !n.not}
	}
	kids := make([]*node, len(n.kids))
	for i, k := range n.kids {
		kids[i] = negate(k)
	}
	if n.op == opAnd {
		return either(kids...)
	}
	return both(kids...)
}

// setting is what a formula takes for given.
type setting struct {
	caller caller
	// service and action are in lower case, and empty where they are open.
	service, action string
	// sameAccount, explicit and underRCPs are as Evaluate works them out of the request.
	sameAccount, explicit, underRCPs bool
	// identityAllows, resourceDelegates and resourceOpen are assumptions about what the sets leave open.
	identityAllows, resourceDelegates, resourceOpen bool
	// needsSession is set for a federated user whose session policy is not assumed: without one it has no permissions of its
	// own (rule 58).
	needsSession bool
	// delegated takes a grant to the caller's account for one to the caller, as if its own policies allowed everything.
	delegated bool
}

// comparedSet is one of the two sets, its statements numbered.
type comparedSet struct {
	set        Set
	statements [kinds][]*comparedStatement
}

// grants are formulas for what a resource policy allows, by the way it names the caller.
type grants struct{ direct, role, account *node }

// formula says when Evaluate allows a request of this setting; it follows Evaluate step by step.
func (cs *comparedSet) formula(in *setting, class *actionClass) *node {
	e := evaluation{set: cs.set, q: query{caller: in.caller, service: in.service, action: in.action}}
	e.q.bounded = False
	if in.caller.inAccount() && in.caller.kind != callerAccount {
		e.q.bounded = or(trueIf(len(cs.set.Boundaries) > 0), undecidedIf(e.isUnread(kindBoundary)))
	}
	var allow [kinds]*node
	denied := nodeFalse
	var grant grants
	for k := range kinds {
		binds := e.binds(k)
		if k == kindRCP {
			binds = and(trueIf(in.underRCPs), not(in.caller.serviceLinked))
		}
		if binds == False {
			allow[k] = nodeTrue
			continue
		}
		a, d := cs.kindFormula(&e, class, k, &grant)
		if binds == Undecided {
			a, d = either(a, nodeUndecided), both(d, nodeUndecided)
		}
		allow[k], denied = a, either(denied, d)
	}
	if in.identityAllows || in.caller.kind == callerAccount {
		allow[kindIdentity] = nodeTrue
	}
	if in.needsSession && cs.set.Session == nil && !e.isUnread(kindSession) {
		allow[kindSession] = nodeFalse
	}
	if in.resourceDelegates {
		grant = grants{nodeFalse, nodeFalse, nodeTrue}
	}
	if in.resourceOpen {
		grant.direct = nodeTrue
	}
	limits := both(allow[kindBoundary], allow[kindSession])
	core := cs.core(in, limits, allow[kindIdentity], &grant)
	return both(core, allow[kindEndpoint], allow[kindSCP], negate(denied))
}

func (cs *comparedSet) core(in *setting, limits, identity *node, grant *grants) *node {
	switch {
	case !in.caller.inAccount():
		return grant.direct
	case !in.sameAccount:
		return both(identity, limits, either(grant.direct, grant.role, grant.account))
	case in.explicit:
		return either(grant.direct, both(limits, either(grant.role, both(grant.account, identity))))
	}
	if in.delegated {
		identity = either(identity, grant.account)
	}
	return either(grant.direct, both(limits, either(grant.role, identity)))
}

// kindFormula says when a kind of policy allows and when it denies.
func (cs *comparedSet) kindFormula(e *evaluation, class *actionClass, k kind, grant *grants) (allow, deny *node) {
	allow, deny = nodeTrue, nodeFalse
	e.q.atEndpoint = k == kindEndpoint
	*grant = orGrants(grant, k)
	for level := range e.levels(k) {
		a, d := cs.levelFormula(e, class, k, level, grant)
		allow, deny = both(allow, a), either(deny, d)
	}
	if e.isUnread(k) {
		allow, deny = either(allow, nodeUndecided), either(deny, nodeUndecided)
		if k == kindResource {
			grant.direct = either(grant.direct, nodeUndecided)
		}
		if k == kindBoundary || k == kindSession || k == kindEndpoint || k == kindSCP {
			allow = both(allow, nodeUndecided)
		}
	}
	if k == kindRCP {
		allow = nodeTrue
	}
	return allow, deny
}

// orGrants starts the grants of the resource policy with nothing.
func orGrants(g *grants, k kind) grants {
	if k == kindResource || g.direct == nil {
		return grants{nodeFalse, nodeFalse, nodeFalse}
	}
	return *g
}

func (cs *comparedSet) levelFormula(e *evaluation, class *actionClass, k kind, level int, grant *grants) (allow, deny *node) {
	parts := e.parts(k, level)
	if len(parts) == 0 {
		return nodeOf(trueIf(k == kindBoundary || k == kindSession || k == kindEndpoint)), nodeFalse
	}
	allow, deny = nodeOf(trueIf(k == kindBoundary)), nodeFalse
	for i := range parts {
		a, d := nodeUndecided, nodeUndecided
		if parts[i].Document == nil && k == kindResource {
			*grant = grants{nodeUndecided, nodeUndecided, nodeUndecided}
		} else if parts[i].Document != nil {
			a, d = cs.partFormula(e, class, k, level, i, grant)
		}
		deny = either(deny, d)
		if k == kindBoundary {
			allow = both(allow, a)
		} else {
			allow = either(allow, a)
		}
	}
	return allow, deny
}

func (cs *comparedSet) partFormula(e *evaluation, class *actionClass, k kind, level, part int, grant *grants) (allow, deny *node) {
	var allows, denies, direct, role, account []*node
	for _, cst := range cs.statements[k] {
		if cst.level != level || cst.part != part || !class.open && !class.matched.has(cst.number) {
			continue
		}
		r := e.q.matchPrincipals(cst.document, cst.statement, cst.compiled)
		if r.any() == False {
			continue
		}
		applies := &node{op: opStatement, statement: cst}
		if cst.statement.Effect == Deny {
			denies = append(denies, both(nodeOf(r.any()), applies))
			continue
		}
		allows = append(allows, both(nodeOf(r.any()), applies))
		if k == kindResource {
			direct = append(direct, both(nodeOf(r.direct), applies))
			role = append(role, both(nodeOf(r.role), applies))
			account = append(account, both(nodeOf(r.account), applies))
		}
	}
	if k == kindResource {
		*grant = grants{either(append(direct, grant.direct)...), either(append(role, grant.role)...),
			either(append(account, grant.account)...)}
	}
	return either(allows...), either(denies...)
}
