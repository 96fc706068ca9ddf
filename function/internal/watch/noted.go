package watch

import (
	"context"
	"encoding/base64"
	"hash/fnv"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// The times of an account that each reconcile reads with the states of its roles.
const (
	// MarkPolicies is when the policies of the organization that bear on the account changed last: what was read of them before is not used.
	MarkPolicies = "policies"
	// markLooked is when the last sweep started that has observed every role. A role that was then as its state says has no newer state: that
	// nothing has changed is noted here, once for all roles.
	markLooked = "looked"
)

// loadLooked is loadReadable for a reconcile. No policies of the organization are used after it that were read before they changed; it gives when
// that was. States say when their roles were observed last.
func (w *Watch) loadLooked(ctx context.Context, keys []string) (states []finding.State, unread map[string]error, changed time.Time, err error) {
	states, marks, err := w.Store.LoadNoted(ctx, w.AccountID, keys)
	states, unread, err = readable(states, err)
	if err != nil {
		return nil, nil, changed, err
	}
	if changed = marks[MarkPolicies]; marks == nil {
		changed = w.Now() // When they changed is unknown.
	}
	if !changed.IsZero() {
		w.forgetOrganization(changed)
	}
	for i := range states {
		if s := &states[i]; s.Revision > 0 && s.LookedAt.Before(marks[markLooked]) {
			s.LookedAt = marks[markLooked]
		}
	}
	return states, unread, changed, nil
}

// policiesChanged notes that the policies of the organization have changed, for every execution environment.
func (w *Watch) policiesChanged(ctx context.Context) error {
	return w.Store.Mark(ctx, w.AccountID, MarkPolicies, w.Now())
}

// seen are the roles that a sweep has observed and whose states it has not written, because nothing of them has changed. They are a hash each,
// because they travel with the work item: an account has 10,000 roles at most
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
type seen struct {
	// Roles are the hashes, one after another.
	Roles string `json:"roles,omitempty"`
	// Not says that a role could not be observed: then the sweep says nothing of those that it has not written.
	Not bool `json:"not,omitzero"`
}

// hashed is the length of a hash. 48 bits tell 10,000 roles apart but once in some million sweeps, and then a role that is gone is found a day
// later.
const hashed = 8

func hashOf(key string) string {
	h := fnv.New64a()
	h.Write([]byte(key))
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil)[:6])
}

func (s *seen) add(key string) { s.Roles += hashOf(key) }

func (s *seen) has(key string) bool {
	hash := hashOf(key)
	for rest := s.Roles; len(rest) >= hashed; rest = rest[hashed:] {
		if rest[:hashed] == hash {
			return true
		}
	}
	return false
}

// spared tells whether what a sweep has decided on a role need not be written: it says what the state says. When the sweep is done, it notes
// for all of them that they were observed. Of a role with findings it is written, because they say when they were seen last.
func (g *group) spared(d *decided) bool {
	return g.swept != nil && d.Outcome == reconcile.Unchanged && len(d.Next.Findings) == 0 && d.before.Same(&d.Next)
}

// noteObserved takes into the sweep what it came to.
func (g *group) noteObserved(roles []decided, left again) {
	if g.swept == nil {
		return
	}
	s := &g.swept.Seen
	s.Not = s.Not || len(left.failed)+len(left.unread) > 0
	for i := range roles {
		switch d := &roles[i]; {
		case g.spared(d):
			s.add(d.ref.Key())
		case d.Outcome == reconcile.AwaitsSweep:
			s.Not = true
		}
	}
}

// noteLooked notes, at the end of a sweep, that every role was observed.
func (w *Watch) noteLooked(ctx context.Context, s sweepStep) error {
	if s.Seen.Not {
		return nil
	}
	return w.Store.Mark(ctx, w.AccountID, markLooked, s.Started)
}
