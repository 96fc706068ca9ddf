package parallel_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

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

// AtMost does as many things at the same time as it may, and no more: once all that has begun waits, so many have.
func TestAtMostDoesSoManyAtATime(t *testing.T) {
	for _, c := range []struct{ n, workers, want int }{{30, 5, 5}, {3, 5, 3}, {30, 1, 1}, {0, 5, 0}} {
		synctest.Test(t, func(t *testing.T) {
			var running atomic.Int64
			release, done := make(chan struct{}), make([]int, c.n)
			var all sync.WaitGroup
			all.Go(func() {
				parallel.AtMost(c.n, c.workers, func(i int) {
					running.Add(1)
					<-release
					done[i]++
				})
			})
			synctest.Wait()
			if got := int(running.Load()); got != c.want {
				t.Errorf("%+v: %d at a time", c, got)
			}
			close(release)
			all.Wait()
			if slices.ContainsFunc(done, func(times int) bool { return times != 1 }) {
				t.Errorf("%+v: done %v times", c, done)
			}
		})
	}
}
