package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync/atomic"
	"time"

	"github.com/rolewatch/rolewatch/events"
)

// Log is a set of CloudTrail records in files.
type Log struct {
	// Progress, when set, is called while bytes are read, with their number as stored and that of all files.
	Progress func(done, total int64)
	// Counts are those of what was read; they are whole when Records has come to its end.
	Counts Counts

	sources []source
	total   int64
	done    atomic.Int64
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

// batch is how many records the reader hands over at a time.
const batch = 64

// step is a record, or something that could not be read.
type step struct {
	record Record
	err    error
}

// Records hands out the records of listed events in the order of their times, once. What cannot be read, or not
// understood, is told to bad, and does not keep the rest from being read. What is in memory at a time is what lies
// within one Window. Reading goes on in the background while records are handled.
func (l *Log) Records(bad func(error)) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		batches, stop := make(chan []step, 4), make(chan struct{})
		go func() {
			defer close(batches)
			l.produce(batches, stop)
		}()
		defer func() {
			close(stop)
			for range batches {
			}
		}()
		for steps := range batches {
			if l.Progress != nil {
				l.Progress(l.done.Load(), l.total)
			}
			for _, s := range steps {
				if s.err != nil {
					bad(s.err)
				} else if !yield(s.record) {
					return
				}
			}
		}
	}
}

// produce reads all sources and hands over what they hold until it is stopped.
func (l *Log) produce(batches chan<- []step, stop <-chan struct{}) {
	var steps []step
	flush := func() bool {
		select {
		case batches <- steps:
			steps = nil
			return true
		case <-stop:
			return false
		}
	}
	m := merger{counts: &l.Counts, seen: map[string]time.Time{}, yield: func(r Record) bool {
		steps = append(steps, step{record: r})
		return len(steps) < batch || flush()
	}}
	tell := func(err error) {
		l.Counts.Malformed++
		steps = append(steps, step{err: err})
		flush()
	}
	for _, s := range l.sources {
		more := true
		err := readSource(l.metered(s), func(r raw) bool {
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
	if m.release(func(Record) bool { return true }) {
		flush()
	}
}

// metered counts what is read of a source.
func (l *Log) metered(s source) source {
	open := s.open
	s.open = func() (io.ReadCloser, error) {
		in, err := open()
		return meter{in, &l.done}, err
	}
	return s
}

// meter counts the bytes that are read.
type meter struct {
	io.ReadCloser
	done *atomic.Int64
}

func (m meter) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.done.Add(int64(n))
	return n, err
}

// take passes on what is listed. Nine in ten records are not: they are told by their names and cost nothing more.
func (l *Log) take(r raw, bad func(error), add func(Record) bool) bool {
	l.Counts.Records++
	if r.known {
		if _, listed := events.Lookup(r.source, r.name); !listed {
			return !events.MayTouch(r.source, r.name) || l.takeUnread(r, "it is not in the table of events", add)
		}
	}
	body := bytes.Clone(r.body)
	change, err := events.Parse(body)
	switch {
	case errors.Is(err, events.ErrNotListed):
		return true
	case err != nil:
		bad(fmt.Errorf("read %v: %w", r.at, err))
		return l.takeUnread(r, err.Error(), add)
	}
	l.Counts.Listed++
	return add(Record{Change: change, Body: body, At: r.at})
}

// takeUnread passes on what a record names that was not understood, if anything.
func (l *Log) takeUnread(r raw, why string, add func(Record) bool) bool {
	body := bytes.Clone(r.body)
	change, ok := events.ParseUnread(body, why)
	if !ok {
		return true
	}
	l.Counts.Unread++
	return add(Record{Change: change, Body: body, At: r.at})
}
