package reconcile

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// editLife is how long it is remembered what a part was before it was edited.
const editLife = 7 * 24 * time.Hour

// remembered forgets what a part was when the edit is long ago.
func remembered(f *finding.Former, now time.Time) *finding.Former {
	if f != nil && now.Sub(f.Seen) >= editLife {
		return nil
	}
	return f
}

// former gives what a part was before the first of its edits, now that it is seen anew; nil when it is as it was. Only
// parts with a text, or the value of one, have something to go back to.
func former(last, seen finding.PartState, now time.Time) *finding.Former {
	f := last.Former
	if !last.Gone && !seen.Gone && last.Value == seen.Value && (last.Hash == "" || seen.Hash == "") {
		return f // Its text could not be read, now or then: nothing says that it was edited.
	}
	if f == nil {
		if same(last, seen) {
			return nil
		}
		f = &finding.Former{Hash: last.Hash, Value: last.Value, Gone: last.Gone, Seen: now}
	}
	if f.Gone == seen.Gone && f.Hash == seen.Hash && f.Value == seen.Value {
		return nil
	}
	return f
}

// edited notes who touched a part since it was what it was.
func edited(f *finding.Former, c *Change) *finding.Former {
	if f == nil || f.By != nil && !f.By.Time.Before(c.Time) {
		return f
	}
	with := *f
	with.By = &finding.Editor{
		EventID: c.EventID, Event: c.EventName, Time: c.Time, Actor: cmp.Or(c.Actor.ARN, c.Actor.Name), Type: c.Actor.Type, Via: c.Via,
	}
	return &with
}

// editors are the records behind the edits that are remembered, the oldest first.
func editors(parts map[role.Part]finding.PartState) []check.Change {
	var names []role.Part
	for name, p := range parts {
		if p.Former != nil && p.Former.By != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var out []check.Change
	for _, name := range names {
		f := parts[name].Former
		out = append(out, check.Change{
			EventID: f.By.EventID, Event: f.By.Event, Time: f.By.Time, Part: name, Actor: f.By.Actor, ActorType: f.By.Type, Via: f.By.Via,
		})
	}
	slices.SortStableFunc(out, func(a, b check.Change) int { return a.Time.Compare(b.Time) })
	return out
}

// Wanted are the hashes of the policy texts that the decision needs: what parts were before they were edited.
func (o *Observed) Wanted() []string {
	var hashes []string
	for name, p := range o.parts {
		if _, ok := kindOf(name); ok && p.Former != nil && !p.Former.Gone && p.Former.Hash != "" {
			hashes = append(hashes, p.Former.Hash)
		}
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// formerParts are what the policies of a role were before the edits that are remembered.
func (t *texts) formerParts(parts map[role.Part]finding.PartState, kept map[string]string) map[role.Part]role.Maybe[role.Policy] {
	out := map[role.Part]role.Maybe[role.Policy]{}
	for name, p := range parts {
		kind, ok := kindOf(name)
		if !ok || p.Former == nil {
			continue
		}
		if p.Former.Gone {
			out[name] = role.None[role.Policy]()
			continue
		}
		text, ok := kept[p.Former.Hash]
		if !ok {
			out[name] = role.NotRead[role.Policy](role.Because(name.String() + ": what it was before it was edited is not kept"))
			continue
		}
		was := t.parsed(text, kind)
		was.Part, was.ARN = name, p.Former.Value
		out[name] = role.Have(was)
	}
	return out
}

// maxTexts bounds the texts that are kept parsed.
const maxTexts = 512

// texts are policies that were parsed lately: a role is reconciled several times while an edit of it is remembered. They are
// safe for concurrent use.
type texts struct {
	mutex sync.Mutex
	of    map[textKey]role.Policy
}

type textKey struct {
	text string
	kind policy.Kind
}

// parsed is a text as a policy.
func (t *texts) parsed(text string, kind policy.Kind) role.Policy {
	key := textKey{text, kind}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if p, seen := t.of[key]; seen {
		return p
	}
	if t.of == nil || len(t.of) >= maxTexts {
		t.of = map[textKey]role.Policy{}
	}
	p := role.NewPolicy("", text, kind)
	t.of[key] = p
	return p
}

// kindOf is the kind of policy that a part is; false for parts that are none.
func kindOf(part role.Part) (policy.Kind, bool) {
	switch part.Kind() {
	case role.Trust:
		return policy.Trust, true
	case role.Boundary:
		return policy.Boundary, true
	case role.Inline, role.Managed:
		return policy.Identity, true
	}
	return 0, false
}

// editExpired reports whether a finding was of an edit that is no longer remembered: nobody fixed anything then.
func (r *reconciling) editExpired(f finding.Stored) bool {
	return slices.ContainsFunc(f.Parts, func(part role.Part) bool {
		before := r.Before.Parts[part].Former
		return before != nil && r.Now.Sub(before.Seen) >= editLife
	})
}
