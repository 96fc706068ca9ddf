package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// reasons are why parts are unknown, each reason once.
type reasons []role.Reason

func (r *reasons) add(s role.State, why role.Reason) {
	if s == role.Unknown && !slices.Contains(*r, why) {
		*r = append(*r, why)
	}
}

// roleReasons say why parts of a role are unknown.
func roleReasons(shot *role.Snapshot) (out reasons) {
	out.add(shot.Identity.State(), shot.Identity.Reason())
	out.add(shot.Trust.State(), shot.Trust.Reason())
	out.add(shot.Inline.State(), shot.Inline.Reason())
	out.add(shot.Attached.State(), shot.Attached.Reason())
	out.add(shot.Boundary.State(), shot.Boundary.Reason())
	out.add(shot.SCPs.State(), shot.SCPs.Reason())
	out.add(shot.RCPs.State(), shot.RCPs.Reason())
	if b, ok := shot.Boundary.Get(); ok {
		out.add(b.Text.State(), b.Text.Reason())
	}
	for _, list := range [][]role.Policy{shot.Inline.Or(nil), shot.Attached.Or(nil)} {
		for _, p := range list {
			out.add(p.Text.State(), p.Text.Reason())
		}
	}
	return out
}

// configReasons say why something that functions are configured with is unknown.
func configReasons(versions []role.Function) (out reasons) {
	for i := range versions {
		c := &versions[i].Config
		out.add(c.Status.State(), c.Status.Reason())
		out.add(c.Sources.State(), c.Sources.Reason())
		out.add(c.Destinations.State(), c.Destinations.Reason())
		out.add(c.Policies.State(), c.Policies.Reason())
		out.add(c.URLs.State(), c.URLs.Reason())
		out.add(c.Tags.State(), c.Tags.Reason())
		out.add(c.RuntimeUpdates.State(), c.RuntimeUpdates.Reason())
	}
	return out
}

// userReasons says why it is unknown who uses a role, or with what.
func userReasons(users *role.Users) reasons {
	out := configReasons(users.List)
	if p := users.Providers; !p.Complete {
		out.add(role.Unknown, p.Why)
	}
	return out
}

// lastingEpisode is how long a call may have been denied before what it reads is left to the sweep: whoever has not allowed it in
// a day may not want to.
const lastingEpisode = 24 * time.Hour

// passing is the first of these reasons that may be over soon: a call was denied, and somebody may allow it again.
func (w *Watch) passing(why ...role.Reason) (role.Reason, bool) {
	known, _ := w.episodes.get(w.Now())
	i := slices.IndexFunc(why, func(r role.Reason) bool {
		call, denied := r.DeniedCall()
		return denied && !strings.HasPrefix(call, organizationCalls) && !slices.ContainsFunc(known.Open, func(e episode.Episode) bool {
			return e.Key == keyDenied+call && w.Now().Sub(e.Since) >= lastingEpisode
		})
	})
	if i < 0 {
		return role.Reason{}, false
	}
	return why[i], true
}

// awaits has the record of an entry come again where a call was denied that its roles or functions are found by.
func (w *Watch) awaits(e *entry, why ...role.Reason) {
	if r, ok := w.passing(why...); ok {
		e.unread = &role.UnreadError{Why: r}
	}
}

// again is what a reconcile leaves to a later one.
type again struct {
	// unread are roles of which something was denied, or whose state could not be read; failed are those of which a read failed.
	unread, failed []roleRef
}

// retries are the delayed work items for what is left to a later reconcile. They carry the changes, so that what only that one
// finds has its cause. The states of roles that are committed note what they await: a change that a work item carries for such a role
// needs no other, however often its record is handled.
func (g group) retries(a again, states []finding.State, roles []decided, now time.Time) ([]message.Outgoing, error) {
	var out []message.Outgoing
	add := func(job work, refs []roleRef, due time.Time) error {
		if len(refs) == 0 {
			return nil
		}
		job.Job, job.Confirm, job.Changes = jobLook, g.confirm, reconcile.Sealed(job.Changes, states...)
		for _, ref := range refs {
			job.Roles = append(job.Roles, arnOf(ref))
		}
		o, err := job.outgoing("again-"+job.identity(), now, due)
		out = append(out, o)
		return err
	}
	if err := add(work{Changes: g.changes}, a.failed, now.Add(deploy.Backoff(1))); err != nil {
		return nil, err
	}
	job := work{Since: g.since, Attempt: g.attempt + 1}
	if job.Since.IsZero() {
		job.Since = now
	}
	if now.Sub(job.Since) >= unreadFor {
		return out, nil
	}
	due := now.Add(deploy.UnreadBackoff(job.Attempt))
	var refs []roleRef
	for _, ref := range a.unread {
		d := &decided{}
		if i := slices.IndexFunc(roles, func(d decided) bool { return d.ref.Key() == ref.Key() }); i >= 0 {
			d = &roles[i]
		}
		if needed := d.await(g.changes, now, due); len(needed) > 0 {
			refs, job.Changes = append(refs, ref), append(job.Changes, needed...)
		}
	}
	job.Changes = reconcile.Distinct(job.Changes)
	return out, add(job, refs, due)
}

// await notes that a work item carries these changes that is due then, and gives those that none carries already.
func (d *decided) await(changes []reconcile.Change, now, due time.Time) (needed []reconcile.Change) {
	kept := slices.DeleteFunc(slices.Clone(d.before.Awaited), func(a finding.Awaited) bool { return !a.At.After(now) })
	for _, c := range changes {
		if c.EventID != "" && slices.ContainsFunc(kept, func(a finding.Awaited) bool { return a.EventID == c.EventID }) {
			continue
		}
		needed = append(needed, c)
		kept = append(kept, finding.Awaited{EventID: c.EventID, At: due})
	}
	d.Next.Awaited = kept[max(0, len(kept)-maxAwaited):]
	return needed
}

// maxAwaited is how many changes a state awaits at most. What is carried beyond that may be carried twice.
const maxAwaited = 100

// identity is the same for the same work item.
func (w work) identity() string {
	parts := []string{strconv.Itoa(w.Attempt), strconv.FormatInt(w.Since.UnixNano(), 10), strconv.FormatBool(w.Confirm)}
	parts = append(parts, w.Roles...)
	for _, c := range w.Changes {
		parts = append(parts, c.EventID, c.Time.String(), c.EventName)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:16])
}
