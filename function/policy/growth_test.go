//go:build unix

package policy

import (
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"
)

// TestManyNamesCostTheirLength holds that one object with many names costs about as much as twenty with a twentieth of them each,
// where comparing each name with each would cost twenty times as much. It measures processor time, so that it depends neither on how
// fast the machine is nor on what else runs there.
func TestManyNamesCostTheirLength(t *testing.T) {
	const number, parts = 50_000, 20
	parse := func(number, times int) func() {
		src := manyNames(number, true)
		return func() {
			for range times {
				if d, _ := Parse(src, Identity); d == nil || len(d.Statements[0].Conditions) != number {
					t.Fatalf("%d names: document %v", number, d)
				}
			}
		}
	}
	one, several := processorTime(t, parse(number, 1)), processorTime(t, parse(number/parts, parts))
	if one > parts/2*several {
		t.Errorf("%d names cost %s in one object, and %s in %d", number, one, several, parts)
	}
	t.Logf("%d names cost %s in one object, and %s in %d", number, one, several, parts)
}

// processorTime is what five calls take of this process's processors.
func processorTime(t *testing.T, call func()) time.Duration {
	t.Helper()
	// The collector's work depends on what other tests have left.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var total time.Duration
	for range 5 {
		runtime.GC()
		before := processorTimeUsed(t)
		call()
		total += processorTimeUsed(t) - before
	}
	return total
}

func processorTimeUsed(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
