package watch

import (
	"cmp"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// groups are the entries of a batch as they are reconciled, one group after another, so that each can fail alone. Entries that share a role
// are one group, but for slices of a change.
func groups(entries []*entry) (out [][]*entry) {
	for _, component := range components(entries) {
		out = append(out, apart(component)...)
	}
	return out
}

// apart takes the slices of changes out of entries that share roles: a slice is committed, and counted, as that slice. Each entry gets the
// records of all, for any of them may be the cause of what the first one finds. Slices come first, that of the newest record before the
// others, and those that confirm come last, so that what an edit did is reported as the slice of that edit.
func apart(component []*entry) [][]*entry {
	if len(component) == 1 || !slices.ContainsFunc(component, (*entry).isSlice) {
		return [][]*entry{component}
	}
	var all []reconcile.Change
	for _, e := range component {
		all = append(all, e.changes...)
	}
	list := slices.Clone(component)
	slices.SortStableFunc(list, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.turn(), b.turn()), b.newest().Compare(a.newest()))
	})
	var out [][]*entry
	for i, e := range list {
		if i > 0 && !e.isSlice() && !list[i-1].isSlice() {
			out[len(out)-1] = append(out[len(out)-1], e)
		} else {
			out = append(out, []*entry{e})
		}
	}
	for _, e := range list {
		e.changes = all
	}
	return out
}

// isSlice reports whether the entry is a slice of a change.
func (e *entry) isSlice() bool { return e.work != nil && e.work.Change != "" }

// turn orders entries that share roles: slices, what is no slice, and slices that confirm.
func (e *entry) turn() int {
	switch {
	case !e.isSlice():
		return 1
	case e.work.Confirm:
		return 2
	}
	return 0
}

// newest is the time of the newest record of the entry.
func (e *entry) newest() (at time.Time) {
	for i := range e.changes {
		if t := e.changes[i].Time; t.After(at) {
			at = t
		}
	}
	return at
}

// components are entries that share roles, in the order in which they came.
func components(entries []*entry) (out [][]*entry) {
	for _, e := range entries {
		var with []*entry
		out = slices.DeleteFunc(out, func(group []*entry) bool {
			shares := slices.ContainsFunc(group, e.shares)
			if shares {
				with = append(with, group...)
			}
			return shares
		})
		out = append(out, append(with, e))
	}
	for _, group := range out {
		slices.SortFunc(group, byIndex)
	}
	slices.SortFunc(out, func(a, b []*entry) int { return byIndex(a[0], b[0]) })
	return out
}

func byIndex(a, b *entry) int { return cmp.Compare(a.index, b.index) }

// shares reports whether two entries have a role in common.
func (e *entry) shares(o *entry) bool {
	for key := range e.roles {
		if _, ok := o.roles[key]; ok {
			return true
		}
	}
	return false
}
