package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
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
	// part is set where its roles are committed one by one.
	part int
	// since is when something was denied first that the group is reconciled for again, and attempt how often that has happened; zero
	// where one of its items is new.
	since   time.Time
	attempt int
	// acts are what people decided about findings, by role.
	acts map[string][]finding.Act
	// swept is the sweep that reconciles the group; nil where a change does. Asked says that CloudTrail was asked about it.
	swept *sweepStep
	asked bool
	// users says that the users of the account are to be read again, and affected notes which other roles the group affects.
	users    bool
	affected *affected
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
		g.users = g.users || e.users
		if e.work != nil && len(entries) == 1 {
			g.slice, g.slices, g.change = e.work.Slice, e.work.Slices, e.work.Change
			if g.change != "" && e.work.Confirm {
				g.change += settled
			}
		}
	}
	g.since, g.attempt = tried(entries)
	for _, key := range slices.Sorted(maps.Keys(roles)) {
		g.refs = append(g.refs, roles[key])
	}
	g.changes = reconcile.Distinct(g.changes)
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
	for i, e := range entries {
		switch {
		case e.work == nil || e.work.Since.IsZero():
			return time.Time{}, 0
		case i == 0 || e.work.Since.After(since):
			since, attempt = e.work.Since, e.work.Attempt
		}
	}
	return since, attempt
}

// cut sends a group that is too large for one commit through the queue, in slices.
func (w *Watch) cut(ctx context.Context, g group) error {
	count := (len(g.refs) + sliceRoles - 1) / sliceRoles
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
	if len(g.changes) > 0 {
		left.unread = append(left.unread, unreadable...)
	}
	toCommit := make([]decided, 0, len(roles))
	for _, d := range roles {
		if d.Outcome.Commits() {
			toCommit = append(toCommit, d)
		} else {
			w.count(d)
		}
	}
	retries, err := g.retries(left, states, toCommit, now)
	if err != nil {
		return err
	}
	if len(toCommit)+len(retries) > 0 || g.change != "" {
		if err := w.notePointers(ctx, toCommit); err != nil {
			return err
		}
		if err := w.commitGroup(ctx, g, toCommit, retries, now); err != nil {
			return err
		}
	}
	if g.change != "" {
		// Also where the slice was committed before: whoever did may not have lived to count it.
		if err := w.countChange(ctx, g.change, false); err != nil {
			return err
		}
	}
	w.committed(ctx, g.affected)
	return w.dropPointers(ctx, g, roles)
}

// decideAll decides on each role. One whose read fails does not keep the others from being committed: it is left to a later reconcile,
// unless none is read.
func (w *Watch) decideAll(ctx context.Context, f *following, now time.Time) (roles []decided, left again, err error) {
	var failure error
	for i, ref := range f.refs {
		d, err := decided{}, errNoTime
		if len(roles) == 0 || hasTime(ctx, answerMargin) {
			d, err = w.decide(ctx, f, ref, f.states[i], now)
		}
		switch {
		case errors.Is(err, errStale):
			return nil, left, err
		case err != nil:
			failure = cmp.Or(failure, err)
			left.failed = append(left.failed, ref)
			continue
		}
		roles = append(roles, d)
		if d.unread && len(f.changes) > 0 {
			left.unread = append(left.unread, d.ref)
		}
	}
	if failure == nil {
		return roles, left, nil
	}
	if len(roles) == 0 {
		return nil, left, failure
	}
	w.Log.Warn("roles are left to a later reconcile", "roles", len(left.failed), "error", failure.Error())
	return roles, left, nil
}

// decided is a role, and what was decided of it.
type decided struct {
	ref roleRef
	// before is the state that was loaded.
	before finding.State
	reconcile.Decision
	// unread says that something of the role was denied which may soon be allowed again.
	unread bool
	// digest are the IDs of the findings whose transitions the digest reports, and steps what it is told of all.
	digest map[string]bool
	steps  []message.DigestStep
	// quiet are the IDs of the findings whose transitions an act covers: they are not reported to people.
	quiet map[string]bool
}

