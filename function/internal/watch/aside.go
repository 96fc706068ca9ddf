package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// load reads the states of a group's roles. Roles whose state cannot be read are set aside: the group that is returned is without
// them, and operations are told.
func (w *Watch) load(ctx context.Context, g group) (rest group, states []finding.State, aside []roleRef, err error) {
	keys := make([]string, len(g.refs))
	for i, ref := range g.refs {
		keys[i] = ref.Key()
	}
	loaded, unread, changed, err := w.loadLooked(ctx, keys)
	if err != nil {
		return g, nil, nil, err
	}
	rest = g
	rest.policies = changed
	rest.refs = make([]roleRef, 0, len(g.refs))
	for i, ref := range g.refs {
		why, bad := unread[keys[i]]
		if bad {
			w.Log.Error("state not read", "role", keys[i], "error", why.Error())
			aside = append(aside, ref)
		} else {
			rest.refs, states = append(rest.refs, ref), append(states, loaded[i])
		}
		if err := w.triedState(ctx, keys[i], why); err != nil {
			return g, nil, nil, err
		}
	}
	return rest, states, aside, nil
}

// loadReadable reads states, and gives by key why some could not be read.
func (w *Watch) loadReadable(ctx context.Context, keys []string) ([]finding.State, map[string]error, error) {
	states, err := w.Store.Load(ctx, keys)
	return readable(states, err)
}

func readable(states []finding.State, err error) ([]finding.State, map[string]error, error) {
	var unread *finding.UnreadError
	if errors.As(err, &unread) {
		return states, unread.Roles, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("load roles: %w", err)
	}
	return states, nil, nil
}

// triedState notes that the state of a role was read, or why it could not be.
func (w *Watch) triedState(ctx context.Context, key string, why error) error {
	if why == nil {
		return w.tried(ctx, scopeState+key)
	}
	fix := "Restore the item from a backup of the table, or delete it: rolewatch then judges the role as a new one, and reports its findings again."
	var newer *finding.NewerError
	if errors.As(why, &newer) {
		fix = "Deploy the newer release of rolewatch again."
	}
	return w.tried(ctx, scopeState+key, episode.Trouble{
		Key: "state", Subject: "rolewatch cannot read the state of a role", Over: "rolewatch can read the states of all roles again",
		Text: "In account " + w.AccountID + ", the stored state of the role " + key + " cannot be read: " + why.Error() + ". Findings of the role are neither opened nor resolved. " +
			fix + " Every such role is in the log of the function, in lines that begin with \"state not read\".",
	})
}

// commitGroup commits roles together. Where that fails, each is committed by itself: one whose state cannot be stored, because it is
// too large, keeps no other from being committed, and comes by the queue.
func (w *Watch) commitGroup(ctx context.Context, g group, roles []decided, retries []message.Outgoing, now time.Time) error {
	err := w.commit(ctx, g, roles, retries, now)
	if err == nil || errors.Is(err, finding.ErrConflict) || len(roles) < 2 || ctx.Err() != nil {
		return err
	}
	first := 0
	if g.change != "" {
		// Parts that were committed by an attempt before this one stay.
		var failed error
		if first, _, failed = w.parts(ctx, g); failed != nil {
			return failed
		}
	}
	later := group{changes: g.changes}
	for i, d := range roles {
		g.part = first + i + 1
		one := w.commit(ctx, g, roles[i:i+1], retries, now)
		switch {
		case one == nil:
			retries = nil // They are committed with the first role.
			continue
		case errors.Is(one, finding.ErrConflict):
			return one
		}
		later.refs = append(later.refs, d.ref)
		if len(later.refs) == 2 && i == 1 {
			return err // It is not about one of them.
		}
	}
	if g.part, g.parted = 0, true; g.change != "" {
		if err := w.commit(ctx, g, nil, nil, now); err != nil && !errors.Is(err, finding.ErrConflict) {
			return err
		}
	}
	if len(later.refs) == 0 {
		return nil
	}
	w.Log.Error("roles are committed without others", "roles", len(later.refs), "error", err.Error())
	return w.cut(ctx, later)
}
