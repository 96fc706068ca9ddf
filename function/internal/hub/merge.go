package hub

import (
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

const (
	// missedFor is how long an account is missing before it counts as gone: from one hourly listing to the next. A list is read page by page and
	// shows changes with a delay, so that an account may be on no page of one that is read while the organization changes.
	missedFor = 45 * time.Minute
	// awaitFor is how long it is looked for that the listing shows what a record said.
	awaitFor = time.Hour
)

// merged is what a listing changes.
type merged struct {
	// added are the accounts that are watched and were not, and left those that are not watched any more.
	added, left []string
	// wrong is what is wrong with the choice of accounts.
	wrong string
	// awaited says that an account is listed as before of which a record says that it is closed or leaves.
	awaited bool
}

// merge takes a listing into the directory.
func (h *Hub) merge(d *Directory, whole *organization.Organization, now time.Time) (m merged) {
	first, before, former := d.Listed.IsZero(), d.Watched, d.Organization
	if d.Notes == nil {
		d.Notes = map[string]Note{}
	}
	listed := *whole
	listed.Accounts = slices.Clone(listed.Accounts)
	var kept []string
	if first {
		before = nil
	} else {
		kept = d.keepMissing(&listed, &former, now)
	}
	chosen, wrong := h.choose(&listed)
	m.wrong = wrong
	d.Organization, d.Listed = listed, now
	if chosen != nil {
		d.Watched = h.alwaysWatched(append(chosen, kept...))
	}
	for _, id := range d.Watched {
		n, there := d.Notes[id]
		if !there || !n.Left.IsZero() {
			n.Since = now
			n.Left, n.Why, n.Was = time.Time{}, "", organization.Account{}
			d.Notes[id] = n
		}
		if _, was := slices.BinarySearch(before, id); !was && !first {
			m.added = append(m.added, id) // After the first listing, the tick goes to all.
		}
	}
	for _, id := range before {
		n := d.Notes[id]
		if d.watches(id) {
			m.awaited = d.await(id, n, now) || m.awaited
			continue
		}
		if n.Left.IsZero() {
			n.Left, n.Why = now, whyLeft(&listed, id)
			n.Was, _ = former.Find(id)
			n.Event, n.At, n.Missed = "", time.Time{}, time.Time{}
			d.Notes[id] = n
			m.left = append(m.left, id)
		}
	}
	return m
}

// keepMissing keeps in a listing the accounts that are watched and that it lacks, until the next listing lacks them, too, or a record says that
// they left. It gives their IDs.
func (d *Directory) keepMissing(listed, former *organization.Organization, now time.Time) (kept []string) {
	for _, id := range d.Watched {
		n, noted := d.Notes[id]
		was, known := former.Find(id)
		switch _, there := listed.Find(id); {
		case there:
			n.Missed = time.Time{}
		case !known:
			continue // It was named, and never listed.
		case n.Missed.IsZero():
			n.Missed = now
		}
		if noted {
			d.Notes[id] = n
		}
		if !n.Missed.IsZero() && now.Sub(n.Missed) < missedFor && n.Event == "" {
			kept = append(kept, id)
			listed.Keep(was)
		}
	}
	return kept
}

// await reports whether an account is watched still of which a record says that it is closed or leaves. After a while, it is taken to have stayed.
func (d *Directory) await(id string, n Note, now time.Time) bool {
	if n.Event == "" {
		return false
	}
	if now.Sub(n.At) < awaitFor {
		return true
	}
	n.Event, n.At = "", time.Time{}
	d.Notes[id] = n
	return false
}
