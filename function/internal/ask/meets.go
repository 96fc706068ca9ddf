package ask

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy"
)

// MayMeet reports whether some request of the session that no AWS service makes for it may meet all conditions of a statement. It only
// looks at what such requests carry whatever their action and resource: the Region, the caller and the time. What it excludes applies to
// none of them.
func (s *Session) MayMeet(d *policy.Document, statement int) bool {
	st := &d.Statements[statement]
	if len(st.Conditions) == 0 || !s.Spend(factWeight*len(st.Conditions)) {
		return true
	}
	regions := s.regions[:1]
	if s.tellsRegions(policy.StatementRef{Statement: st, Document: d}) {
		regions = s.regions
	}
	return slices.ContainsFunc(regions, func(region string) bool {
		m := d.Match(statement, policy.Request{Principal: s.arn, Context: s.ofAnyRequest(region)})
		return !slices.ContainsFunc(m.Conditions, func(c policy.ConditionMatch) bool { return c.Truth == policy.False })
	})
}

// ofAnyRequest is what every request to a Region, of which nothing more is known, carries.
func (s *Session) ofAnyRequest(region string) policy.Context {
	known, _ := s.knownKeys()
	keys := make(map[string]policy.ContextValue, len(ofAnyRequest)+len(regionKeys))
	for _, key := range ofAnyRequest {
		if v, ok := known[key]; ok {
			keys[key] = v
		}
	}
	for _, key := range regionKeys {
		keys[key] = Value(region)
	}
	return policy.Context{Keys: keys, RestUnknown: true}
}
