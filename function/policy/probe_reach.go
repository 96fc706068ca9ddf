package policy

// allowing is a statement that grants what it covers.
type allowing struct {
	document  *Document
	statement *Statement
	compiled  *compiled
}

// reachWeight bounds the weight of actions for which Reaches looks at the resources: of many statements the evaluation that may
// follow would look at them again.
const reachWeight = 600

// Reaches reports whether Ask may have more to say of an action on one resource than that it is implicitly denied: it is false where
// no statement denies the action and none that grants it covers the resource. Most questions are about resources that no statement
// names, which is seen at once. It knows nothing of policies that were not read.
func (p *Prober) Reaches(action, resource string) bool {
	a := p.action(action)
	if a == &p.unasked || a.denying || a.weight > reachWeight || isPattern(resource) || !p.evaluations.Spend(a.weight/8) {
		return true
	}
	q := queryAbout(action, resource, "")
	if q.is(getCallerIdentity) {
		return true
	}
	for i := range a.allows {
		if one := &a.allows[i]; one.compiled.mayCover(&q, one.document, one.statement) {
			return true
		}
	}
	return false
}

// mayCover reports whether the statement's resources may cover that of the query. A variable may stand for anything.
func (c *compiled) mayCover(q *query, d *Document, s *Statement) bool {
	for i := range c.resources {
		if c.resources[i].variable != nil {
			return true
		}
	}
	return q.matchResource(d, s, c) != False
}
