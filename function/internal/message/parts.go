package message

import (
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// Parts are the messages for machines about one commit: one where it has all of it, else as many as it takes so that none omits a
// finding or a part of one. Only a finding that is too large for a message of its own is cut. They have one changeId, and are
// the slices of it, or the parts of a slice where the commit is one.
func Parts(in Input) []Message {
	if m := assemble(in); fits(m, in.Channels) {
		return []Message{m}
	}
	lean := in
	lean.Changes = NamedChanges(in)
	inputs, parts := split(lean)
	// Records that no finding names stand in the first part, where there is room for them.
	first := inputs[0]
	first.Changes = in.Changes
	if m := assemble(first); fits(m, in.Channels) {
		parts[0] = m
	} else if left := len(in.Changes) - len(lean.Changes); left > 0 {
		parts[0].Omitted["changes"] += left
	}
	if len(parts) == 1 {
		return parts
	}
	for i := range parts {
		m := &parts[i]
		if m.ChangeID == "" {
			m.ChangeID = in.ID
		}
		if in.Slices > 0 {
			m.Part, m.Parts = i+1, len(parts)
		} else {
			m.Slice, m.Slices = i+1, len(parts)
		}
		if i > 0 {
			m.ID = fmt.Sprintf("%s-%d", in.ID, i+1)
		}
		m.Subject = subject(*m)
	}
	return parts
}

// NamedChanges are the records that the findings of an input name as their cause.
func NamedChanges(in Input) []finding.Change {
	named := map[string]bool{}
	for _, f := range slices.Concat(in.Opened, in.Changed, in.Resolved) {
		if f.Cause != nil {
			named[f.Cause.EventID] = true
			for _, id := range f.Cause.Further {
				named[id] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(in.Changes), func(c finding.Change) bool { return !named[c.EventID] })
}

// split halves what is reported until each half fits whole, or is one finding.
func split(in Input) ([]Input, []Message) {
	m := assemble(in)
	n := len(in.Opened) + len(in.Changed) + len(in.Resolved)
	switch {
	case fits(m, in.Channels):
		return []Input{in}, []Message{m}
	case n < 2:
		return []Input{in}, []Message{cut(m, in.Channels)}
	}
	first, second := in, in
	take := func(list []finding.Finding, left *int) (a, b []finding.Finding) {
		k := min(*left, len(list))
		*left -= k
		return list[:k:k], list[k:]
	}
	left := n / 2
	first.Opened, second.Opened = take(in.Opened, &left)
	first.Changed, second.Changed = take(in.Changed, &left)
	first.Resolved, second.Resolved = take(in.Resolved, &left)
	first.Changes, second.Changes = NamedChanges(first), NamedChanges(second)
	inputs, parts := split(first)
	moreInputs, more := split(second)
	return append(inputs, moreInputs...), append(parts, more...)
}
