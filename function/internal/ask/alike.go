package ask

import (
	"encoding/binary"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy"
)

// likeness identifies the answer to a question about a resource that no policy names, for one set of policies: thousands of actions have few
// different ones.
type likeness struct {
	prober *policy.Prober
	text   string
}

// fewQuestions is how many questions about what no policy names a session answers before it looks for those that are alike. Of most roles
// there are fewer.
const fewQuestions = 200

// likenessOf is the likeness of a question, with what is known of its condition keys; false for one that has none. The next question
// overwrites it.
func (s *Session) likenessOf(prober *policy.Prober, q *Question, facts map[string]keyFact) (text []byte, ok bool) {
	if !q.Unnamed || q.Target != nil {
		return nil, false
	}
	if s.asked++; s.asked <= fewQuestions {
		return nil, false
	}
	keys := prober.Keys(q.Action)
	if len(facts) != len(keys) {
		return nil, false // The budget did not suffice.
	}
	if s.alike == nil {
		s.alike = map[likeness]Answer{}
	}
	b, ok := prober.AppendLikeness(s.buffer[:0], q.Action, q.Resource, s.Role.Ref.Account)
	for _, key := range keys {
		f := facts[key]
		b = append(b, byte(f.owner), byte(f.value.Presence), byte(len(f.value.Values)))
		for _, v := range f.value.Values {
			b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
		}
	}
	s.buffer = b
	return b, ok
}

// about is the answer to another question that is alike.
func (a Answer) about(q *Question) Answer {
	a.Steps = slices.Clone(a.Steps)
	for i := range a.Steps {
		step := &a.Steps[i]
		step.Action, step.Resource, step.Request.Action, step.Request.Resource = q.Action, q.Resource, q.Action, q.Resource
	}
	return a
}
