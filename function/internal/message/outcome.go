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

// inOrder are the steps of entries, those of each finding in the order in which they were committed. A step without a revision keeps its place
// among the others.
func inOrder(entries []DigestEntry) (steps []DigestStep) {
	of := map[string][]DigestStep{}
	var ids []string
	for _, e := range entries {
		for _, s := range e.Steps {
			if of[s.Finding.ID] == nil {
				ids = append(ids, s.Finding.ID)
			}
			of[s.Finding.ID] = append(of[s.Finding.ID], s)
		}
	}
	for _, id := range ids {
		for list := of[id]; len(list) > 0; {
			n := slices.IndexFunc(list, func(s DigestStep) bool { return s.Revision == 0 })
			if n < 0 {
				n = len(list)
			}
			slices.SortStableFunc(list[:n], func(a, b DigestStep) int { return cmp.Compare(a.Revision, b.Revision) })
			n = min(n+1, len(list))
			steps, list = append(steps, list[:n]...), list[n:]
		}
	}
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
