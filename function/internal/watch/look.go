package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// group is a set of roles that are looked at, committed and told of together.
type group struct {
	refs    []roleRef
	changes []change
	// functions were read on the way; they stand before what the index says.
	functions []refreshed
	// confirm says that every item of it is a confirming look, so that a later one makes it needless.
	confirm bool
	// read are snapshots that were read beforehand (by a sweep), and readAt when that began.
	read          map[string]role.Snapshot
	readAt        time.Time
	slice, slices int
}

// handleGroup looks at the roles of entries that hang together.
func (w *Watch) handleGroup(ctx context.Context, entries []*entry) error {
	g := group{confirm: true}
	roles := map[string]roleRef{}
	for _, e := range entries {
		maps.Copy(roles, e.roles)
		g.changes = append(g.changes, e.changes...)
		g.functions = append(g.functions, e.functions...)
		g.confirm = g.confirm && e.work != nil && e.work.Confirm
		if e.work != nil && len(entries) == 1 {
			g.slice, g.slices = e.work.Slice, e.work.Slices
		}
	}
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		g.refs = append(g.refs, roles[key])
	}
	g.changes = distinct(g.changes)
	if len(g.refs) > sliceRoles {
		if err := w.cut(ctx, g); err != nil {
			return err
		}
		return w.index(ctx, g)
	}
	if err := w.look(ctx, g); err != nil {
		return err
	}
	return w.index(ctx, g)
}

// distinct orders changes by time and drops duplicates: CloudTrail delivers a record more than once.
func distinct(changes []change) []change {
	slices.SortStableFunc(changes, func(a, b change) int { return a.Time.Compare(b.Time) })
	seen := map[string]bool{}
	return slices.DeleteFunc(changes, func(c change) bool {
		if seen[c.EventID] {
			return true
		}
		seen[c.EventID] = true
		return false
	})
}

// cut sends a group that is too large for one commit through the queue, in slices.
func (w *Watch) cut(ctx context.Context, g group) error {
	count := (len(g.refs) + sliceRoles - 1) / sliceRoles
	changes := sealed(g.changes)
	n := 0
	for chunk := range slices.Chunk(g.refs, sliceRoles) {
		n++
		job := work{Job: jobLook, Changes: changes, Slice: n, Slices: count}
		for _, ref := range chunk {
			job.Roles = append(job.Roles, arnOf(ref))
		}
		body, err := job.body()
		if err != nil {
			return fmt.Errorf("write work item: %w", err)
		}
		if err := w.Queue.Send(ctx, body, 0); err != nil {
			return fmt.Errorf("send slice %d of %d: %w", n, count, err)
		}
	}
	w.Log.Info("cut into slices", "roles", len(g.refs), "slices", count)
	return nil
}

func arnOf(ref roleRef) string {
	if ref.ARN != "" {
		return ref.ARN
	}
	return ref.Key()
}

// index writes what was read of functions to the index, after the looks: were it written before and the look failed,
// a function's former role would be forgotten.
func (w *Watch) index(ctx context.Context, g group) error {
	for _, f := range g.functions {
		if err := w.Store.PutVersions(ctx, w.AccountID, f.arn, f.versions); err != nil {
			return fmt.Errorf("write the index of %s: %w", f.arn, err)
		}
	}
	return nil
}

// look is one re-validation of a group's roles: load, read, check, compare, commit, tell. When somebody else commits in
// between it starts again from loading.
func (w *Watch) look(ctx context.Context, g group) error {
	for range attempts {
		err := w.lookOnce(ctx, g)
		if !errors.Is(err, finding.ErrConflict) {
			return err
		}
		w.Metrics.Looked("conflict")
		w.Log.Info("looked at again: another look committed first", "roles", len(g.refs))
		g.read = nil
	}
	return fmt.Errorf("look at %d roles: %w", len(g.refs), finding.ErrConflict)
}

