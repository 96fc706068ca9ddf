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
