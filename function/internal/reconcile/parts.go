package reconcile

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// observation is what a snapshot shows of each part. A part that is not in it was not there, unless Unknown covers it.
type observation struct {
	parts map[role.Part]finding.PartState
	// unknown are the parts that could not be read, whole lists of policies among them.
	unknown []role.Part
}

// goneFor is how long it is remembered that a part is gone, after the last record that touched it.
const goneFor = 24 * time.Hour

func observe(s *role.Snapshot) observation {
	o := observation{parts: map[role.Part]finding.PartState{}}
	if id, ok := s.Identity.Get(); ok {
		o.parts[role.PartItself] = finding.PartState{Hash: id.ID, Canonical: id.ID}
	} else if s.Identity.State() == role.Unknown {
		o.unknown = append(o.unknown, role.PartItself)
	}
	o.one(s.Trust, role.PartTrust)
	o.one(s.Boundary, role.PartBoundary)
	o.list(s.Inline, role.PartsInline)
	o.list(s.Attached, role.PartsAttached)
	for _, p := range s.Seen {
		o.parts[p.Part] = partState(p)
	}
	if tags, ok := s.Tags.Get(); ok {
		hash := hashOfTags(tags)
		o.parts[role.PartTags] = finding.PartState{Hash: hash, Canonical: hash}
	} else if s.Tags.State() == role.Unknown {
		o.unknown = append(o.unknown, role.PartTags)
	}
	return o
}

// noTags is the hash of a role without tags, as most are.
var noTags = role.HashText("")

func hashOfTags(tags map[string]string) string {
	if len(tags) == 0 {
		return noTags
	}
	var text strings.Builder
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		text.WriteString(k + "\x00" + tags[k] + "\x00")
	}
	return role.HashText(text.String())
}

func (o *observation) one(m role.Maybe[role.Policy], name role.Part) {
	if p, ok := m.Get(); ok {
		o.parts[name] = partState(p)
	} else if m.State() == role.Unknown {
		o.unknown = append(o.unknown, name)
	}
}

func (o *observation) list(m role.Maybe[[]role.Policy], name role.Part) {
	policies, ok := m.Get()
	for _, p := range policies {
		o.parts[p.Part] = partState(p)
	}
	if !ok && m.State() == role.Unknown {
		o.unknown = append(o.unknown, name)
	}
}

func partState(p role.Policy) finding.PartState {
	return finding.PartState{Value: p.ARN, Hash: p.Hash(), Canonical: p.Canonical()}
}

// blind reports whether a part could not be read.
func (o observation) blind(part role.Part) bool { return slices.ContainsFunc(o.unknown, part.In) }

// Moved reports whether a part of a role that was observed before is another one now, or unknown now.
func Moved(before *finding.State, s *role.Snapshot) bool {
	if before.Revision == 0 {
		return false
	}
	now := observe(s)
	for part, seen := range now.parts {
		if last, had := before.Parts[part]; !had || !same(last, seen) {
			return true
		}
	}
	for part, last := range before.Parts {
		if _, there := now.parts[part]; !there && !last.Gone {
			return true
		}
	}
	return false
}

// same reports whether two readings of a part agree.
func same(a, b finding.PartState) bool {
	return a.Gone == b.Gone && a.Hash == b.Hash && a.Value == b.Value
}

// shows reports whether a reading of a part is what the record left.
func (c *Change) shows(now finding.PartState, there bool) bool {
	if c.Effect == PartGone || !there {
		return (c.Effect == PartGone) == !there
	}
	if c.Part == role.PartItself {
		// Its hash is that of the trust policy that the role was created with.
		return c.RoleID == "" || now.Hash == "" || c.RoleID == now.Hash
	}
	if c.Value != "" && c.Value != now.Value {
		return false
	}
	return c.Hash == "" || now.Hash == "" || c.Hash == now.Hash || c.meaning() == now.Canonical
}