// unreported says that a finding is not reported to people at once.
func (d *decided) unreported(id string) bool { return d.digest[id] || d.quiet[id] }

// decide reads one role and decides what becomes of it. A snapshot that is stale fails with errStale.
func (w *Watch) decide(ctx context.Context, f *following, ref roleRef, before finding.State, now time.Time) (decided, error) {
	g := f.group
	snapshot, read := g.read[ref.Key()]
	readAt := g.readAt
	if !read {
		readAt = time.Time{}
	}
	if why, needless := reconcile.Needless(before, g.confirm, readAt, now); needless {
		return decided{ref: ref, before: before, Decision: reconcile.Decision{Outcome: why}}, nil
	}
	if err := f.failed[ref.Key()]; err != nil {
		return decided{}, err
	}
	if looked, ok := f.looked[ref.Key()]; ok {
		snapshot = looked
	} else if !read {
		var err error
		if snapshot, err = w.readRole(ctx, f, ref, before, now); err != nil {
			return decided{}, err
		}
	}
	view := w.view(f, &snapshot, now)
	observed := reconcile.Observe(reconcile.Input{Before: before, Snapshot: &snapshot, Changes: g.changes, Reach: view, Unreached: f.unread, Acts: g.acts[ref.Key()], Now: now})
	if c := observed.StaleTo(); c != nil {
		return decided{}, fmt.Errorf("reconcile %s: %s of %s: %w", ref.Key(), c.EventName, c.Time.Format(time.RFC3339), errStale)
	}
	var err error
	if snapshot.Users, err = w.users(ctx, g, ref); err != nil {
		return decided{}, err
	}
	if observed.Others, err = w.others(ctx, g, before); err != nil {
		return decided{}, err
	}
	if observed.Texts, err = w.texts(ctx, observed.Wanted()); err != nil {
		return decided{}, fmt.Errorf("read what %s was: %w", ref.Key(), err)
	}
	d, deferred := w.decideSwept(g, ref, observed)
	if deferred {
		return decided{ref: ref, before: before, Decision: d}, nil
	}
	ofRole := roleReasons(&snapshot)
	if err := w.unread(ctx, scopeRole+ref.Key(), g.region(), append(slices.Clip(ofRole), userReasons(&snapshot.Users)...)...); err != nil {
		return decided{}, err
	}
	_, unread := w.passing(ofRole...)
	unread = unread && (d.Outcome.Commits() || d.Outcome == reconcile.AwaitsSweep)
	return decided{ref: ref, before: before, Decision: d, unread: unread}, w.exceptionNotes(ctx, d.Judgement.Notes, g.region())
}

// texts are the saved policy texts of these hashes, less those that are not kept.
func (w *Watch) texts(ctx context.Context, hashes []string) (map[string]string, error) {
	texts := map[string]string{}
	for _, hash := range hashes {
		text, kept, err := w.Store.Document(ctx, hash)
		if err != nil {
			return nil, err
		}
		if kept {
			texts[hash] = text
		}
	}
	return texts, nil
}

// users are the function versions and capacity providers that use a role: what was just read of a function stands before the index.
func (w *Watch) users(ctx context.Context, g group, ref roleRef) (role.Users, error) {
	users, err := w.Store.Users(ctx, w.AccountID, ref.Key())
	if err != nil {
		return users, fmt.Errorf("read who uses %s: %w", ref.Key(), err)
	}
	providers, err := w.Account.Providers(ctx, "")
	if err != nil {
		return users, fmt.Errorf("list capacity providers: %w", err)
	}
	users.Providers = providers.Of(ref.Key())
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

// count counts and logs what a role came to.
func (w *Watch) count(d decided) {
	w.Metrics.Reconciled(d.Outcome.String())
	w.Log.Info("look", "role", d.ref.Key(), "decision", d.Outcome.String(), "told", len(d.Transitions))
}
