package reconcile

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Owning says which tags name an owner.
type Owning struct {
	// Keys are the keys of owner tags, and Account those of the account with their values, which the settings have.
	Keys    []string
	Account map[string]string
}

const (
	// taggedFunctions is how many functions of a role have their owner tags remembered; the age of those of others is unknown.
	taggedFunctions = 100
	// taggers is how many principals are remembered that may have changed a tag.
	taggers = 5
)

// WithOwners has decisions note the owner tags of what findings are about.
func (s *Settings) WithOwners(o Owning) *Settings {
	s.owning = o
	return s
}

// tagged is something with tags, as it was read. Of is empty for the role.
type tagged struct {
	of   string
	tags role.Maybe[map[string]string]
	// created is when the role was created; unknown for a function.
	created role.Maybe[time.Time]
}

// taggedParts are the role and its functions, each once.
func taggedParts(s *role.Snapshot) []tagged {
	out := []tagged{{tags: s.Tags}}
	if id, ok := s.Identity.Get(); ok {
		out[0].created = id.Created
	}
	seen := map[string]bool{}
	for _, f := range s.Users.List {
		if !seen[f.ARN] {
			seen[f.ARN] = true
			out = append(out, tagged{of: f.ARN, tags: f.Config.Tags})
		}
	}
	return out
}

// rememberTags works out what is remembered of the owner tags. A tag that differs from what was remembered was changed, by whoever the
// records name that touched it; one that is seen for the first time is as old as it is known to be.
func (r *reconciling) rememberTags() {
	r.next.Tags = nil
	if len(r.settings.owning.Keys) == 0 {
		return
	}
	all := taggedParts(r.Snapshot)
	for _, t := range all[:min(len(all), 1+taggedFunctions)] {
		for _, key := range r.settings.owning.Keys {
			before, had := findTag(r.Before.Tags, t.of, key)
			if t.tags.State() == role.Unknown {
				if had {
					r.next.Tags = append(r.next.Tags, before)
				}
				continue
			}
			r.next.Tags = append(r.next.Tags, r.tagNow(t, key, before, had))
		}
	}
	if !r.Snapshot.Users.Complete {
		for _, old := range r.Before.Tags {
			if _, there := findTag(r.next.Tags, old.Of, old.Key); old.Of != "" && !there && len(r.next.Tags) < taggedFunctions*len(r.settings.owning.Keys) {
				r.next.Tags = append(r.next.Tags, old)
			}
		}
	}
}

// findTag is the tag of a role or function with a key.
func findTag(tags []finding.Tag, of, key string) (finding.Tag, bool) {
	for _, t := range tags {
		if t.Of == of && t.Key == key {
			return t, true
		}
	}
	return finding.Tag{}, false
}

// tagNow is what is remembered of a tag that was read.
func (r *reconciling) tagNow(t tagged, key string, before finding.Tag, had bool) finding.Tag {
	value, there := t.tags.Or(nil)[key]
	if had && before.Absent != there && before.Value == value {
		return before
	}
	next := finding.Tag{Of: t.of, Key: key, Value: value, Absent: !there, Since: r.Now, Changed: had, Was: before.Value}
	at, by := r.touchedTag(t.of, key)
	if !at.IsZero() {
		next.Since, next.Changed, next.By = at, true, by
		return next
	}
	if created, ok := t.created.Get(); ok && !had && r.Now.Sub(created) < finding.TagAge {
		next.Since, next.Changed = created, true
	}
	return next
}

// touchedTag is when the newest record touched a tag, and who made those that did; zero where none did.
func (r *reconciling) touchedTag(of, key string) (at time.Time, by []string) {
	note := func(c *finding.Change) {
		if c.Time.After(at) {
			at = c.Time
		}
		if who := c.Actor.RoleOrUser(); who != "" && !slices.Contains(by, who) && len(by) < taggers {
			by = append(by, who)
		}
	}
	for i := range r.Changes {
		if c := &r.Changes[i]; c.touchesTag(of, key) {
			note(&c.Change)
		}
	}
	// A read may show what a record did only after the record was taken into account.
	for i := range r.Before.Changes {
		if c := &r.Before.Changes[i]; touchesTags(*c, of != "") && r.Now.Sub(c.Time) < staleFor {
			note(c)
		}
	}
	slices.Sort(by)
	return at, by
}

// touchesTag reports whether a record may have changed a tag of the role, or of one of its functions. A record of another role has not.
func (c *Change) touchesTag(of, key string) bool {
	touches := c.mayTouch(role.PartTags) || c.touches(role.PartTags) && c.Effect == PartSet
	if of != "" {
		touches = c.Function == of && touchesTags(c.Change, true)
	}
	return touches && (len(c.TagKeys) == 0 || slices.Contains(c.TagKeys, key))
}

// Tagging reports whether a record may have changed tags of a role of this name, or of a function.
func (c Change) Tagging(roleName string) bool {
	row, ok := events.Lookup(c.EventSource, c.EventName)
	return ok && c.Account == "" && c.ErrorCode == "" && row.Tags() && (c.Role == "" || c.Role == roleName)
}

