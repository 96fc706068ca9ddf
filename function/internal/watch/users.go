package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// userLister is an account that lists its users, with the policies of their groups. The reason why is not empty where they are not all known.
type userLister interface {
	IAMUsers(ctx context.Context) (users []reach.Node, why string, err error)
}

// resolveUsers has the users of the account read again: a change of a user or a group bears on the roles that can become the user.
func (w *Watch) resolveUsers(e *entry, c *events.Change) {
	if _, ok := w.Account.(userLister); !ok || w.Graph == nil {
		return
	}
	e.users = true
	w.Log.Info("users are read again", "event", c.Name, "eventId", c.ID, "actor", c.Actor.ARN)
}

// readUsers are the entries of the users, and of those that are gone. Where not all are known, those that were known before stay.
func (w *Watch) readUsers(ctx context.Context, inv *inventory.Inventory, now time.Time) ([]inventory.Entry, error) {
	lister, ok := w.Account.(userLister)
	if !ok {
		return nil, nil
	}
	users, why, err := lister.IAMUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	var entries []inventory.Entry
	there := map[string]bool{}
	for _, n := range users {
		e := inventory.OfUser(n, now)
		there[e.Key] = true
		entries = append(entries, e)
	}
	if why != "" {
		w.Log.Warn("users not read", "error", why)
		return entries, nil
	}
	for _, key := range inv.Keys(func(e *inventory.Entry) bool { return e.Node != nil && e.Node.IsUser }) {
		if !there[key] {
			entries = append(entries, inventory.Gone(key, now))
		}
	}
	return entries, nil
}

// confirmUsers has the users read once more after the settle time: a read may not show what was just changed.
func (w *Watch) confirmUsers(ctx context.Context, g group) error {
	if !g.users || g.confirm {
		return nil
	}
	body, err := work{Job: jobLook, Users: true, Confirm: true, Changes: reconcile.Sealed(g.changes)}.body()
	if err != nil {
		return err
	}
	return w.Queue.Send(ctx, body, w.Settle)
}
