package effective

import (
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/policy"
)

// maxRemembered bounds how many comparisons are remembered: an edit is judged when it is seen and when it is confirmed, a minute or
// two later, and few edits fall between.
const maxRemembered = 64

// comparisons are the last ones of the process.
var comparisons rememberedComparisons

// rememberedComparisons keeps the results of the last comparisons. It is safe for concurrent use.
type rememberedComparisons struct {
	mutex sync.Mutex
	list  [maxRemembered]remembered
	next  int
}

// remembered is a comparison that was decided as a whole, and the steps that it took.
type remembered struct {
	before, after policy.Set
	result        policy.Comparison
	steps         int
}

// of gives the result for two sets of the very same documents, and the steps that it took.
func (r *rememberedComparisons) of(before, after policy.Set) (policy.Comparison, int, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for i := range r.list {
		if one := &r.list[i]; one.steps > 0 && isSameSet(one.before, before) && isSameSet(one.after, after) {
			return one.result, one.steps, true
		}
	}
	return policy.Comparison{}, 0, false
}

// add remembers a result in the place of the oldest one.
func (r *rememberedComparisons) add(one remembered) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.list[r.next] = one
	r.next = (r.next + 1) % maxRemembered
}

// isSameSet reports whether two sets hold the same documents, one in memory, under the same names. A set with a session policy or a
// policy of a resource, which no role has, is like none.
func isSameSet(a, b policy.Set) bool {
	levels := func(a, b [][]policy.Part) bool {
		return (a == nil) == (b == nil) && slices.EqualFunc(a, b, slices.Equal[[]policy.Part])
	}
	return a.Resource == nil && b.Resource == nil && a.Session == nil && b.Session == nil && slices.Equal(a.Identity, b.Identity) &&
		slices.Equal(a.Boundaries, b.Boundaries) && slices.Equal(a.Endpoint, b.Endpoint) && levels(a.SCPs, b.SCPs) && levels(a.RCPs, b.RCPs) &&
		slices.Equal(a.Unread, b.Unread)
}
