package reconcile

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// maxChanges is how many changes a state holds at most.
const maxChanges = 100

// keptChanges are the changes to remember, the deletion of the role among them: those that a finding names, those that a part names, for
// as long as edits are remembered, and those younger than twice the settle time.
func (r *reconciling) keptChanges() []finding.Change {
	var out []finding.Change
	keep := func(c *finding.Change) {
		isIt := func(o finding.Change) bool { return o.EventID == c.EventID }
		if (r.Now.Sub(c.Time) <= 2*r.settings.settle || r.named(c.EventID) || r.made(c)) && !slices.ContainsFunc(out, isIt) {
			out = append(out, *c)
		}
	}
	for i := range r.Before.Changes {
		keep(&r.Before.Changes[i])
	}
	if r.Before.Deleted != nil {
		keep(r.Before.Deleted)
	}
	for i := range r.Changes {
		keep(&r.Changes[i].Change)
	}
	return out[max(0, len(out)-maxChanges):]
}

// named reports whether a finding of the next state names a record.
func (r *reconciling) named(eventID string) bool {
	return slices.ContainsFunc(r.next.Findings, func(f finding.Stored) bool { return f.Cause.Names(eventID) })
}

// made reports whether a record made a part of the next state what it is, lately.
func (r *reconciling) made(c *finding.Change) bool {
	if r.Now.Sub(c.Time) >= editLife {
		return false
	}
	for _, p := range r.next.Parts {
		if p.By == c.EventID && p.By != "" {
			return true
		}
	}
	return false
}

// causes are the changes that findings which were opened, changed or resolved name, those remembered before first. Of one that is over it
// is the record that ended it.
func (r *reconciling) causes() []finding.Change {
	nameOf := func(t finding.Transition) *finding.Cause {
		if t.Kind == finding.KindResolved {
			return t.Finding.ResolvedBy
		}
		return t.Finding.Cause
	}
	if !slices.ContainsFunc(r.transitions, func(t finding.Transition) bool { return nameOf(t) != nil }) {
		return nil
	}
	var out []finding.Change
	have := map[string]bool{}
	for _, c := range slices.Concat(r.Before.Changes, r.next.Changes) {
		named := func(t finding.Transition) bool { return nameOf(t).Names(c.EventID) }
		if !have[c.EventID] && slices.ContainsFunc(r.transitions, named) {
			have[c.EventID] = true
			out = append(out, c)
		}
	}
	return out
}

// threads gives when what is reported now began, and what is to be remembered of it: nothing once no finding is open.
func (r *reconciling) threads() (now, next time.Time) {
	began := r.Before.Thread
	for _, t := range r.transitions {
		if began.IsZero() || r.Before.Thread.IsZero() && t.Finding.FirstSeen.Before(began) {
			began = t.Finding.FirstSeen
		}
	}
	for _, f := range r.next.Findings {
		if f.Status != finding.Pending {
			return began, began
		}
	}
	return began, time.Time{}
}

// newTexts are the texts of the role's policies that the state before did not know, in the order of the snapshot.
func (r *reconciling) newTexts() []string {
	var texts []string
	add := func(p role.Policy) {
		if text, ok := p.Text.Get(); ok && r.Before.Parts[p.Part].Hash != p.Hash() {
			texts = append(texts, text)
		}
	}
	for _, m := range []role.Maybe[role.Policy]{r.Snapshot.Trust, r.Snapshot.Boundary} {
		if p, ok := m.Get(); ok {
			add(p)
		}
	}
	for _, p := range slices.Concat(r.Snapshot.Inline.Or(nil), r.Snapshot.Attached.Or(nil)) {
		add(p)
	}
	return texts
}