func (w *Watch) lookOnce(ctx context.Context, g group) error {
	keys := make([]string, len(g.refs))
	for i, ref := range g.refs {
		keys[i] = ref.Key()
	}
	states, err := w.Store.Load(ctx, keys)
	if err != nil {
		return fmt.Errorf("load %d roles: %w", len(keys), err)
	}
	now := w.Now()
	var seen []*sight
	for i, ref := range g.refs {
		s, err := w.see(ctx, g, ref, states[i], now)
		if err != nil {
			return err
		}
		if s != nil {
			seen = append(seen, s)
		}
	}
	return w.commit(ctx, g, seen, now)
}

// sight is one role as a look sees it.
type sight struct {
	before  finding.State
	after   finding.State
	shot    role.Snapshot
	read    observed
	changes []change
	// parts is what is remembered of the parts, and former what those were before the edits that are remembered.
	parts  map[string]finding.PartState
	former map[string]role.Maybe[role.Policy]
	told   []finding.Transition
	// judgement is what the checks say, and what exceptions leave of it.
	judgement inforce.Judgement
	// thread is when what is told of the role now began.
	thread time.Time
	// decision is a word for the log; scope says whether the role is in scope.
	decision string
}

// see reads one role and judges it; nil where nothing is to be committed.
func (w *Watch) see(ctx context.Context, g group, ref roleRef, before finding.State, now time.Time) (*sight, error) {
	if g.confirm && before.ConfirmAt.After(now) {
		w.decided(ref, "confirmedLater", 0)
		return nil, nil
	}
	s := &sight{before: before, changes: g.changes}
	shot, pre := g.read[ref.Key()]
	if pre && !before.LookedAt.Before(g.readAt) {
		w.decided(ref, "lookedAtSince", 0)
		return nil, nil
	}
	if !pre {
		if ref.ARN == "" {
			ref.ARN = before.ARN
		}
		var err error
		if shot, err = w.Account.Role(ctx, ref); err != nil {
			return nil, fmt.Errorf("read role %s: %w", ref.Key(), err)
		}
	}
	s.shot, s.read = shot, observe(&shot)
	for _, c := range g.changes {
		if c.stale(now, before, s.read) {
			return nil, fmt.Errorf("look at %s: %s of %s: %w", ref.Key(), c.EventName, c.Time.Format(time.RFC3339), errStale)
		}
	}
	users, err := w.users(ctx, g, ref)
	if err != nil {
		return nil, err
	}
	s.shot.Users = users
	if err := w.notices(ctx, &s.shot, g); err != nil {
		return nil, err
	}
	s.parts = remember(before, s.read, g.changes, now)
	if s.former, err = w.formerParts(ctx, s.parts); err != nil {
		return nil, fmt.Errorf("read what %s was: %w", ref.Key(), err)
	}
	if err := w.judge(s, now); err != nil {
		return nil, err
	}
	return s, w.exceptionNotes(ctx, s.judgement.Notes, g.region())
}

// users are the function versions that use a role: what was just read of a function stands before the index.
func (w *Watch) users(ctx context.Context, g group, ref roleRef) (role.Users, error) {
	users, err := w.Store.Users(ctx, w.AccountID, ref.Key())
	if err != nil {
		return users, fmt.Errorf("read who uses %s: %w", ref.Key(), err)
	}
	for _, f := range g.functions {
		users.List = slices.DeleteFunc(slices.Clone(users.List), func(u role.Function) bool { return u.ARN == f.arn })
		for _, v := range f.versions {
			if r, err := role.ParseRef(v.Role); err == nil && r.Key() == ref.Key() {
				users.List = append(users.List, v)
			}
		}
	}
	return users, nil
}

func (w *Watch) decided(ref roleRef, decision string, told int) {
	w.Metrics.Looked(decision)
	w.Log.Info("look", "role", ref.Key(), "decision", decision, "told", told)
}
