package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Close resolves the findings of all roles of the account, which is not watched any more, and reports that. It reads nothing of the account.
// It reports whether all is done, the publication of messages included; what is not done is done by the next call.
func (w *Watch) Close(ctx context.Context) (done bool, err error) {
	ctx, cancel := untilAnswer(ctx)
	defer cancel()
	keys, err := w.Store.OpenRoles(ctx)
	if err != nil {
		return false, fmt.Errorf("list roles with findings: %w", err)
	}
	for chunk := range slices.Chunk(keys, sliceRoles) {
		if !hasTime(ctx, deploy.ReconcileMargin) {
			return false, nil
		}
		if err := w.closeRoles(ctx, chunk); err != nil {
			return false, err
		}
	}
	if _, err := w.takeDigest(ctx, w.Now()); err != nil {
		return false, err
	}
	if err := w.drain(ctx, 0); err != nil {
		return false, err
	}
	left, err := w.Store.Outbox(ctx, w.Now().Add(2*outboxLease))
	return len(keys) == 0 && len(left) == 0, err
}

// closeRoles resolves the findings of roles that one commit takes.
func (w *Watch) closeRoles(ctx context.Context, keys []string) error {
	for range attempts {
		states, unread, err := w.loadReadable(ctx, keys)
		if err != nil {
			return err
		}
		now := w.Now()
		var g group
		var roles []decided
		for i, state := range states {
			ref, err := role.ParseRef(keys[i])
			if err != nil || unread[keys[i]] != nil || len(state.Findings) == 0 {
				continue
			}
			g.refs = append(g.refs, ref)
			roles = append(roles, decided{ref: ref, before: state, Decision: w.settings.Close(state, now)})
		}
		if len(roles) == 0 {
			return nil
		}
		err = w.commitGroup(ctx, g, roles, nil, now)
		if !errors.Is(err, finding.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("resolve the findings of %d roles: %w", len(keys), finding.ErrConflict)
}
