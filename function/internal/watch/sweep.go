package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// sweepLease is how long a sweep may take before a tick starts another.
const sweepLease = 2 * time.Hour

// sweepStep is where a sweep stands. Each step goes on until it is done or the invocation's time is nearly over; the
// rest goes through the queue.
type sweepStep struct {
	Step       string    `json:"step"`
	Generation int64     `json:"generation"`
	Started    time.Time `json:"started"`
	// Region counts in the settings' Regions, for the functions; Marker is the next page.
	Region int    `json:"region,omitempty"`
	Marker string `json:"marker,omitempty"`
	// Partial says that the functions of a Region cannot be listed, so that the index is not whole.
	Partial bool `json:"partial,omitempty"`
	// Organization says that the policies of the organization changed, so that none is used that was read before.
	Organization bool `json:"organization,omitempty"`
	// Changed is when they changed, in the hub of an organization: sweeps of many accounts follow from one change, and share what they read
	// after it. Where it is zero, they changed before the sweep started.
	Changed time.Time `json:"changed,omitzero"`
	// Previous is when the last complete sweep started; zero where there was none.
	Previous time.Time `json:"previous,omitzero"`
	// Pages is how many pages of the new inventory are written, and NoFunctions why not all functions are in it.
	Pages       int    `json:"pages,omitempty"`
	NoFunctions string `json:"noFunctions,omitempty"`
	// Missed are the changes of which no record was delivered.
	Missed missed `json:"missed,omitzero"`
	// Seen are the roles that are observed and whose states need not be written.
	Seen seen `json:"seen,omitzero"`
}

// The steps of a sweep: the index of who uses what; the inventory of the account, by which roles are judged; every role of the account; the roles that only functions or
// findings know of, because they are gone; those that changed without a record, of which CloudTrail is asked; and, after the sweep, the
// count of those of which no record has come since.
const (
	stepFunctions = "functions"
	stepInventory = "inventory"
	stepRoles     = "roles"
	stepRest      = "rest"
	stepAsk       = "ask"
	stepMissed    = "missed"
)

func (w *Watch) sweep(ctx context.Context, s sweepStep) error {
	if s.Step == stepMissed {
		return w.reportMissed(ctx, s)
	}
	if s.Generation == 0 {
		return w.sweepAsked(ctx, s)
	}
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil {
		return fmt.Errorf("read the sweep's state: %w", err)
	}
	if state.Generation != s.Generation || state.Complete >= s.Generation {
		w.Log.Info("sweep step left: another sweep has taken over", "generation", s.Generation)
		return nil
	}
	if s.Organization {
		w.forgetOrganization(cmp.Or(s.Changed, s.Started))
	}
	for {
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < deploy.SweepMargin {
			return w.handOver(ctx, s, 0)
		}
		next, err := w.sweepPage(ctx, s)
		if errors.Is(err, role.ErrUnread) {
			w.Log.Error("sweep cannot be done", "generation", s.Generation, "step", s.Step, "error", err.Error())
			w.sweepEnded(ctx)
			return nil
		}
		if err != nil {
			return err
		}
		if next == nil {
			w.Log.Info("sweep done", "generation", s.Generation, "took", w.Now().Sub(s.Started).String())
			if err := errors.Join(w.countMissed(ctx, s), w.noteLooked(ctx, s)); err != nil {
				return err
			}
			if err := w.Store.FinishSweep(ctx, w.AccountID, s.Generation, s.Started); err != nil {
				return err
			}
			w.Metrics.SweepCompleted()
			w.sweepEnded(ctx)
			return errors.Join(w.tried(ctx, scopeSweep), w.reportUpgrade(ctx))
		}
		s = *next
	}
}

func (w *Watch) handOver(ctx context.Context, s sweepStep, delay time.Duration) error {
	body, err := work{Job: jobSweep, Sweep: &s}.body()
	if err != nil {
		return fmt.Errorf("write work item: %w", err)
	}
	if err := w.Queue.Send(ctx, body, delay); err != nil {
		return fmt.Errorf("continue the sweep: %w", err)
	}
	return nil
}

// sweepPage does one page and gives the next; nil at the end.
func (w *Watch) sweepPage(ctx context.Context, s sweepStep) (*sweepStep, error) {
	switch s.Step {
	case stepFunctions:
		return w.sweepFunctions(ctx, s)
	case stepInventory:
		return w.sweepInventory(ctx, s)
	case stepRoles:
		return w.sweepRoles(ctx, s)
	case stepRest:
		return w.sweepRest(ctx, s)
	case stepAsk:
		return w.sweepAsk(ctx, s)
	}
	return nil, errDead{fmt.Errorf("sweep: field step: %q is none", s.Step)}
}

// refused tells operations which call a sweep lacks, and ends it.
func (w *Watch) refused(ctx context.Context, why role.Reason, region string) error {
	if err := w.unread(ctx, scopeSweep, region, why); err != nil {
		return err
	}
	return fmt.Errorf("sweep: %w", &role.UnreadError{Why: why})
}

