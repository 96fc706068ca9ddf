package message

import (
	"cmp"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// came is what a finding came to.
type came struct {
	first, last finding.TransitionKind
	finding     finding.Finding
	// opened is the finding as it was opened, where it was.
	opened *finding.Finding
}

// inOrder are the steps of entries, those of each finding in the order in which they were committed.
func inOrder(entries []DigestEntry) []DigestStep {
	var steps []DigestStep
	first := map[string]int{}
	for _, e := range entries {
		for _, s := range e.Steps {
			if _, seen := first[s.Finding.ID]; !seen {
				first[s.Finding.ID] = len(first)
			}
			steps = append(steps, s)
		}
	}
	slices.SortStableFunc(steps, func(a, b DigestStep) int {
		return cmp.Or(cmp.Compare(first[a.Finding.ID], first[b.Finding.ID]), cmp.Compare(a.Revision, b.Revision))
	})
	return steps
}

// outcomes are what findings came to, by what became of them; those that left the digest are in none of the lists.
func outcomes(entries []DigestEntry) (opened, changed, resolved, passed []finding.Finding) {
	var order []string
	of := map[string]*came{}
	for _, s := range inOrder(entries) {
		id := s.Finding.ID
		if s.Left {
			delete(of, id)
			continue
		}
		c := of[id]
		if c == nil {
			c = &came{first: s.Kind}
			of[id] = c
			order = append(order, id)
		}
		c.last, c.finding = s.Kind, s.Finding
		if s.Kind == finding.KindOpened {
			c.opened = &s.Finding
		}
	}
	for _, id := range order {
		c := of[id]
		if c == nil {
			continue
		}
		delete(of, id) // It may be in order twice.
		switch {
		case c.last != finding.KindResolved && c.opened != nil:
			opened = append(opened, c.finding)
		case c.last != finding.KindResolved:
			changed = append(changed, c.finding)
		case c.first == finding.KindOpened:
			c.finding.Title = c.opened.Title
			passed = append(passed, c.finding)
		default:
			resolved = append(resolved, c.finding)
		}
	}
	return opened, changed, resolved, passed
}
