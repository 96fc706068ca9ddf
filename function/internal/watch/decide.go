package watch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

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
		case isStale(err):
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

// decide reads one role and decides what becomes of it. A snapshot that is stale fails with a *staleError.
func (w *Watch) decide(ctx context.Context, f *following, ref roleRef, before finding.State, now time.Time) (decided, error) {
	g := f.group
	one, read := g.listed(ref)
	if why, needless := reconcile.Needless(before, g.confirm, one.at, now); needless {
		return decided{ref: ref, before: before, Decision: reconcile.Decision{Outcome: why}}, nil
	}
	if err := f.failed[ref.Key()]; err != nil {
		return decided{}, err
	}
	if looked, ok := f.looked[ref.Key()]; ok {
		one = looked
	} else if !read {
		var err error
		if one, err = w.readRole(ctx, f, ref, before, now); err != nil {
			return decided{}, err
		}
	}
	snapshot := one.snapshot
	view := w.view(f, &snapshot, now)
	observed := reconcile.Observe(reconcile.Input{Before: before, Snapshot: &snapshot, Changes: g.changes, Reach: view, Unreached: f.unread, Acts: g.acts[ref.Key()], ReadAt: one.at, Now: now})
	if c := observed.StaleTo(); c != nil {
		return decided{}, &staleError{"reconcile " + ref.Key(), c.EventName, c.Time}
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
