package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

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
		if err := w.reconcileUnseen(ctx, known, &s); err != nil {
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
