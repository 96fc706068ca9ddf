package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func (w *Watch) sweepRoles(ctx context.Context, s sweepStep) (*sweepStep, error) {
	page, err := w.rolePage(ctx, s.Marker)
	if err != nil {
		return nil, err
	}
	if err := w.reconcilePage(ctx, &s, page.roles, page.unlisted, page.began); err != nil {
		return nil, err
	}
	if s.Marker = page.next; s.Marker == "" {
		s.Step = stepRest
	}
	return &s, nil
}

// rolePage is a page of the account's roles: those that were read since a time, those of it that could not be read, and the marker of the
// next page.
type rolePage struct {
	began    time.Time
	roles    []role.Snapshot
	unlisted []roleRef
	next     string
}

// rolePage reads a page of roles. Where that is denied, the error is one of a call that is denied, which ends the sweep.
func (w *Watch) rolePage(ctx context.Context, marker string) (*rolePage, error) {
	began := w.Now()
	roles, next, err := w.Account.RolePage(ctx, marker)
	if errors.Is(err, role.ErrUnread) {
		return nil, w.refused(ctx, role.WhyUnread(err, "iam:GetAccountAuthorizationDetails"), "")
	}
	unlisted, err := w.unlistedRoles(err)
	if err != nil {
		return nil, err
	}
	return &rolePage{began, roles, unlisted, next}, nil
}

// unlistedRoles are those of a page whose read failed while the others were read. Any other error is the page's.
func (w *Watch) unlistedRoles(err error) ([]roleRef, error) {
	var some *role.SomeUnreadError
	if errors.As(err, &some) {
		w.Log.Warn("roles of a page not read", "roles", len(some.Roles), "error", err.Error())
		return some.Roles, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return nil, nil
}

// reconcilePage reconciles roles that were read at a time, and sends through the queue those that were not read and those that the
// invocation has no time for. A commit that fails is sent through the queue, too, unless all of the page fail.
func (w *Watch) reconcilePage(ctx context.Context, s *sweepStep, snapshots []role.Snapshot, later []roleRef, began time.Time) error {
	var failure error
	done := len(snapshots) == 0
	for chunk := range slices.Chunk(snapshots, sliceRoles) {
		g := group{read: map[string]role.Snapshot{}, readAt: began, swept: s}
		for _, snapshot := range chunk {
			g.refs = append(g.refs, snapshot.Ref)
			g.read[snapshot.Ref.Key()] = snapshot
		}
		err := errNoTime
		if !done || hasTime(ctx, deploy.ReconcileMargin) {
			err = w.reconcile(ctx, g)
		}
		if err != nil {
			failure = cmp.Or(failure, err)
			later = append(later, g.refs...)
		}
		done = done || err == nil
	}
	if !done {
		return failure
	}
	if len(later) == 0 {
		return nil
	}
	s.Seen.Not = true
	w.Log.Warn("roles come by the queue", "roles", len(later), "error", fmt.Sprint(failure))
	return w.cut(ctx, group{refs: later})
}
