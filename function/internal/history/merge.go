package history

import (
	"container/heap"
	"time"

	"github.com/rolewatch/rolewatch/events"
)

// Window is how far apart in record time two records may come and still be put in order.
const Window = 30 * time.Minute

// Record is one record of a listed event.
type Record struct {
	Change *events.Change
	// Body is the record as it was read, in its envelope if it came in one.
	Body []byte
	At   Place
	// Late marks a straggler: records after it in time were handed out before it.
	Late bool

	sequence int
}

// Counts say what was read.
type Counts struct {
	// Files were read; Digests passed over, as they hold no records.
	Files, Digests int
	// Records were read, of which Listed are of events that matter. Malformed could not be read, or not understood.
	Records, Listed, Malformed int
	// Unread were not understood and name a role or a function: of that, what they may have changed is unknown.
	Unread int
	// Duplicates came before, and were dropped. Stragglers were handed out late.
	Duplicates, Stragglers int
}

// merger puts records in order.
type merger struct {
	counts   *Counts
	waiting  recordHeap
	sequence int
	// newest is the time of the newest record that came; released that of the last one handed out in order.
	newest, released time.Time
	// seen are the IDs of the records that came, by time.
	seen  map[string]time.Time
	prune int
	yield func(Record) bool
}

func (m *merger) add(r Record) bool {
	at := r.Change.Time
	if id := r.Change.ID; id != "" {
		if _, twice := m.seen[id]; twice {
			m.counts.Duplicates++
			return true
		}
		m.seen[id] = at
	}
	if at.Before(m.released) {
		m.counts.Stragglers++
		r.Late = true
		return m.yield(r)
	}
	m.sequence++
	r.sequence = m.sequence
	heap.Push(&m.waiting, r)
	if at.After(m.newest) {
		m.newest = at
	}
	until := m.newest.Add(-Window)
	m.forget(until.Add(-Window))
	return m.release(func(r Record) bool { return r.Change.Time.Before(until) })
}

// release hands out, in order, those at the front that may go.
func (m *merger) release(may func(Record) bool) bool {
	for len(m.waiting) > 0 && may(m.waiting[0]) {
		r := heap.Pop(&m.waiting).(Record)
		m.released = r.Change.Time
		if !m.yield(r) {
			return false
		}
	}
	return true
}

// forget drops IDs of records from before a time, once as many came as were kept.
func (m *merger) forget(before time.Time) {
	if len(m.seen) < m.prune {
		return
	}
	for id, at := range m.seen {
		if at.Before(before) {
			delete(m.seen, id)
		}
	}
	m.prune = max(1024, 2*len(m.seen))
}

type recordHeap []Record

func (h recordHeap) Len() int { return len(h) }
func (h recordHeap) Less(i, j int) bool {
	if !h[i].Change.Time.Equal(h[j].Change.Time) {
		return h[i].Change.Time.Before(h[j].Change.Time)
	}
	return h[i].sequence < h[j].sequence
}
func (h recordHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *recordHeap) Push(x any)   { *h = append(*h, x.(Record)) }
func (h *recordHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = Record{}
	*h = old[:len(old)-1]
	return last
}
