package watch_test

import (
	"testing"
	"time"
)

// BenchmarkLook is one look at a role in memory, a trust policy's edit from record to commit, by turns breaking and
// mending it.
func BenchmarkLook(b *testing.B) {
	l := newLab(b)
	l.role("orders", goodTrust).inline["logs"] = harmless
	l.function("checkout", "orders")
	l.swept()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.now = l.now.Add(time.Hour)
		trust := goodTrust
		if i%2 == 0 {
			trust = badTrust
		}
		l.must(l.setTrust("orders", trust))
	}
}
