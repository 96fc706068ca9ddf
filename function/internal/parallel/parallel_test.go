package parallel_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/parallel"
)

// TestEachDoesEverythingOnce calls with every number, for none, one, and more than there are processors.
func TestEachDoesEverythingOnce(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		done := make([]int, n)
		parallel.Each(n, func(i int) { done[i]++ })
		if slices.ContainsFunc(done, func(times int) bool { return times != 1 }) {
			t.Errorf("of %d things: done %v times", n, done)
		}
	}
}
