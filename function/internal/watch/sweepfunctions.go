package watch

import (
	"context"
	"errors"
	"fmt"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

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
