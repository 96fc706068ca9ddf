package hub

import (
	"context"
)

// gone resolves the findings of an account that is not watched any more. Where not all of that is done, the next tick continues.
func (h *Hub) gone(ctx context.Context, account string) error {
	d, err := h.known(ctx, 0)
	if err != nil {
		return err
	}
	n := d.Notes[account]
	if n.Left.IsZero() || d.watches(account) {
		return nil
	}
	if err := h.forgetTies(ctx, account); err != nil {
		return err
	}
	w := h.watches.of(d.member(account), h.Watch)
	done, err := w.Close(ctx)
	if err != nil || !done {
		return err
	}
	// That it cannot be read is of no concern any more.
	if _, _, err := w.Noted(ctx, scopeReader); err != nil {
		return err
	}
	h.Log.Info("an account is not watched any more", "account", account, "why", n.Why)
	return h.changeDirectory(ctx, func(d *Directory) bool {
		n, ok := d.Notes[account]
		if !ok || n.Left.IsZero() {
			return false
		}
		delete(d.Notes, account)
		return true
	})
}