// stale reports whether the snapshot is older than the record: the record carries a part's new content, and the snapshot
// still shows what the last one showed. A record that is older than what was taken into account before proves nothing, nor
// does one that has been waited for long enough.
func (c *Change) stale(now time.Time, before *finding.State, read *observation) bool {
	if c.Part == "" || c.Effect == "" || !Fresh(c.Time, now) {
		return false
	}
	part := c.Part
	if part == role.PartTags || read.blind(part) {
		return false
	}
	last, had := before.Parts[part]
	seen, there := read.parts[part]
	if had && !last.Touched.Before(c.Time) {
		return false
	}
	if part == role.PartItself && there && c.Effect == PartSet {
		return c.RoleID != "" && had && !c.shows(seen, there) && same(seen, last) // The role that was deleted before.
	}
	if part == role.PartItself {
		return there == (c.Effect == PartGone) && (there == before.Exists || before.Revision == 0 && !there)
	}
	if c.shows(seen, there) || before.Revision == 0 {
		return false
	}
	if !had {
		last.Gone = true
	}
	return !there && last.Gone || there && same(seen, last)
}

// remember works out what is remembered of the parts, once these changes are taken into account.
func remember(before finding.State, read observation, changes []Change, now time.Time) map[role.Part]finding.PartState {
	parts := map[role.Part]finding.PartState{}
	for name, last := range before.Parts {
		seen, there := read.parts[name]
		last.Former = remembered(last.Former, now)
		switch {
		case there:
			seen.Touched, seen.Moved = last.Touched, last.Moved || !same(seen, last)
			seen.By = madeBy(last, seen)
			seen.Unrecorded = unrecorded(name, last, seen, before, now)
			seen.Former = former(last, seen, now)
			parts[name] = seen
		case read.blind(name):
			parts[name] = last
		case !last.Gone || last.Former != nil || now.Sub(last.Touched) < goneFor || now.Sub(last.Unrecorded.Seen) < goneFor:
			gone := finding.PartState{Gone: true, Touched: last.Touched, Moved: last.Moved || !last.Gone}
			gone.By = madeBy(last, gone)
			gone.Unrecorded = unrecorded(name, last, gone, before, now)
			gone.Former = former(last, gone, now)
			parts[name] = gone
		}
	}
	for name, seen := range read.parts {
		if _, had := before.Parts[name]; !had {
			seen.Moved, seen.Unrecorded = before.Revision > 0, appeared(name, before, now)
			if seen.Moved && !(observation{unknown: before.Unread}).blind(name) {
				seen.Former = former(finding.PartState{Gone: true}, seen, now)
			}
			parts[name] = seen
		}
	}
	for i := range changes {
		touch(parts, read, changes, i, before.Revision == 0)
	}
	return parts
}

// madeBy is the record that made a part what it is now; empty where it is not what it was.
func madeBy(last, seen finding.PartState) string {
	if same(last, seen) {
		return last.By
	}
	return ""
}

// touch notes a change on the parts that it touched: a part that it explains has not moved by itself. A record that was looked up
// says who may have edited a part, and leaves the change without a delivered record. A part that could not be read is left for when it
// is, for no check can name the change as a cause now. A record made the part what it is where that has moved, or is seen for the first
// time.
func touch(parts map[role.Part]finding.PartState, read observation, changes []Change, i int, first bool) {
	c := &changes[i]
	for name, p := range parts {
		if read.blind(name) {
			continue
		}
		if c.mayTouch(name) && !c.Found {
			p.Unrecorded = finding.Unrecorded{}
			parts[name] = p
		}
		if !c.touches(name) || !c.shows(p, !p.Gone) && c.is(name) {
			continue
		}
		p.Former = edited(p.Former, c)
		if c.Found {
			parts[name] = p
			continue
		}
		if p.Moved || first || slices.ContainsFunc(changes[:i], func(o Change) bool { return o.EventID == p.By }) {
			p.By = c.EventID
		}
		p.Moved, p.Unrecorded = false, finding.Unrecorded{}
		if p.Touched.Before(c.Time) {
			p.Touched = c.Time
		}
		parts[name] = p
	}
}
