package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// outlook is what the policies say of all requests of the session to a Region whose actions the same statements cover, whatever the
// actions, the resources, and what the caller chooses.
type outlook struct {
	region string
	// ofEC2 says that the requests are those to EC2.
	ofEC2 bool
	// unmet is set where no request meets the conditions of any identity policy's statement that allows the actions.
	unmet bool
	// denied is set where a statement denies every request.
	denied bool
}

// IsHopeless reports that no request for an action is allowed whose question has no values of its own for what every request carries. It is
// only sure of a yes: a statement for another Region allows none of thousands of actions, and one that denies everything leaves none.
func (s *Session) IsHopeless(action string) bool {
	f := s.factsOfAction(action)
	if !f.mayBeHopeless || policy.NeedsNoPermission(action) {
		return false
	}
	service := actions.ServiceOf(action)
	return !slices.ContainsFunc(f.regions, func(region string) bool {
		o := s.outlookOf(f, s.requestedRegion(service, region), isOfEC2(action))
		return !o.denied && (!o.unmet || s.unread)
	})
}

// mayBeHopeless reports whether the statements may deny everything that they cover, or allow nothing of it: each that allows has a
// condition.
func mayBeHopeless(f *actionFacts) bool {
	return slices.ContainsFunc(f.covering, deniesEverywhere) ||
		len(f.allowing) > 0 && !slices.ContainsFunc(f.allowing, func(ref policy.StatementRef) bool { return len(ref.Statement.Conditions) == 0 })
}

// deniesEverywhere reports whether a statement of a policy of the role denies its actions on every resource. Service control policies do not
// restrict every role.
func deniesEverywhere(ref policy.StatementRef) bool {
	kind := ref.Document.Kind
	return ref.Effect == policy.Deny && (kind == policy.Identity || kind == policy.Boundary) && !ref.Statement.NotResource &&
		slices.ContainsFunc(ref.Statement.Resources, func(v policy.Value) bool { return v.Text == "*" })
}

func (s *Session) outlookOf(f *actionFacts, region string, ofEC2 bool) outlook {
	for i := range f.outlooks {
		if f.outlooks[i].region == region && f.outlooks[i].ofEC2 == ofEC2 {
			return f.outlooks[i]
		}
	}
	o := outlook{region: region, ofEC2: ofEC2}
	if !s.Budget.evaluations.Spend(factWeight * len(f.covering)) {
		return o
	}
	o.denied = slices.ContainsFunc(f.covering, func(ref policy.StatementRef) bool {
		return deniesEverywhere(ref) && s.meets(ref, &o) == policy.True
	})
	o.unmet = !slices.ContainsFunc(f.allowing, func(ref policy.StatementRef) bool { return s.meets(ref, &o) != policy.False })
	f.outlooks = append(f.outlooks, o)
	return o
}

// meets answers whether the requests that an outlook is about meet all conditions of a statement: false where none does, and true where all do.
func (s *Session) meets(ref policy.StatementRef, o *outlook) policy.Truth {
	conditions := ref.Statement.Conditions
	if len(conditions) == 0 {
		return policy.True
	}
	hasTag := slices.ContainsFunc(conditions, func(c policy.Condition) bool { return strings.HasPrefix(strings.ToLower(c.Key), principalTag) })
	context := policy.Context{Keys: s.carried(o, hasTag && !s.canTagItself()), RestUnknown: true}
	answer := policy.True
	for _, c := range ref.Document.Match(ref.Statement.Index, policy.Request{Principal: s.arn, Context: context}).Conditions {
		switch c.Truth {
		case policy.False:
			return policy.False
		case policy.Undecided:
			answer = policy.Undecided
		}
	}
	return answer
}

// carried are the keys that every request carries that an outlook is about, whoever makes it for the session, with the tags of the role where these
// stay as they are.
func (s *Session) carried(o *outlook, withTags bool) map[string]policy.ContextValue {
	known, _ := s.knownKeys()
	keys := make(map[string]policy.ContextValue, len(ofAnyRequest)+len(regionKeys))
	for key, v := range known {
		if slices.Contains(ofAnyRequest, key) && !IsVia(key) || withTags && strings.HasPrefix(key, principalTag) {
			keys[key] = v
		}
	}
	for _, key := range regionKeys {
		keys[key] = regionIn(key, o.region, o.ofEC2)
	}
	return keys
}
