package ask

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// common is what facts depend on that are the same for thousands of questions: those about the session and its network, whatever the action
// and the resource.
type common struct {
	// keys is the first of the list that the prober gives for all actions that the same statements cover.
	keys    *string
	region  string
	via     bool
	unnamed bool
}

// commonFacts are facts that questions have in common, and the keys of which each question has a fact of its own.
type commonFacts struct {
	facts map[string]keyFact
	own   []string
}

// commonFactsOf are the facts that a question has in common with others; false for one that has all of its own, or where the budget does not
// suffice. They are worked out once, and are not to be changed.
func (s *Session) commonFactsOf(keys []string, q *Question) (c commonFacts, ok bool) {
	if len(q.Keys)+len(q.Without) > 0 || s.isElsewhere(q.Resource) {
		return commonFacts{}, false
	}
	of := common{&keys[0], q.Region, q.Via, q.Unnamed}
	if c, ok = s.common[of]; ok {
		return c, true
	}
	var shared []string
	for _, key := range keys {
		if s.isCommon(key, q.Via) {
			shared = append(shared, key)
		} else {
			c.own = append(c.own, key)
		}
	}
	if c.facts, ok = s.ownFacts(nil, shared, *q); ok {
		s.common[of] = c
	}
	return c, ok
}

// isCommon reports whether the fact of a key does not depend on the action or the resource.
func (s *Session) isCommon(key string, via bool) bool {
	known, _ := s.knownKeys()
	_, isKnown := known[key]
	return isKnown || IsRegionKey(key) && key != ec2Region || strings.HasPrefix(key, principalTag) || via && IsVia(key) || s.kindOf(key).ofSession
}

// isOfSession reports whether every request of a session has a key or none has, whatever its action and resource.
func isOfSession(key string) bool {
	return strings.HasPrefix(key, "aws:") && tagOf(key) == "" && actions.Carries("", key) == actions.Carried
}
