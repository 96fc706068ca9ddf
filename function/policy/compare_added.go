package policy

// Added gives the Allow statements of the new identity policies that the old ones do not hold. It is complete where nothing else can
// be new: everything was read, nothing that denies or limits has changed, and no statement asks for a condition, holds a variable or
// is open to a reading. Whatever Compare finds then is granted by one of these statements, and it leaves nothing undecided but what
// takes it too much work.
func Added(old, new Set) (statements []StatementRef, complete bool) {
	c := comparer{ofIdentity: true}
	for _, s := range []Set{old, new} {
		if s.Resource != nil || s.Session != nil || len(s.SCPs)+len(s.RCPs)+len(s.Endpoint)+len(s.Unread) > 0 || !isReadAsWritten(s.Identity) || !isReadAsWritten(s.Boundaries) {
			return nil, false
		}
	}
	c.old, c.statements = numberStatements(old, false, nil)
	c.new, c.statements = numberStatements(new, true, c.statements)
	for _, cst := range c.statements {
		if !cst.isPlain() {
			return nil, false
		}
	}
	if len(c.lifted()) > 0 || !sameLimits(old, new) {
		return nil, false
	}
	for _, cst := range c.granting() {
		statements = append(statements, cst.ref())
	}
	return statements, true
}

// isReadAsWritten reports whether policies were read, and hold no fault.
func isReadAsWritten(parts []Part) bool {
	for _, p := range parts {
		if p.Document == nil || len(p.Document.Violations) > 0 {
			return false
		}
	}
	return true
}

// isPlain reports whether an action and a resource alone tell if the statement applies.
func (cst *comparedStatement) isPlain() bool {
	if len(cst.compiled.conditions) > 0 {
		return false
	}
	for i := range cst.compiled.resources {
		if r := &cst.compiled.resources[i]; r.variable != nil || r.isOpen() {
			return false
		}
	}
	return true
}
