package ask

import (
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// owner is who decides what a key of a request holds.
type owner int

const (
	// fixed keys have a value that is known, or may have any and nobody here chooses it.
	fixed owner = iota
	// ofCaller keys are parameters of the request.
	ofCaller
	// ofResource keys are tags of the resource, which may be any that could exist.
	ofResource
	// ofRole keys are tags of the role itself, which it may be able to change.
	ofRole
)

// keyFact is what is known of one key for one question.
type keyFact struct {
	owner owner
	value policy.ContextValue
}

// factWeight is about how many steps it takes to find out who decides a key, and to carry it in a request.
const factWeight = 40

// factsOf says of every key that bears on the action who decides what it holds.
func (s *Session) factsOf(prober *policy.Prober, q Question) map[string]keyFact {
	keys := prober.Keys(q.Action)
	if len(keys) == 0 {
		return nil
	}
	c, ok := s.commonFactsOf(keys, &q)
	if !ok {
		c.own = keys
	}
	if ok && len(c.own) == 0 {
		return c.facts
	}
	facts, _ := s.ownFacts(c.facts, c.own, q)
	return facts
}

// ownFacts are some facts with those of more keys; false where the budget does not suffice.
func (s *Session) ownFacts(facts map[string]keyFact, keys []string, q Question) (_ map[string]keyFact, ok bool) {
	if !s.Budget.evaluations.Spend(factWeight * len(keys)) {
		return nil, false
	}
	if facts = maps.Clone(facts); facts == nil {
		facts = make(map[string]keyFact, len(keys))
	}
	for _, key := range keys {
		facts[key] = s.fact(key, q)
	}
	return facts, true
}

func (s *Session) fact(key string, q Question) keyFact {
	if text, ok := q.Keys[key]; ok {
		return keyFact{value: Value(text)}
	}
	if slices.Contains(q.Without, key) {
		return keyFact{value: absent}
	}
	if IsRegionKey(key) {
		return keyFact{value: regionIn(key, q.Region, isOfEC2(q.Action))}
	}
	if strings.HasPrefix(key, principalTag) {
		if s.canTagItself() {
			return keyFact{ofRole, s.base(key)}
		}
		return keyFact{value: s.base(key)}
	}
	if q.Via && IsVia(key) {
		return keyFact{owner: ofCaller}
	}
	if f, ok := s.elsewhereFact(key, q); ok {
		return f
	}
	known, _ := s.knownKeys()
	if v, ok := known[key]; ok {
		return keyFact{value: v}
	}
	if strings.HasSuffix(key, createAction) {
		return keyFact{value: absent}
	}
	carriage := actions.Carries(q.Action, key)
	if carriage == actions.NotCarried {
		return keyFact{value: absent}
	}
	kind := s.kindOf(key)
	if kind.tag != "" {
		return s.tagFact(key, kind.tag, q)
	}
	if kind.missing {
		return keyFact{value: absent}
	}
	switch {
	case q.Unnamed && namesResource(key):
		return keyFact{value: Value(s.name)}
	case carriage != actions.CarriageUnknown && (kind.chosen || isChosenToMake(key, q.Action)):
		return keyFact{owner: ofCaller}
	}
	return keyFact{value: unknown}
}

// keyKind is what is known of a key whatever the question.
type keyKind struct {
	// tag is the tag of the resource that it holds.
	tag string
	// missing is set where no request of the session carries it, chosen where the caller of any action chooses it, and ofSession where what it
	// holds does not depend on the action.
	missing, chosen, ofSession bool
}

// kindOf is the kind of a key, which is worked out once: thousands of questions have the same keys.
func (s *Session) kindOf(key string) keyKind {
	kind, ok := s.kinds[key]
	if !ok {
		kind = keyKind{tagOf(key), s.base(key).Presence == policy.KeyAbsent, isChosenOfAny(key), isOfSession(key)}
		s.kinds[key] = kind
	}
	return kind
}

// elsewhereFact is what is known of a key that says whose a resource is which is in another account.
func (s *Session) elsewhereFact(key string, q Question) (f keyFact, ok bool) {
	ofAccount := strings.HasSuffix(key, ":resourceaccount")
	if !ofAccount && !strings.HasPrefix(key, "aws:resourceorg") {
		return keyFact{}, false
	}
	switch t := q.Target; {
	case !s.isElsewhere(q.Resource):
		return keyFact{}, false
	case ofAccount:
		return keyFact{value: Value(accountOfARN(q.Resource))}, true
	case key == "aws:resourceorgid" && t != nil && t.Elsewhere != nil && t.Elsewhere.Organization != "":
		return keyFact{value: Value(t.Elsewhere.Organization)}, true
	}
	return keyFact{value: unknown}, true
}

// isElsewhere reports whether an ARN names another account than the session's.
func (s *Session) isElsewhere(resource string) bool {
	account := accountOfARN(resource)
	return account != "" && account != s.Role.Ref.Account
}

// accountOfARN is the account that an ARN names; empty for one that names none, or a pattern.
func accountOfARN(resource string) string {
	if account := aws.AccountOf(resource); aws.IsAccountID(account) {
		return account
	}
	return ""
}

// base is what every call of the session says of a key.
func (s *Session) base(key string) policy.ContextValue {
	known, missing := s.knownKeys()
	if v, ok := known[key]; ok {
		return v
	}
	if slices.ContainsFunc(missing, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
		return absent
	}
	return unknown
}

// tagFact is what is known of a tag of the resource: those of the role itself stand in the snapshot, those of its functions are not
// read; that of any other resource may be any, and none to begin with.
func (s *Session) tagFact(key, tag string, q Question) keyFact {
	for _, c := range q.Tags {
		if tagOf(strings.ToLower(c.Key)) == tag {
			if c.Absent {
				return keyFact{value: absent}
			}
			return keyFact{value: Value(c.Value)}
		}
	}
	tags, isOwn, known := s.ownTags(q.Resource, q.Target)
	switch {
	case !isOwn:
		return keyFact{ofResource, absent}
	case !known:
		return keyFact{ofResource, unknown}
	}
	for name, value := range tags {
		if strings.EqualFold(name, tag) {
			return keyFact{ofResource, Value(value)}
		}
	}
	return keyFact{ofResource, absent}
}

// ownTags are the tags of the target, of the role itself, and, not known, of its functions.
func (s *Session) ownTags(resource string, target *Target) (tags map[string]string, isOwn, known bool) {
	if target != nil && resource == target.ARN {
		tags, known = target.Tags.Get()
		return tags, true, known
	}
	if resource == s.Role.ARN() || resource == s.Role.Ref.Key() {
		tags, known = s.Role.Tags.Get()
		return tags, true, known
	}
	for _, f := range s.Role.Users.List {
		if f.ARN == resource {
			return nil, true, false
		}
	}
	return nil, false, false
}