// touchesTags reports whether a record is of a call that sets or removes tags of a role, or of a function.
func touchesTags(c finding.Change, ofFunction bool) bool {
	if c.ErrorCode != "" {
		return false
	}
	row, _ := events.Lookup(c.EventSource, c.EventName)
	if ofFunction {
		return row.Subject == events.SubjectFunction && (row.Tags() || aws.LambdaCall(c.EventName) == "CreateFunction")
	}
	return row.Part == events.PartTags || c.CreatesRole()
}

// addOwners notes on what is reported the owner tags of what it is about, and whether a change of such a tag is behind it.
func (r *reconciling) addOwners() {
	if len(r.settings.owning.Keys) == 0 {
		return
	}
	blind := map[string]bool{}
	for _, t := range taggedParts(r.Snapshot) {
		blind[t.of] = t.tags.State() == role.Unknown
	}
	for i := range r.transitions {
		t := &r.transitions[i]
		t.Finding.Owners, t.Finding.OwnersOmitted = r.ownersOf(&t.Finding, blind)
	}
}

// ownersOf are the owner tags of the role, of the functions that a finding names, and of the account. Of those with the same key and value
// the one with the best standing is named. Blind are the role, as "", and the functions of which the tags could not be read.
func (r *reconciling) ownersOf(f *finding.Finding, blind map[string]bool) (out []finding.Owner, omitted int) {
	causedBy := r.causers(f)
	var all []finding.Owner
	for _, key := range r.settings.owning.Keys {
		for _, t := range r.next.Tags {
			if t.Key != key || t.Absent || t.Of != "" && !names(f, t.Of) {
				continue
			}
			o := finding.Owner{Tag: key, Value: t.Value, Of: t.Of, Standing: t.Standing(f.FirstSeen, causedBy)}
			if o.Of == "" {
				o.Of = r.next.ARN
			}
			if blind[t.Of] && o.Standing == finding.Settled {
				o.Standing = finding.AgeUnknown
			}
			all = append(all, o)
		}
		if value, ok := r.settings.owning.Account[key]; ok {
			all = append(all, finding.Owner{Tag: key, Value: value, Of: r.Snapshot.Ref.Account, Standing: finding.Settled})
		}
	}
	return bestOwners(all)
}

// bestOwners are owner tags, of those with the same key and value the one with the best standing.
func bestOwners(all []finding.Owner) (out []finding.Owner, omitted int) {
	for _, o := range all {
		i := slices.IndexFunc(out, func(other finding.Owner) bool { return other.Tag == o.Tag && other.Value == o.Value })
		switch {
		case i >= 0 && o.Standing.Better(out[i].Standing):
			out[i] = o
		case i >= 0:
		case len(out) == finding.MaxOwners:
			omitted++
		default:
			out = append(out, o)
		}
	}
	return out, omitted
}

// causers tells the principals that caused a finding, and the role itself, by their names as finding.Actor.RoleOrUser has them.
func (r *reconciling) causers(f *finding.Finding) func(string) bool {
	who := map[string]bool{r.Snapshot.Ref.Key(): true}
	for _, c := range slices.Concat(r.Before.Changes, r.next.Changes) {
		if f.Cause.Names(c.EventID) {
			who[c.Actor.RoleOrUser()] = true
		}
	}
	return func(principal string) bool { return who[principal] }
}

// names reports whether a finding names a function, in any of its versions.
func names(f *finding.Finding, arn string) bool {
	return slices.ContainsFunc(f.Functions, func(ref finding.FunctionRef) bool { return ref.ARN == arn })
}

// OwnersOf are the owner tags of a role and of its functions, as a snapshot shows them: how long they have been so is unknown to it.
func OwnersOf(s *role.Snapshot, o Owning) []finding.Owner {
	var all []finding.Owner
	for _, t := range taggedParts(s) {
		for _, key := range o.Keys {
			if value, ok := t.tags.Or(nil)[key]; ok {
				of := t.of
				if of == "" {
					of = s.ARN()
				}
				all = append(all, finding.Owner{Tag: key, Value: value, Of: of, Standing: finding.AgeUnknown})
			}
		}
	}
	for _, key := range o.Keys {
		if value, ok := o.Account[key]; ok {
			all = append(all, finding.Owner{Tag: key, Value: value, Of: s.Ref.Account, Standing: finding.Settled})
		}
	}
	out, _ := bestOwners(all)
	return out
}

// TagsMoved are the owner tags of the role and its functions that this decision saw change; what was seen for the first time is not one.
func (d *Decision) TagsMoved(before finding.State) []finding.Tag {
	var out []finding.Tag
	for _, t := range d.Next.Tags {
		if was, had := findTag(before.Tags, t.Of, t.Key); had && (was.Value != t.Value || was.Absent != t.Absent) {
			out = append(out, t)
		}
	}
	return out
}
