package reconcile

import (
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// unrecorded gives between which observations a part became what it is now, where no record that was delivered says so; zero
// where one does, or where no call changed it.
func unrecorded(part role.Part, last, seen finding.PartState, before finding.State, now time.Time) finding.Unrecorded {
	u := last.Unrecorded
	switch {
	case same(last, seen), !edits(part, last, seen):
		return u
	case u.Seen.IsZero(), !u.Swept.IsZero():
		return finding.Unrecorded{After: before.LookedAt, Seen: now}
	}
	u.Seen = now
	return u
}

// edits reports whether somebody in the account made a part what it is now. The text of one of AWS's own policies changes without
// them, and so does one that could not be read, now or then; a document that means the same is no edit that is reported.
func edits(part role.Part, last, seen finding.PartState) bool {
	if last.Gone || seen.Gone || last.Value != seen.Value {
		return true
	}
	if last.Hash == "" || seen.Hash == "" || last.Canonical == seen.Canonical {
		return false
	}
	arn, err := aws.ParseARN(part.String())
	if part.Kind() == role.Boundary {
		arn, err = aws.ParseARN(seen.Value)
	}
	return err != nil || arn.Account != awsOwned
}

// awsOwned is the account in the ARNs of AWS's own policies.
const awsOwned = "aws"

// appeared is unrecorded for a part that the state before does not have. Parts that every role has were not observed then, unless
// the role was not there.
func appeared(part role.Part, before finding.State, now time.Time) finding.Unrecorded {
	always := part == role.PartTags || part == role.PartTrust || part == role.PartItself
	if before.Revision == 0 || (observation{unknown: before.Unread}).blind(part) || always && before.Exists {
		return finding.Unrecorded{}
	}
	return finding.Unrecorded{After: before.LookedAt, Seen: now}
}

// Unrecorded are the parts of which a sweep, which started at that time, has to say that no record was delivered of their change. The
// last complete sweep started at since: a role that was created later, and that is not known, has no record either. A part is counted
// by one sweep.
func (o *Observed) Unrecorded(since, started time.Time) []role.Part {
	if o.Before.Revision == 0 {
		o.created(since)
	}
	var parts []role.Part
	for name, p := range o.parts {
		u := &p.Unrecorded
		if u.Seen.IsZero() || !u.Swept.IsZero() && !u.Swept.Equal(started) {
			continue
		}
		if o.rewritten(name) {
			*u = finding.Unrecorded{}
		} else {
			u.Swept = started
			parts = append(parts, name)
		}
		o.parts[name] = p
	}
	return Telling(parts)
}

// created notes a role that was created since the last sweep and of which nothing is known.
func (o *Observed) created(since time.Time) {
	id, there := o.Snapshot.Identity.Get()
	created, known := id.Created.Get()
	itself, seen := o.parts[role.PartItself]
	if there && known && seen && o.Snapshot.Users.Complete && created.After(since) && itself.Touched.IsZero() {
		itself.Unrecorded = finding.Unrecorded{After: created, Seen: o.Now}
		o.parts[role.PartItself] = itself
	}
}

// Telling are the parts that say what happened, in order: of a role that was created or deleted, the role itself.
func Telling(parts []role.Part) []role.Part {
	if slices.Contains(parts, role.PartItself) {
		return []role.Part{role.PartItself}
	}
	slices.Sort(parts)
	return parts
}

// principalID is the form of the unique ID of a role or a user.
var principalID = regexp.MustCompile(`^A(ROA|IDA)[A-Z0-9]+$`)

// rewritten reports whether IAM itself changed the trust policy: it replaces the ARN of a principal that was deleted by its unique ID.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func (o *Observed) rewritten(part role.Part) bool {
	former := o.parts[part].Former
	trust, known := o.Snapshot.Trust.Get()
	if part != role.PartTrust || former == nil || !known {
		return false
	}
	var was, is any
	if json.Unmarshal([]byte(o.Texts[former.Hash]), &was) != nil || json.Unmarshal([]byte(trust.Text.Or("")), &is) != nil {
		return false
	}
	return sameButIDs(was, is)
}

func isARN(text string) bool {
	_, err := aws.ParseARN(text)
	return err == nil
}

func sameButIDs(was, is any) bool {
	switch was := was.(type) {
	case string:
		id, text := is.(string)
		return text && (was == id || isARN(was) && principalID.MatchString(id))
	case []any:
		list, ok := is.([]any)
		return ok && slices.EqualFunc(was, list, sameButIDs)
	case map[string]any:
		object, ok := is.(map[string]any)
		if !ok || len(was) != len(object) {
			return false
		}
		for name, value := range was {
			if other, there := object[name]; !there || !sameButIDs(value, other) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(was, is)
}

// Window is the time within which a change was made that the parts show: an observation may lag behind a change as long as it can be
// stale.
func (o *Observed) Window(parts []role.Part) (from, to time.Time) {
	for _, name := range parts {
		after := o.parts[name].Unrecorded.After.Add(-staleFor)
		if from.IsZero() || after.Before(from) {
			from = after
		}
	}
	if from.IsZero() {
		from = o.Before.LookedAt
	}
	return from, o.Now
}

// Edited reports whether the text of a managed policy changed, or which policy a boundary is, and not only whether it is attached.
func (o *Observed) Edited(part role.Part) bool {
	last, had := o.Before.Parts[part]
	now := o.parts[part]
	return had && !last.Gone && !now.Gone
}

// Candidates are the records, of those that were looked up, that may have brought about what the parts show: for each the newest one that
// touches it and leaves what is there.
func (o *Observed) Candidates(parts []role.Part, found []Change) []Change {
	found = Distinct(found)
	var out []Change
	for _, part := range parts {
		p := o.parts[part]
		for i := range slices.Backward(found) {
			c := found[i].of(o.Snapshot.Ref)
			if c.ErrorCode == "" && c.touches(part) && (!c.is(part) || c.shows(p, !p.Gone)) &&
				c.Time.After(p.Touched) && c.Time.After(p.Unrecorded.After.Add(-staleFor)) && !c.Time.After(o.Now) {
				out = append(out, found[i])
				break
			}
		}
	}
	return Distinct(out)
}

// Unexplained are the functions, unqualified, that the findings are about which a decision has found for the first time and for which it
// has no cause. What a function was before is not stored: that a finding of it is new is all that shows a change.
func Unexplained(d Decision) []string {
	var out []string
	for _, f := range d.Next.Findings {
		if f.Cause != nil || f.Origin != finding.FromChange || !f.FirstSeen.Equal(d.Next.LookedAt) {
			continue
		}
		for _, part := range f.Parts {
			name, function := part.FunctionARN()
			if arn, err := aws.ParseFunctionARN(name); function && err == nil && !slices.Contains(out, arn.Unqualified()) {
				out = append(out, arn.Unqualified())
			}
		}
	}
	return out
}

// OfFunction are the records, of those that were looked up, that are about a function and later than a time.
func OfFunction(found []Change, arn string, after time.Time) []Change {
	return slices.DeleteFunc(slices.Clone(found), func(c Change) bool { return c.Function != arn || !c.Time.After(after) })
}
