package ask

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/policy"
)

// stride is how far apart the times are that are tried where a condition compares the time as a text: what lasts less long may
// be missed.
const stride = time.Hour

// FirstWithout is the first second after from, and up to to, at which something does not hold that depends on the time by the
// conditions of a document. It is only asked where a condition begins or ceases to be met. It must hold at from.
func FirstWithout(doc *policy.Document, from, to time.Time, holds func(time.Time) bool) (time.Time, bool) {
	last := from
	for _, t := range timesWorthTrying(doc, from, to) {
		if holds(t) {
			last = t
			continue
		}
		for t.Sub(last) > time.Second {
			if middle := last.Add(t.Sub(last) / 2).Truncate(time.Second); !middle.After(last) || holds(middle) {
				last = last.Add(max(middle.Sub(last), time.Second))
			} else {
				t = middle
			}
		}
		return t.Truncate(time.Second), true
	}
	return time.Time{}, false
}

// timesWorthTrying are the whole seconds at and after each instant that a condition compares with, in order.
func timesWorthTrying(doc *policy.Document, from, to time.Time) []time.Time {
	instants, complete := doc.Instants()
	var list []time.Time
	add := func(t time.Time) {
		if t.After(from) && !t.After(to) {
			list = append(list, t)
		}
	}
	for _, t := range instants {
		add(t.Truncate(time.Second))
		add(t.Truncate(time.Second).Add(time.Second))
	}
	if !complete {
		for t := from.Add(stride); !t.After(to); t = t.Add(stride) {
			add(t)
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	return slices.CompactFunc(list, time.Time.Equal)
}
