package watch

import (
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	// recentMargin is how much later than a change a read began that need not be repeated for it. A record takes about as long from the call to
	// the queue, so that a read which follows the record shows no more.
	recentMargin = 15 * time.Second
	// recentFor is how long a read stands for others, and recentRoles how many of them are kept.
	recentFor   = 10 * time.Minute
	recentRoles = 200
)

// recent are the roles that were read last. A burst of records about a few roles reads each of them now and then instead of once a record: the
// rate at which IAM answers an account would have the burst take hours. It is safe for concurrent use; the zero value is ready.
type recent struct {
	mu    sync.Mutex
	reads map[string]readOnce
}

// readOnce is a role, and when reading it began.
type readOnce struct {
	snapshot role.Snapshot
	at       time.Time
}

// get gives the last read of a role; false where none is kept.
func (r *recent) get(key string, now time.Time) (readOnce, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one, ok := r.reads[key]
	return one, ok && now.Sub(one.at) < recentFor
}

// keep keeps a read, in the place of the oldest where there are too many.
func (r *recent) keep(key string, one readOnce) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reads == nil {
		r.reads = map[string]readOnce{}
	}
	if _, had := r.reads[key]; !had && len(r.reads) >= recentRoles {
		oldest := ""
		for k, o := range r.reads {
			if oldest == "" || o.at.Before(r.reads[oldest].at) {
				oldest = k
			}
		}
		delete(r.reads, oldest)
	}
	r.reads[key] = one
}

// recall gives the last read of a role where it shows what the records of a group are about: it began after them, and nobody has seen the role
// otherwise since. What confirms a failure is read anew, and so is what was denied.
func (w *Watch) recall(f *following, ref roleRef, in reconcile.Input) (readOnce, bool) {
	one, kept := w.recent.get(ref.Key(), in.Now)
	if !kept || f.confirm || len(f.changes) == 0 || f.inventory == nil {
		return readOnce{}, false
	}
	in.Snapshot = &one.snapshot
	_, denied := w.passing(roleReasons(&one.snapshot)...)
	if denied || reconcile.Moved(&in.Before, &one.snapshot) || f.limitsSince(one.at) {
		return readOnce{}, false
	}
	if in.Before.LookedAt.After(one.at) {
		one.at = in.Before.LookedAt // Somebody else has read the same since.
	}
	early := func(c reconcile.Change) bool { return c.Time.Add(recentMargin).After(one.at) }
	if slices.ContainsFunc(f.changes, early) || reconcile.Observe(in).StaleTo() != nil {
		return readOnce{}, false
	}
	return one, true
}

// limitsSince reports whether the policies of the organization that bind the account changed, or were seen to change, after a time.
func (f *following) limitsSince(at time.Time) bool {
	limits := f.inventory.Get(inventory.LimitsKey)
	return f.policies.After(at) || limits != nil && limits.Read.After(at)
}
