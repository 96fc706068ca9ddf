package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// group is a set of roles that are reconciled, committed and reported together.
type group struct {
	refs    []roleRef
	changes []reconcile.Change
	// functions were read on the way; they stand before what the index says.
	functions []refreshed
	pointers  []pointer
	// confirm says that every item of it is a confirming reconcile, so that a later one makes it needless.
	confirm bool
	// read are snapshots that were read beforehand (by a sweep), and readAt when that began.
	read          map[string]role.Snapshot
	readAt        time.Time
	slice, slices int
	// change is the ID of the change that the group is a slice of; empty where it is none.
	change string
	// part is set where its roles are committed one by one, and parted once they were.
	part   int
	parted bool
	// since is when something was denied first that the group is reconciled for again, and attempt how often that has happened; zero
	// where one of its items is new.
	since   time.Time
	attempt int
	// acts are what people decided about findings, by role.
	acts map[string][]finding.Act
	// swept is the sweep that reconciles the group; nil where a change does. Asked says that CloudTrail was asked about it.
	swept *sweepStep
	asked bool
	// policies is when the policies of the organization changed last; zero where no change is known.
	policies time.Time
	// users says that the users of the account are to be read again, and affected notes which other roles the group affects.
	users    bool
	affected *affected
	// others says that what is known of other accounts is to be read again.
	others bool
}

// handleGroup reconciles the roles of entries that share roles.
func (w *Watch) handleGroup(ctx context.Context, entries []*entry) error {
	g := group{confirm: true}
	roles := map[string]roleRef{}
	for _, e := range entries {
		maps.Copy(roles, e.roles)
		g.changes = append(g.changes, e.changes...)
		g.functions = append(g.functions, e.functions...)
		g.pointers = append(g.pointers, e.pointers...)
		g.confirm = g.confirm && e.work != nil && e.work.Confirm
		g.users, g.others = g.users || e.users, g.others || e.others
		if e.work != nil && len(entries) == 1 {
			g.slice, g.slices, g.change = e.work.Slice, e.work.Slices, e.work.Change
			if g.change != "" && e.work.Confirm {
				g.change += settled
				g.part = e.work.Part
			}
		}
	}
	g.since, g.attempt = tried(entries)
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		g.refs = append(g.refs, roles[key])
	}
	g.changes = reconcile.Distinct(g.changes)
	if g.confirm {
		// Another execution environment may have seen what is confirmed now, and this one may have read the organization before that.
		w.forgetOrganization(w.Now().Add(-w.Settle))
	}
	if len(g.refs) > sliceRoles {
		if err := w.cut(ctx, g); err != nil {
			return err
		}
		return w.index(ctx, g)
	}
	if err := w.reconcile(ctx, g); err != nil {
		return err
	}
	if err := w.confirmUsers(ctx, g); err != nil {
		return err
	}
	return w.index(ctx, g)
}

// tried is when something was denied first to the newest of these items, and how often.
func tried(entries []*entry) (since time.Time, attempt int) {
	for _, e := range entries {
		switch {
		case e.work == nil || e.work.Since.IsZero():
			return time.Time{}, 0
		case e.work.Since.After(since):
			since, attempt = e.work.Since, e.work.Attempt
		}
	}
	return since, attempt
}

// cut sends a group that is too large for one commit through the queue, in slices.
func (w *Watch) cut(ctx context.Context, g group) error {
	count := slicesFor(len(g.refs))
	changes := reconcile.Sealed(g.changes)
	id := ""
	if len(changes) > 0 && count > 1 {
		id = changeID(changes)
		if err := w.startChange(ctx, id, g, count); err != nil {
			return err
		}
	}
	n := 0
	for chunk := range slices.Chunk(g.refs, sliceRoles) {
		n++
		job := work{Job: jobLook, Changes: changes, Slice: n, Slices: count, Change: id}
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

// index writes what was read of functions to the index, once their roles are committed: were it written before and that
// failed, a function's former role would be forgotten.
func (w *Watch) index(ctx context.Context, g group) error {
	for _, f := range g.functions {
		if err := w.Store.PutVersions(ctx, w.AccountID, f.arn, f.versions); err != nil {
			return fmt.Errorf("write the index of %s: %w", f.arn, err)
		}
	}
	return nil
}

// reconcile takes a group's roles from load to delivery: load, read, decide, commit, deliver. When somebody else commits in
// between it starts again from loading.
func (w *Watch) reconcile(ctx context.Context, g group) error {
	g.affected = &affected{}
	for range attempts {
		err := w.reconcileOnce(ctx, g)
		if !errors.Is(err, finding.ErrConflict) {
			return err
		}
		w.Metrics.Reconciled(reconcile.Conflict.String())
		w.Log.Info("reconciled again: somebody else committed first", "roles", len(g.refs))
		g.read = nil
	}
	return fmt.Errorf("reconcile %d roles: %w", len(g.refs), finding.ErrConflict)
}

func (w *Watch) reconcileOnce(ctx context.Context, g group) error {
	g, states, unreadable, err := w.load(ctx, g)
	if err != nil {
		return err
	}
	now := w.Now()
	f, err := w.follow(ctx, g, states, now)
	if err != nil || f.sent {
		return err
	}
	g, states, unreadable = f.group, f.states, append(unreadable, f.aside...)
	if g.acts, err = w.acts(ctx, g.refs); err != nil {
		return err
	}
	f.group = g
	roles, left, err := w.decideAll(ctx, f, now)
	if err != nil {
		return err
	}
	left.unread = append(left.unread, unreadable...)
	g.noteObserved(roles, left)
	toCommit := make([]decided, 0, len(roles))
	for _, d := range roles {
		if d.Outcome.Commits() && !g.spared(&d) {
			toCommit = append(toCommit, d)
		} else {
			w.count(d)
		}
	}
	retries, err := g.retries(left, states, toCommit, now)
	if err != nil {
		return err
	}
	if err := w.notePointers(ctx, toCommit); err != nil {
		return err
	}
	if err := w.commitGroup(ctx, g, toCommit, retries, now); err != nil {
		return err
	}
	if g.change != "" {
		// Also where the slice was committed before: whoever did may not have lived to count it.
		if err := w.countChange(ctx, g.change); err != nil {
			return err
		}
		if !strings.HasSuffix(g.change, settled) {
			if err := w.countChange(ctx, g.change+settled); err != nil {
				return err
			}
		}
	}
	w.committed(ctx, g.affected)
	return w.dropPointers(ctx, g, roles)
}
