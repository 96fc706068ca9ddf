package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// following is a group with the graph of its account: what was read of its roles is in the inventory, and the roles of which the graph now
// says something else are part of the group.
type following struct {
	group
	states []finding.State
	// aside are roles whose state cannot be read.
	aside []roleRef
	// looked are the roles as they were read, and failed why some were not, by key.
	looked map[string]readOnce
	failed map[string]error
	// entries are what the inventory has of them.
	entries map[string]inventory.Entry
	// inventory is nil where roles are judged alone; unread is then what is missing, where the inventory cannot be read.
	inventory *inventory.Inventory
	unread    *role.Gap
	// sent is set where all that is to be done went to the queue.
	sent bool
}

// follow reads a group's roles, users and functions into the inventory, and adds the roles in scope of which the graph says something else
// then. The inventory is committed first, and with it a work item for them, so that a crash loses none.
func (w *Watch) follow(ctx context.Context, g group, states []finding.State, now time.Time) (*following, error) {
	f := &following{group: g, states: states, looked: map[string]readOnce{}, failed: map[string]error{}, entries: map[string]inventory.Entry{}}
	if w.Graph == nil {
		return f, nil
	}
	inv, err := w.loadInventory(ctx)
	if unread := (*inventory.UnreadError)(nil); errors.As(err, &unread) {
		f.unread = unreadInventory(err)
		return f, w.triedInventory(ctx, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	if err := w.triedInventory(ctx, nil); err != nil {
		return nil, err
	}
	f.inventory = inv
	entries, err := w.readOthers(ctx, f, now)
	if err != nil {
		return nil, err
	}
	for from := 0; ; {
		read, err := w.readRoles(ctx, f, from, now)
		if err != nil {
			return nil, err
		}
		if err := w.takeIn(ctx, f, append(entries, read...), now); err != nil || f.sent {
			return f, err
		}
		more := slices.DeleteFunc(slices.Clone(f.affected.refs), f.has)
		if len(more) == 0 {
			return f, nil
		}
		rest, states, aside, err := w.load(ctx, group{refs: more})
		if err != nil {
			return nil, err
		}
		from, entries = len(f.refs), nil
		f.refs, f.states, f.aside = append(slices.Clip(f.refs), rest.refs...), append(slices.Clip(f.states), states...), append(f.aside, aside...)
	}
}

func (f *following) has(ref roleRef) bool {
	same := func(o roleRef) bool { return o.Key() == ref.Key() }
	return slices.ContainsFunc(f.refs, same) || slices.ContainsFunc(f.aside, same)
}

// readRoles reads the roles of the group from one on. One that need not be read, or cannot be, is left out.
func (w *Watch) readRoles(ctx context.Context, f *following, from int, now time.Time) (entries []inventory.Entry, err error) {
	// The policies of the organization are the account's: of those that were read with the roles the last ones count.
	var limits *role.Snapshot
	var limitsAt time.Time
	for i, ref := range f.refs[from:] {
		before := f.states[from+i]
		one, isListed := f.listed(ref)
		if _, needless := reconcile.Needless(before, f.confirm, one.at, now); needless {
			continue
		}
		if !isListed {
			if len(f.looked) > 0 && !hasTime(ctx, answerMargin) {
				f.failed[ref.Key()] = errNoTime
				continue
			}
			if one, err = w.readRole(ctx, f, ref, before, now); err != nil {
				if isStale(err) {
					return nil, err
				}
				f.failed[ref.Key()] = err
				continue
			}
		}
		entry := inventory.OfRole(&one.snapshot, one.at)
		f.looked[ref.Key()], f.entries[ref.Key()] = one, entry
		entries = append(entries, entry)
		known := f.inventory.Get(inventory.LimitsKey)
		if (known == nil || one.snapshot.SCPs.State() != role.Unknown) && !one.at.Before(limitsAt) {
			limits, limitsAt = &one.snapshot, one.at
		}
	}
	if limits != nil {
		entries = append(entries, inventory.OfLimits(limits, limitsAt))
	}
	return entries, nil
}

// listed is a role of the group as a sweep has read it; false where none has.
func (g *group) listed(ref roleRef) (readOnce, bool) {
	snapshot, ok := g.read[ref.Key()]
	if !ok {
		return readOnce{}, false
	}
	return readOnce{snapshot, g.readAt}, true
}

// readRole reads one role, unless that was done since its records. A read that does not show the change yet fails with a *staleError; of a role that
// is out of scope, the inventory says what it was.
func (w *Watch) readRole(ctx context.Context, f *following, ref roleRef, before finding.State, now time.Time) (readOnce, error) {
	if ref.ARN == "" {
		ref.ARN = before.ARN
	}
	outOfScope := false
	if f.inventory != nil && before.Revision == 0 {
		if known := f.inventory.Get(ref.Key()); known != nil {
			before, outOfScope = reconcile.Remembered(known.Node.Snapshot), true
		}
	}
	in := reconcile.Input{Before: before, Changes: f.changes, Now: now}
	if one, ok := w.recall(f, ref, in); ok {
		return one, nil
	}
	snapshot, err := w.Account.Role(ctx, ref)
	if err != nil {
		return readOnce{}, fmt.Errorf("read role %s: %w", ref.Key(), err)
	}
	one := readOnce{snapshot, now}
	w.recent.keep(ref.Key(), one)
	if !outOfScope {
		return one, nil // Whoever decides sees whether the read is stale.
	}
	in.Snapshot = &one.snapshot
	if c := reconcile.Observe(in).StaleTo(); c != nil {
		return one, &staleError{"reconcile " + ref.Key(), c.EventName, c.Time}
	}
	return one, nil
}

// readOthers are the entries of the functions and users that the group is about.
func (w *Watch) readOthers(ctx context.Context, f *following, now time.Time) (entries []inventory.Entry, err error) {
	for _, one := range f.functions {
		there := map[string]bool{}
		for i := range one.versions {
			e := inventory.OfVersion(&one.versions[i], now)
			there[e.Key] = true
			entries = append(entries, e)
		}
		for _, key := range f.inventory.Versions(one.arn) {
			if !there[key] {
				entries = append(entries, inventory.Gone(key, now))
			}
		}
	}
	if !f.users && !slices.ContainsFunc(f.changes, f.isOfUsers) {
		return entries, nil
	}
	users, err := w.readUsers(ctx, f.inventory, now)
	return append(entries, users...), err
}

// isOfUsers reports whether a change is of a managed policy that a user has.
func (f *following) isOfUsers(c reconcile.Change) bool {
	if c.Role != "" || c.Part.Kind() != role.Managed {
		return false
	}
	return len(f.inventory.Keys(func(e *inventory.Entry) bool {
		has := func(p role.Policy) bool { return p.ARN == c.Part.String() }
		return e.Node != nil && e.Node.IsUser && (slices.ContainsFunc(e.Node.Attached.Or(nil), has) || has(e.Node.Boundary.Or(role.Policy{})))
	})) > 0
}

// takeIn commits what was read to the inventory, with a work item for the roles in scope that it affects. It notes them, unless the queue
// has them.
func (w *Watch) takeIn(ctx context.Context, f *following, entries []inventory.Entry, now time.Time) error {
	for range attempts {
		in, err := w.taking(ctx, f, entries, now)
		if err != nil || len(in.changed) == 0 {
			return err
		}
		affected, err := w.affectedBy(ctx, f.inventory, in.next, now)
		if err != nil {
			return err
		}
		affected = slices.DeleteFunc(affected, f.has)
		s, err := w.sending(ctx, f, affected, in.changed, now)
		if err != nil {
			return err
		}
		if err := w.putPages(ctx, in.pages, in.tied.pages); err != nil {
			return err
		}
		if len(s.out)+len(in.tied.out) > 0 {
			w.deliverLater(ctx, 1)
		}
		entries = in.entries
		err = w.Store.CommitInventory(ctx, in.next.Head, s.changes, slices.Concat(s.out, in.tied.out), w.leased())
		if errors.Is(err, finding.ErrConflict) {
			before := f.inventory
			if f.inventory, err = w.loadInventory(ctx); err != nil {
				return fmt.Errorf("read the inventory: %w", err)
			}
			if slices.ContainsFunc(entries, func(e inventory.Entry) bool { return !before.Get(e.Key).Is(f.inventory.Get(e.Key)) }) {
				return finding.ErrConflict // Somebody else has read the same: what was read here may be older.
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("commit the inventory: %w", err)
		}
		w.keepInventory(in.next)
		w.tied(ctx, in.tied)
		f.others, f.inventory = false, in.next
		w.Log.Info("the graph of the account changed", "by", strings.Join(in.changed[:min(len(in.changed), 10)], " "), "affected", len(affected))
		if s.together {
			f.affected.refs = append(f.affected.refs, affected...)
			for _, o := range s.out {
				f.affected.insured = append(f.affected.insured, o.ID)
			}
			return nil
		}
		w.deliverAll(ctx, s.out)
		f.sent = s.whole
		return nil
	}
	return fmt.Errorf("commit the inventory: %w", finding.ErrConflict)
}

// pageName is the name of what is stored after a revision of the inventory: what is read at the same time elsewhere has another one.
func pageName(inv *inventory.Inventory, entries []inventory.Entry) string {
	sum := sha256.New()
	for i := range entries {
		_, _ = sum.Write([]byte(entries[i].Key + " " + entries[i].Content() + " " + entries[i].Read.String() + "\n"))
	}
	return fmt.Sprintf("%d-%s", inv.Revision+1, hex.EncodeToString(sum.Sum(nil)[:8]))
}

// sending is what goes to the queue together with the inventory.
type sending struct {
	out     []message.Outgoing
	changes []fanin.Change
	// together is set where the group goes on with the roles, and out is for the case that it does not come to its end; whole is set where
	// out has the whole group.
	together, whole bool
}
