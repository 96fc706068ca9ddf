package ask

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Statements are statements of policies in the order in which they were added, each once. Two policies of the same text have a statement each.
type Statements struct {
	list []policy.StatementRef
	// seen has them while they are many: a few are found faster in the list.
	seen map[statementKey]bool
}

type statementKey struct {
	policy    string
	statement *policy.Statement
}

// fewStatements is how many are looked for in the list.
const fewStatements = 8

// Add adds those that are not there yet.
func (s *Statements) Add(refs ...policy.StatementRef) {
	for i := range refs {
		if s.has(&refs[i]) {
			continue
		}
		s.list = append(s.list, refs[i])
		if len(s.list) <= fewStatements {
			continue
		}
		if s.seen == nil {
			s.seen = make(map[statementKey]bool, 2*len(s.list))
			for j := range s.list {
				s.seen[keyOf(&s.list[j])] = true
			}
		}
		s.seen[keyOf(&refs[i])] = true
	}
}

// List gives them, in order.
func (s *Statements) List() []policy.StatementRef { return slices.Clip(s.list) }

func (s *Statements) has(ref *policy.StatementRef) bool {
	if s.seen != nil {
		return s.seen[keyOf(ref)]
	}
	for i := range s.list {
		if keyOf(&s.list[i]) == keyOf(ref) {
			return true
		}
	}
	return false
}

func keyOf(ref *policy.StatementRef) statementKey { return statementKey{ref.Policy, ref.Statement} }
