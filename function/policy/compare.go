package policy

// Comparison is what one set of policies allows and another did not.
type Comparison struct {
	// Grants is everything that is newly allowed. Each has a witness that Evaluate denies under the old policies and
	// allows under the new ones.
	Grants []Grant
	// More is set when there are more than five thousand grants; the rest is left out.
	More bool
	// Unknown is what could not be decided; it is not in Grants.
	Unknown []Undecidable
}

// NothingNew is True when nothing is newly allowed, False when something is, and Undecided when that could not be told.
func (c Comparison) NothingNew() Truth {
	switch {
	case len(c.Grants) > 0:
		return False
	case len(c.Unknown) > 0:
		return Undecided
	}
	return True
}

// Grant is one value of Action, of Resource and of Principal in a statement of the new policies, at least a part of which
// is newly allowed.
type Grant struct {
	// Action is a pattern as the statement spells it: of a statement with NotAction "*".
	Action string
	// Resource is a pattern likewise: of a statement with NotResource "*", and empty where there is no Resource.
	Resource string
	// Principal is a value of Principal: of a statement with NotPrincipal "*", and empty where there is no Principal.
	// PrincipalType is its type, "AWS" or "Service", say, and "*" for the bare wildcard; of NotPrincipal it is empty.
	Principal, PrincipalType string
	// Actions are the newly allowed ones among those that AWS documents, in alphabetic order, where Action is a pattern. Those
	// that have no effect on Resource are left out, unless none has.
	Actions []string
	// Inert is set where AWS documents no resource of the form of Resource for the action: the policy grants it, and as far
	// as is known nobody can ask for it.
	Inert bool
	// Statement is the allowing statement of the new policies. Where its Effect is Deny, it is the statement of the old
	// policies that denied what is now left to policies outside the comparison; the witness says which is assumed.
	Statement StatementRef
	Witness   Witness
}

// Witness is a request that is newly allowed. What the compared policies leave open is assumed: who compares identity
// policies alone asks what they would allow where the resource's policy does not stand in the way, and the other way round.
type Witness struct {
	Request Request
	// AssumedIdentity, AssumedResource and AssumedSession are policies that the request needs besides the compared ones.
	// They are nil where it needs none. The session policy is that of a federated user, who can do nothing without one.
	AssumedIdentity, AssumedResource, AssumedSession *Document
}

// Undecidable is a part of a comparison that could not be decided.
type Undecidable struct {
	// Action, Resource and Principal are as in Grant.
	Action, Resource, Principal string
	// Statement is the new policies' statement in question.
	Statement StatementRef
	// Why is a sentence without a full stop.
	Why string
	// Exceeded is set where the budget was the reason. Where Action and Resource are then "*", Statement is the one, of either
	// set, whose patterns and conditions took the most work.
	Exceeded bool
	// Keys are the context keys that it hung on, and Unread the policies that were not read.
	Keys, Unread []string
}
