package policy

// Truth is a three-valued answer.
type Truth int

// The three values.
const (
	False Truth = iota
	True
	Undecided
)

// StatementMatch says how far one statement applies to a request, element by element, whatever its effect.
type StatementMatch struct {
	Statement *Statement
	// Principal, Action and Resource are True for an element that the statement's kind does not have.
	Principal, Action, Resource Truth
	Conditions                  []ConditionMatch
	// Applies is the whole: False as soon as one element is.
	Applies Truth
}

// ConditionMatch is the answer of one condition.
type ConditionMatch struct {
	Condition *Condition
	Truth     Truth
	// Presence is what the request knows of the condition's key.
	Presence Presence
}

// Match explains how far the document's statement i, counted from 0, applies to a request. It judges every element, also
// behind one that does not match. It knows of no other policy, so it takes the principal to have no permissions
// boundary (rule 45). For a statement that is not there it gives the zero StatementMatch.
func (d *Document) Match(i int, req Request) StatementMatch {
	if i < 0 || i >= len(d.Statements) {
		return StatementMatch{}
	}
	s := &d.Statements[i]
	c := s.ready(d)
	q := newQuery(req)
	m := StatementMatch{
		Statement: s,
		Principal: q.matchPrincipals(d, s, c).any(),
		Action:    q.matchAction(s, c),
		Resource:  q.matchResource(d, s, c),
	}
	m.Applies = and(m.Principal, and(m.Action, m.Resource))
	for j := range c.conditions {
		truth := c.conditions[j].truth(&req.Context)
		m.Conditions = append(m.Conditions, ConditionMatch{
			Condition: &s.Conditions[j],
			Truth:     truth,
			Presence:  req.Context.lookup(c.conditions[j].key).Presence,
		})
		m.Applies = and(m.Applies, truth)
	}
	return m
}
