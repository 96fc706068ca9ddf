package history

import (
	"bytes"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"iter"
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
	// Duplicates came before, and were dropped. Stragglers were handed out late.
	Duplicates, Stragglers int
}

// Log is a set of CloudTrail records in files.
type Log struct {
	// Progress, when set, is called while bytes are read, with their number as stored and that of all files.
	Progress func(done, total int64)
	Counts   Counts

	sources []source
	total   int64
}

// Open finds the files under the paths: files, folders, or Stdin.
func Open(paths []string, stdin io.Reader) (*Log, error) {
	sources, digests, err := find(paths, stdin)
	if err != nil {
		return nil, err
	}
	order(sources)
	l := &Log{sources: sources, Counts: Counts{Digests: digests}}
	for _, s := range sources {
		l.total += s.size
	}
	return l, nil
}

// Text is a log of what a text holds, under a name that errors call it by.
func Text(name string, text []byte) *Log {
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	return &Log{sources: []source{{name: name, open: open, size: int64(len(text))}}, total: int64(len(text))}
}

// Records hands out the records of listed events in the order of their times, once. What cannot be read, or not
// understood, is told to bad, and does not keep the rest from being read. What is in memory at a time is what lies
// within one Window.
func (l *Log) Records(bad func(error)) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		m := merger{counts: &l.Counts, seen: map[string]time.Time{}, yield: yield}
		tell := func(err error) {
			l.Counts.Malformed++
			bad(err)
		}
		var done int64
		for _, s := range l.sources {
			more := true
			err := readSource(l.metered(s, &done), func(r raw) bool {
				more = l.take(r, tell, m.add)
				return more
			}, tell)
			switch {
			case errors.Is(err, errDigest):
				l.Counts.Digests++
			case err != nil:
				tell(err)
			default:
				l.Counts.Files++
			}
			if !more {
				return
			}
		}
		m.release(func(Record) bool { return true })
	}
}

// metered counts what is read of a source.
func (l *Log) metered(s source, done *int64) source {
	if l.Progress == nil {
		return s
	}
	open := s.open
	s.open = func() (io.ReadCloser, error) {
		in, err := open()
		return meter{in, func(n int) { *done += int64(n); l.Progress(*done, l.total) }}, err
	}
	return s
}

// meter tells how much is read.
type meter struct {
	io.ReadCloser
	add func(int)
}

func (m meter) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.add(n)
	return n, err
}

// take passes on what is listed. Nine in ten records are not: they are told by their names and cost nothing more.
func (l *Log) take(r raw, bad func(error), add func(Record) bool) bool {
	l.Counts.Records++
	if r.known {
		if _, listed := events.Lookup(r.source, r.name); !listed {
			return true
		}
	}
	body := bytes.Clone(r.body)
	change, err := events.Parse(body)
	switch {
	case errors.Is(err, events.ErrNotListed):
		return true
	case err != nil:
		bad(fmt.Errorf("read %v: %w", r.at, err))
		return true
	}
	l.Counts.Listed++
	return add(Record{Change: change, Body: body, At: r.at})
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
