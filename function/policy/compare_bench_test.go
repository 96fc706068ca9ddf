package policy

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// BenchmarkCompareManaged compares every AWS managed policy with the next one by name, and tells the median and the
// longest time of one comparison.
func BenchmarkCompareManaged(b *testing.B) {
	sources := managedSources(b)
	names := slices.Sorted(maps.Keys(sources))
	sets := make([]Set, len(names))
	for i, name := range names {
		sets[i] = mustSet(b, string(sources[name]), Identity)
	}
	var times []time.Duration
	grants, unknown := 0, 0
	worst, slowest := time.Duration(0), ""
	for b.Loop() {
		for i := 1; i < len(sets); i++ {
			start := time.Now()
			c := Compare(sets[i-1], sets[i])
			took := time.Since(start)
			times = append(times, took)
			if took > worst {
				worst, slowest = took, names[i-1]+" and "+names[i]
			}
			grants += len(c.Grants)
			unknown += len(c.Unknown)
		}
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(worst.Microseconds()), "worst-µs")
	b.Logf("%d comparisons, %d grants, %d unknown, slowest %s", len(times), grants, unknown, slowest)
}
