// Package fanin says when a change to more roles than one commit takes is reported to people: what its slices found is counted, and
// people receive one message, or two where the first must not wait for the last slice. It reads nothing and sends nothing.
package fanin

import (
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

const (
	// FirstAfter is how long the first message waits for all slices, so that a few hundred roles are one message; LastAfter is how long
	// the last one does.
	FirstAfter = 10 * time.Second
	LastAfter  = 15 * time.Minute
	// maxChanges is how many records what a sweep came to has.
	maxChanges = 50
)

// Change is a change to many roles, as it is stored.
type Change struct {
	Account  string `json:"-"`
	ID       string `json:"-"`
	Revision int64  `json:"-"`
	// Done are the numbers of the slices that are committed, in order.
	Done []int `json:"-"`
	// Slices is how many there are, and Roles how many roles the change touches.
	Slices int `json:"slices"`
	Roles  int `json:"roles"`
	// Changes are the records behind it.
	Changes []finding.Change `json:"changes"`
	Started time.Time        `json:"started"`
	// Sweep says that it is what a sweep came to beyond its first message: nobody knows how many slices there are, and while it is Open, more
	// may come.
	Sweep bool `json:"sweep,omitempty"`
	Open  bool `json:"open,omitempty"`
	// Counted is how many slices the last message counted, 0 before the first, and Findings how many findings; Final says that no other
	// message follows, but for slices that were committed just then: Seen is how many there were.
	Counted  int  `json:"counted,omitempty"`
	Findings int  `json:"findings,omitempty"`
	Final    bool `json:"final,omitempty"`
	Seen     int  `json:"seen,omitempty"`
	// PlaceFindings are Findings of each place that routes lead to, by its name.
	PlaceFindings map[string]int `json:"placeFindings,omitempty"`
}

// Slice is what one slice came to.
type Slice struct {
	Number int `json:"number"`
	// Part is set where the roles of a slice are committed one by one, because they cannot be committed together; the slice itself is
	// committed after its parts.
	Part int `json:"part,omitempty"`
	// Folds are empty where nothing is to be reported.
	Folds []message.Fold `json:"folds,omitempty"`
	// Places are what is to be reported to the places that routes lead to, by their names; Folds are for the default.
	Places map[string][]message.Fold `json:"places,omitempty"`
	// Changes are the records that findings of a sweep name as their cause; those of a change stand there.
	Changes []finding.Change `json:"changes,omitempty"`
	// Thread is the thread in chat in which the open findings of all of its roles were reported before; empty where there is not one.
	Thread string `json:"thread,omitempty"`
}

// Has reports whether a slice is committed.
func (c *Change) Has(number int) bool { return slices.Contains(c.Done, number) }

// Next is the number of the next slice of what a sweep comes to.
func (c *Change) Next() int {
	if len(c.Done) == 0 {
		return 1
	}
	return slices.Max(c.Done) + 1
}

// Due says what is to be done now: whether the slices are to be counted and reported, and whether that is the last time. The first
// message waits for all slices for 10 seconds, the last for 15 minutes. Waited says that this is asked because such a time has come, and
// not because a slice was committed.
func (c *Change) Due(now time.Time, waited bool) (report, final bool) {
	switch {
	case c.Revision == 0:
		return false, false
	case c.Final:
		more := len(c.Done) > c.Seen
		return more, more
	case !c.Open && len(c.Done) >= c.Slices:
		return true, true
	case waited && now.Sub(c.Started) >= LastAfter:
		return true, true
	}
	return c.Counted == 0 && now.Sub(c.Started) >= FirstAfter, false
}

// Wait is how long it is until such a time comes next; 0 where none does.
func (c *Change) Wait(now time.Time) time.Duration {
	if c.Revision == 0 || c.Final || c.Sweep {
		return 0
	}
	waited := now.Sub(c.Started)
	if waited < FirstAfter {
		return FirstAfter - waited
	}
	return max(0, LastAfter-waited)
}

// Reported is the change once it has been reported; the folds are what is to be said of it to the default and to places, none where that is
// nothing, or nothing more than before. What is over is said once: it does not hurry, so that only the last message says so where nothing
// else is found.
func (c *Change) Reported(list []Slice, final bool) (next Change, folds []message.Fold, places map[string][]message.Fold, thread string) {
	next = *c
	next.Final, next.Seen, next.PlaceFindings = final, len(c.Done), maps.Clone(c.PlaceFindings)
	places = map[string][]message.Fold{}
	next.Changes = slices.Clone(c.Changes)
	threads := map[string]bool{}
	for _, s := range list {
		next.Changes = withRecords(next.Changes, s.Changes)
		folds = message.Merge(folds, s.Folds)
		for place, of := range s.Places {
			places[place] = message.Merge(places[place], of)
		}
		if len(s.Folds)+len(s.Places) > 0 {
			threads[s.Thread] = true
			thread = s.Thread
		}
	}
	if len(threads) > 1 || thread == "" {
		thread = c.Thread()
	}
	for place, of := range places {
		findings := countOf(of)
		if !more(of, c.PlaceFindings[place], final) {
			delete(places, place)
			continue
		}
		if next.PlaceFindings == nil {
			next.PlaceFindings = map[string]int{}
		}
		next.PlaceFindings[place] = findings
	}
	if more(folds, c.Findings, final) {
		next.Findings = countOf(folds)
	} else {
		folds = nil
	}
	if len(folds)+len(places) > 0 {
		next.Counted = counted(list)
	}
	return next, folds, places, thread
}

// withRecords are records with further ones.
func withRecords(list, more []finding.Change) []finding.Change {
	for _, one := range more {
		if len(list) < maxChanges && !slices.ContainsFunc(list, func(o finding.Change) bool { return o.EventID == one.EventID }) {
			list = append(list, one)
		}
	}
	return list
}

// more reports whether folds say more than a number of findings that were reported before, and it is time to say so.
func more(folds []message.Fold, before int, final bool) bool {
	return countOf(folds) != before && (final || slices.ContainsFunc(folds, urgent))
}

// countOf is how many findings folds are of.
func countOf(folds []message.Fold) (n int) {
	for _, f := range folds {
		n += f.Findings
	}
	return n
}

// urgent reports whether a fold says more than that something is over.
func urgent(f message.Fold) bool { return f.Kind != finding.KindResolved }

// counted is how many slices a list is of.
func counted(list []Slice) int {
	numbers := map[int]bool{}
	for _, s := range list {
		numbers[s.Number] = true
	}
	return len(numbers)
}

// Thread is the thread in chat of what the change opens.
func (c *Change) Thread() string { return "change-" + c.ID[:min(len(c.ID), 24)] }
