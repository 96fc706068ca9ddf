package simulate

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// usage counts what the table is asked for, in the units of its on-demand price: a write of 1 KB, and a strongly consistent read of 4 KB.
type usage struct {
	now func() time.Time

	mu            sync.Mutex
	writes, reads float64
	scans         int
	// keys is what each partition key took in the second that it was used last, and busiest the most that it took in one.
	keys    map[string]*second
	busiest map[string]second
}

// second is what a partition key took in one second.
type second struct {
	at            int64
	writes, reads float64
}

func newUsage(now func() time.Time) *usage {
	return &usage{now: now, keys: map[string]*second{}, busiest: map[string]second{}}
}

// restart forgets what was counted: what comes now is counted.
func (u *usage) restart() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.writes, u.reads, u.scans, u.keys, u.busiest = 0, 0, 0, map[string]*second{}, map[string]second{}
}

func units(size, unit int) float64 { return float64(max(1, (size+unit-1)/unit)) }

func (u *usage) write(key string, size, factor int) {
	u.count(key, units(size, 1024)*float64(factor), 0)
}

// read counts half where the read is eventually consistent.
func (u *usage) read(key string, size int, consistent *bool) {
	n := units(size, 4096)
	if consistent == nil || !*consistent {
		n /= 2
	}
	u.count(key, 0, n)
}

func (u *usage) count(key string, writes, reads float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.writes += writes
	u.reads += reads
	now := u.now().Unix()
	s := u.keys[key]
	if s == nil {
		s = &second{at: now}
		u.keys[key] = s
	}
	if s.at != now {
		*s = second{at: now}
	}
	s.writes += writes
	s.reads += reads
	if most := u.busiest[key]; s.writes > most.writes || s.reads > most.reads {
		u.busiest[key] = second{s.at, max(s.writes, most.writes), max(s.reads, most.reads)}
	}
}

// hottest gives the partition key with the most writes in a second, and the one with the most reads.
func (u *usage) hottest() (writes, reads string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys := slices.Sorted(maps.Keys(u.busiest))
	if len(keys) == 0 {
		return "", ""
	}
	by := func(of func(second) float64) string {
		return slices.MaxFunc(keys, func(a, b string) int { return cmp.Compare(of(u.busiest[a]), of(u.busiest[b])) })
	}
	return by(func(s second) float64 { return s.writes }), by(func(s second) float64 { return s.reads })
}
