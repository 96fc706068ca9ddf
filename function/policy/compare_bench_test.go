package policy

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// BenchmarkCompareManaged compares every AWS managed policy with the next one by name, and tells the median and the
// longest time of one comparison.
func BenchmarkCompareManaged(b *testing.B) {
	sources := externaldata.ManagedPolicies(b)
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
			c := compare(b, sets[i-1], sets[i])
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

// BenchmarkCompareRole compares a role that has the ten largest AWS managed policies with one that has the next ten, and
// with itself and one statement more.
func BenchmarkCompareRole(b *testing.B) {
	sources := externaldata.ManagedPolicies(b)
	names := slices.SortedFunc(maps.Keys(sources), func(x, y string) int {
		return cmp.Or(len(sources[y])-len(sources[x]), strings.Compare(x, y))
	})
	role := func(names []string) (set Set, size int) {
		for _, name := range names {
			set.Identity = append(set.Identity, mustSet(b, string(sources[name]), Identity).Identity...)
			size += len(sources[name])
		}
		return set, size
	}
	old, size := role(names[:10])
	next, _ := role(names[10:20])
	more := old
	more.Identity = append(slices.Clip(old.Identity), mustSet(b, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}`, Identity).Identity...)
	for name, new := range map[string]Set{"another": next, "one statement more": more} {
		b.Run(name, func(b *testing.B) {
			b.ReportMetric(float64(size), "policy-bytes")
			b.ReportAllocs()
			for b.Loop() {
				compare(b, old, new)
			}
		})
	}
}
