package history

import (
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// keepGone is how long it is remembered when something was taken away, so that an older record does not bring it back.
const keepGone = 24 * time.Hour

// dated is a value with the time of the record that it is known by.
type dated[T any] struct {
	role.Maybe[T]
	at time.Time
}

// set takes a value unless a newer one is known. Of two records of one second the later one to come counts.
func (d *dated[T]) set(v role.Maybe[T], at time.Time) {
	if !at.Before(d.at) {
		d.Maybe, d.at = v, at
	}
}

// members is a list whose members records tell of one by one.
type members[T any] struct {
	// complete says that what is not in the list is not there; else why says what is missing.
	complete bool
	why      role.Reason
	// since is when the list was last made anew.
	since time.Time
	of    map[string]dated[T]
}

func newMembers[T any](list role.Maybe[map[string]T], why role.Reason) members[T] {
	m := members[T]{why: list.Reason(), of: map[string]dated[T]{}}
	switch list.State() {
	case role.Unknown:
		if !m.why.Given() {
			m.why = why
		}
	default:
		m.complete = true
	}
	known, _ := list.Get()
	for name, v := range known {
		m.of[name] = dated[T]{Maybe: role.Have(v)}
	}
	return m
}

// set notes a member, or that it was taken away. A record from before the list was made anew is of another list.
func (m *members[T]) set(name string, v role.Maybe[T], at time.Time) {
	if at.Before(m.since) {
		return
	}
	d := m.of[name]
	d.set(v, at)
	m.of[name] = d
	for other, o := range m.of {
		if o.State() == role.Absent && at.Sub(o.at) > keepGone {
			delete(m.of, other)
		}
	}
}

// renew makes the list anew and empty, but for what newer records tell.
func (m *members[T]) renew(at time.Time) {
	m.complete, m.since = true, at
	for name, d := range m.of {
		if d.at.Before(at) {
			delete(m.of, name)
		}
	}
}

// has tells whether a member is known to be there.
func (m *members[T]) has(name string) bool { return m.of[name].State() == role.Known }

// whole are the members; unknown where there may be others.
func (m *members[T]) whole() role.Maybe[map[string]T] {
	if !m.complete {
		return role.NotRead[map[string]T](m.why)
	}
	out := map[string]T{}
	for name, d := range m.of {
		if v, ok := d.Get(); ok {
			out[name] = v
		}
	}
	return role.Have(out)
}
