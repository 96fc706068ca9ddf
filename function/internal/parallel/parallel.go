// Package parallel does many things of one kind at the same time.
package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Each calls do with each number below n, as many at a time as there are processors, and returns when all are done. The
// goroutines are as few, for each that is new has to grow its stack first.
func Each(n int, do func(i int)) { AtMost(n, runtime.GOMAXPROCS(0), do) }

// AtMost is Each with that many at a time: for what waits, such as calls, it may be more than there are processors.
func AtMost(n, workers int, do func(i int)) {
	var next atomic.Int64
	var busy sync.WaitGroup
	for range min(n, workers) {
		busy.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	busy.Wait()
}
