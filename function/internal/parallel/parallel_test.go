package parallel_test

import (
	"slices"
	"sync"
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

// AtMost does as many things at the same time as it may, and no more.
func TestAtMostDoesSoManyAtATime(t *testing.T) {
	const n, workers = 30, 5
	var mu sync.Mutex
	running, most, all := 0, 0, make(chan struct{})
	done := make([]int, n)
	parallel.AtMost(n, workers, func(i int) {
		mu.Lock()
		running++
		if most = max(most, running); most == workers && i < workers {
			close(all) // The first of them wait for each other.
		}
		mu.Unlock()
		<-all
		mu.Lock()
		defer mu.Unlock()
		running--
		done[i]++
	})
	if most != workers || slices.ContainsFunc(done, func(times int) bool { return times != 1 }) {
		t.Errorf("%d at a time, done %v times", most, done)
	}
}