func (w *Watch) sweepFunctions(ctx context.Context, s sweepStep) (*sweepStep, error) {
	if s.Region >= len(w.Regions) {
		if !s.Partial {
			if err := w.Store.IndexBuilt(ctx, w.AccountID, s.Generation); err != nil {
				return nil, fmt.Errorf("note that the index is whole: %w", err)
			}
		}
		next := sweepStep{Step: stepRoles, Generation: s.Generation, Started: s.Started, Organization: s.Organization, Changed: s.Changed, Previous: s.Previous}
		if w.Graph != nil {
			next.Step, next.Pages, next.NoFunctions = stepInventory, s.Pages, s.NoFunctions
		}
		return &next, nil
	}
	versions, marker, err := w.Account.FunctionPage(ctx, w.Regions[s.Region], s.Marker)
	if errors.Is(err, role.ErrUnread) {
		return w.unlisted(ctx, s, role.WhyUnread(err, "lambda:ListFunctions"))
	}
	if err != nil {
		return nil, fmt.Errorf("list functions of %s: %w", w.Regions[s.Region], err)
	}
	if err := w.Store.PutSwept(ctx, s.Generation, versions); err != nil {
		return nil, fmt.Errorf("write the index: %w", err)
	}
	if err := w.listVersions(ctx, &s, versions); err != nil {
		return nil, err
	}
	if s.Marker = marker; marker == "" {
		s.Region++
	}
	return &s, nil
}

// unlisted goes on without the functions of a Region. The index cannot be whole: who uses a role stays unknown. Where the list
// was denied the sweep ends, and never completes until the permission is there; where the endpoint does not support the call,
// no later sweep can do more, and the roles are reconciled.
func (w *Watch) unlisted(ctx context.Context, s sweepStep, why role.Reason) (*sweepStep, error) {
	if _, unsupported := why.UnsupportedCall(); !unsupported {
		return nil, w.refused(ctx, why, w.Regions[s.Region])
	}
	if err := w.notice(ctx, why, w.Regions[s.Region]); err != nil {
		return nil, err
	}
	s.Partial, s.Marker, s.NoFunctions = true, "", why.String()
	s.Region++
	return &s, nil
}

func (w *Watch) sweepRoles(ctx context.Context, s sweepStep) (*sweepStep, error) {
	page, err := w.rolePage(ctx, s.Marker)
	if page == nil || err != nil {
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

// rolePage reads a page of roles; nil where that is denied, which ends the sweep.
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

// sweepRest reconciles roles that are not in the account's list: those that functions are configured with, page by page,
// and at the end those that have findings.
func (w *Watch) sweepRest(ctx context.Context, s sweepStep) (*sweepStep, error) {
	known := map[string]roleRef{}
	if s.Region >= len(w.Regions) {
		open, err := w.Store.OpenRoles(ctx)
		if err != nil {
			return nil, fmt.Errorf("list roles with findings: %w", err)
		}
		for _, key := range open {
			if ref, err := role.ParseRef(key); err == nil {
				known[key] = ref
			}
		}
		if err := w.operatorRoles(ctx, known); err != nil {
			return nil, err
		}
		if err := w.reconcileUnseen(ctx, known, &s); err != nil || len(s.Missed.Ask) == 0 {
			return nil, err
		}
		s.Step = stepAsk
		return &s, nil
	}
	versions, marker, err := w.Account.FunctionPage(ctx, w.Regions[s.Region], s.Marker)
	if errors.Is(err, role.ErrUnread) {
		return w.unlisted(ctx, s, role.WhyUnread(err, "lambda:ListFunctions"))
	}
	if err != nil {
		return nil, fmt.Errorf("list functions of %s: %w", w.Regions[s.Region], err)
	}
	for _, f := range versions {
		if ref, err := role.ParseRef(f.Role); err == nil {
			known[ref.Key()] = ref
		}
	}
	if s.Marker = marker; marker == "" {
		s.Region++
	}
	return &s, w.reconcileUnseen(ctx, known, &s)
}

// reconcileUnseen sends the roles that this sweep has not reconciled through the queue, in slices, less those of which CloudTrail is to be
// asked: one that was there when it was observed last has been deleted without a record.
func (w *Watch) reconcileUnseen(ctx context.Context, known map[string]roleRef, s *sweepStep) error {
	var keys []string
	for key := range known {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var unseen []roleRef
	for chunk := range slices.Chunk(keys, 100) {
		states, _, err := w.loadReadable(ctx, chunk)
		if err != nil {
			return err
		}
		for _, state := range states {
			if state.LookedAt.Before(s.Started) && !s.Seen.has(state.Key) && !w.asksOf(s, state.Key, state.Exists) {
				unseen = append(unseen, known[state.Key])
			}
		}
	}
	if len(unseen) == 0 {
		return nil
	}
	w.Log.Info("sweep looks at roles that are not listed", "roles", strconv.Itoa(len(unseen)))
	return w.cut(ctx, group{refs: unseen})
}
