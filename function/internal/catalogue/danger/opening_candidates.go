package danger

import (
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// openStatement is an Allow statement that could cover resources that nobody named. Actions are places in actions.Names.
type openStatement struct {
	*policy.Statement
	open ask.Open
	// listed are the actions that each value of Action covers and that the statement could allow on such a resource. It is nil for
	// a value that covers many, and for all of a statement with NotAction.
	listed [][]int
}

// maxListed is how many actions a value of Action covers at most of which a list is kept.
const maxListed = 500

type openStatementsKey struct{}

// openStatements are those of a document. For a session that excludes nothing the lists have more in them and are not kept.
func (j *judge) openStatements(d *policy.Document) []openStatement {
	if !j.ExcludesNamed() {
		return j.newOpenStatements(d)
	}
	return d.Memo(openStatementsKey{}, func() any { return j.newOpenStatements(d) }).([]openStatement)
}

func (j *judge) newOpenStatements(d *policy.Document) []openStatement {
	var out []openStatement
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow || !s.HasAction || !isOpenStatement(s) {
			continue
		}
		one := openStatement{Statement: s, open: j.OpenOf(s)}
		if !s.NotAction {
			one.listed = make([][]int, len(s.Actions))
			for k, v := range s.Actions {
				one.listed[k] = one.list(v.Text, maxListed)
			}
		}
		out = append(out, one)
	}
	return out
}

// list are the actions that a value of Action covers and that the statement could allow on such a resource; nil where they are more than
// most.
func (s *openStatement) list(value string, most int) []int {
	list := []int{}
	for at := range eachPlace(value) {
		if len(list) == most {
			return nil
		}
		if s.open.Covers(actions.Names()[at]) {
			list = append(list, at)
		}
	}
	return slices.Clip(list)
}

func eachPlace(value string) func(yield func(int) bool) {
	return func(yield func(int) bool) { actions.EachPlace(value, yield) }
}

// covered are the actions that a value of Action covers and that the statement could allow on a resource that nobody named; none
// where the budget does not suffice.
func (j *judge) covered(s *openStatement, value int) []int {
	if !j.Spend(workOf(s.Actions[value].Text)) {
		return nil
	}
	return s.allListed(value)
}

// allListed are the actions of covered, whatever the budget.
func (s *openStatement) allListed(value int) []int {
	if list := s.listed[value]; list != nil {
		return list
	}
	return s.list(s.Actions[value].Text, math.MaxInt)
}

// eachOpen goes through the open statements of the identity policies.
func (j *judge) eachOpen(yield func(*openStatement) bool) {
	for _, part := range j.e.Set.Identity {
		if part.Document == nil {
			continue
		}
		list := j.openStatements(part.Document)
		for i := range list {
			if !yield(&list[i]) {
				return
			}
		}
	}
}

// candidates are the actions that some statement may allow on resources that nobody named, in order.
func (j *judge) candidates() []int {
	var places placeSet
	for s := range j.eachOpen {
		if s.NotAction {
			left := j.exempt(s.Statement)
			for at, name := range actions.Names() {
				if !left[name] && s.open.Covers(name) {
					places.add(at)
				}
			}
			continue
		}
		for k := range s.Actions {
			if j.Spend(workOf(s.Actions[k].Text)) {
				places.addCovered(s, k)
			}
		}
	}
	return places.sorted()
}

// placeSet is a set of places: a list while they are few, as they are of most roles, for a list is made faster.
type placeSet struct {
	few  []int
	many []bool
}

const fewPlaces = 1000

func (s *placeSet) add(at int) {
	if s.many != nil {
		s.many[at] = true
		return
	}
	if s.few = append(s.few, at); len(s.few) > fewPlaces {
		s.many = make([]bool, len(actions.Names()))
		for _, one := range s.few {
			s.many[one] = true
		}
	}
}

// addCovered adds the actions that a value of Action covers and that the statement could allow on a resource that nobody named. Those that
// are there already are not looked at again: many values may cover all.
func (s *placeSet) addCovered(statement *openStatement, value int) {
	if s.many == nil || statement.listed[value] != nil {
		for _, at := range statement.allListed(value) {
			s.add(at)
		}
		return
	}
	for at := range eachPlace(statement.Actions[value].Text) {
		if !s.many[at] && statement.open.Covers(actions.Names()[at]) {
			s.many[at] = true
		}
	}
}

func (s *placeSet) sorted() []int {
	if s.many != nil {
		s.few = s.few[:0]
		for at, has := range s.many {
			if has {
				s.few = append(s.few, at)
			}
		}
		return s.few
	}
	slices.Sort(s.few)
	return slices.Compact(s.few)
}

// groups has the group of each action that was asked for, and one more: zero where none was.
var groups = sync.OnceValue(func() []atomic.Int32 { return make([]atomic.Int32, len(actions.Names())) })

// groupAt is groupOf, worked out once for each action.
func groupAt(at int) group {
	known := &groups()[at]
	if g := known.Load(); g > 0 {
		return group(g - 1)
	}
	g := groupOf(actions.At(at))
	known.Store(int32(g) + 1)
	return g
}

// isOpenStatement says whether the resources of a statement could cover what nobody named.
func isOpenStatement(s *policy.Statement) bool {
	return s.NotResource || slices.ContainsFunc(s.Resources, func(v policy.Value) bool { return isOpen(v.Text) })
}

// isOpen says whether a value of Resource could cover what nobody named: there is a wildcard, and no name before it that a
// made-up name does not begin with.
func isOpen(resource string) bool {
	arn, ok := aws.CompleteARNPattern(resource)
	if !ok {
		return strings.ContainsAny(resource, "*?")
	}
	return strings.ContainsAny(arn.Resource, "*?$")
}
