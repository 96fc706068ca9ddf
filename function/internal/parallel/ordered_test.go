package parallel_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/parallel"
)

// TestOrderedDeliversInOrder has the first of all wait until as many others are done as may be ahead of it.
func TestOrderedDeliversInOrder(t *testing.T) {
	const n, workers, ahead = 100, 4, 12
	var started, running, most atomic.Int64
	release := make(chan struct{})
	var got []int
	parallel.Ordered(n, workers, ahead, func(i int) int {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		if count := started.Add(1); count == ahead {
			close(release) // None more is started before the first is delivered.
		}
		if i == 0 {
			<-release
		}
		return i * i
	}, func(i, value int) {
		if value != i*i {
			t.Errorf("%d gave %d", i, value)
		}
		got = append(got, i)
	})
	if len(got) != n || !slices.IsSorted(got) || most.Load() > workers {
		t.Errorf("delivered %v, %d at the same time", got, most.Load())
	}
}

// TestOrderedStartsNoMoreThanAhead counts what is started and not delivered.
func TestOrderedStartsNoMoreThanAhead(t *testing.T) {
	for _, c := range []struct{ n, workers, ahead int }{{0, 4, 8}, {1, 4, 8}, {50, 1, 1}, {50, 4, 2}, {50, 8, 16}} {
		var waiting, most, done atomic.Int64
		parallel.Ordered(c.n, c.workers, c.ahead, func(int) struct{} {
			most.Store(max(most.Load(), waiting.Add(1)))
			return struct{}{}
		}, func(int, struct{}) {
			waiting.Add(-1)
			done.Add(1)
		})
		if done.Load() != int64(c.n) || most.Load() > int64(max(c.workers, c.ahead)) {
			t.Errorf("%+v: %d delivered, %d waited", c, done.Load(), most.Load())
		}
	}
}
