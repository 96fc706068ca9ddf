package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const (
	// partsAtOnce is how many other accounts are read for one change in an account; its sweep reads all. A part is one read of the table.
	partsAtOnce = 100
	// partReads is how many of them are read at the same time.
	partReads = 8
	// toldAtOnce is how many accounts are told of a change in another one. More learn of it by their sweeps.
	toldAtOnce = 200
)

// Elsewhere is what the hub knows of other accounts, for the watch of one.
type Elsewhere struct {
	hub     *Hub
	account string
}

// Elsewhere gives it.
func (h *Hub) Elsewhere(account string) *Elsewhere { return &Elsewhere{h, account} }

// Tied is a work item that has the hub note the ties of the account.
func (e *Elsewhere) Tied(before reach.Ties, changed bool, changes []reconcile.Change) ([]byte, error) {
	j := job{Job: jobTied, Account: e.account}
	if changed {
		j.Changed, j.Before, j.Changes = true, before, reconcile.From(e.account, changes)
	}
	return j.body(), nil
}

// Entries are the entries of the inventory of the account for those that its ties lead to, less those that are there already.
func (e *Elsewhere) Entries(ctx context.Context, inv *inventory.Inventory, own reach.Ties, anew, all bool) ([]inventory.Entry, error) {
	known, err := e.hub.ties(ctx, anew)
	if err != nil {
		return nil, err
	}
	d, err := e.hub.known(ctx, directoryFor)
	if err != nil {
		return nil, err
	}
	ties := known.of()
	maps.DeleteFunc(ties, func(id string, _ reach.Ties) bool { return !d.watches(id) })
	ties[e.account] = own
	wanted, left := reach.Wanted(ties, e.account, reach.MostAccounts)
	most := partsAtOnce
	if all {
		most = reach.MostAccounts
	}
	others, err := e.read(ctx, inv, known, d, wanted, most)
	if err != nil {
		return nil, err
	}
	for _, id := range left {
		others[id] = inventory.Other{Why: reach.TooMany(id)}
	}
	for _, id := range e.named(own, wanted, ties) {
		if _, ok := others[id]; !ok && id != e.account {
			others[id] = knownOf(id, known, d)
		}
	}
	return e.entries(inv, others), nil
}

// read reads the parts of accounts. One that the inventory has as it is is not read again.
func (e *Elsewhere) read(ctx context.Context, inv *inventory.Inventory, known allTies, d *Directory, wanted []string, most int) (map[string]inventory.Other, error) {
	others := map[string]inventory.Other{}
	var missing []string
	for _, id := range wanted {
		o := inventory.Other{Name: d.member(id).Name, Listed: known[id].Listed, Page: known[id].Page}
		had := inv.Get(inventory.OtherKey(id))
		switch {
		case o.Page == "":
		case had != nil && had.Other.Page == o.Page && had.Other.Part != nil:
			o.Part = had.Other.Part
		case len(missing) >= most:
			o = inventory.Other{Why: role.Gap{What: "account " + id + " is read by the next sweep: it is one of more than " + fmt.Sprint(most), SettledBy: "The next sweep of this account reads it."}}
		default:
			missing = append(missing, id)
		}
		others[id] = o
	}
	parts, errs := make([]*reach.Part, len(missing)), make([]error, len(missing))
	parallel.AtMost(len(missing), partReads, func(i int) { parts[i], errs[i] = e.hub.part(ctx, missing[i], known[missing[i]].Page) })
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for i, id := range missing {
		o := others[id]
		if o.Part = parts[i]; o.Part == nil {
			o = inventory.Other{Why: role.Gap{What: "account " + id + " changed while it was read", SettledBy: "It is read again when the change is noted, or by the next sweep."}}
		}
		others[id] = o
	}
	return others, nil
}

// part reads what others can get into of an account; nil where that is not there any more.
func (h *Hub) part(ctx context.Context, account, name string) (*reach.Part, error) {
	pages, err := h.Store.InventoryPages(ctx, account, []string{name})
	if err != nil {
		return nil, err
	}
	page, ok := pages[name]
	if !ok {
		return nil, nil
	}
	return page.Part()
}

// named are the accounts that policies name, of which it has to be known whether they are known: with policies that name any, those that are not
// watched or not swept yet.
func (e *Elsewhere) named(own reach.Ties, wanted []string, ties map[string]reach.Ties) []string {
	names := slices.Clone(own.Asks.Accounts)
	any := own.Asks.Any
	for _, id := range wanted {
		names, any = append(names, ties[id].Onward.Accounts...), any || ties[id].Onward.Any
	}
	if any {
		for _, a := range e.hub.Organization().Accounts {
			if _, ok := ties[a.ID]; !ok && a.IsUsable() {
				names = append(names, a.ID)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// knownOf is what is known of an account that has no role which could be assumed from here, or of which nothing is known.
func knownOf(id string, known allTies, d *Directory) inventory.Other {
	m := d.member(id)
	gap := func(what, settledBy string) inventory.Other {
		return inventory.Other{Name: m.Name, Why: role.Gap{What: "account " + m.String() + " " + what, SettledBy: settledBy}}
	}
	t, swept := known[id]
	switch _, listed := d.Find(id); {
	case !listed && !d.watches(id):
		return gap("is not in the organization", "See in that account what the role may do, or remove the account from the policy.")
	case !d.watches(id):
		return gap("is not watched by rolewatch", "Add it to organization.hub.watch.")
	case !swept:
		return gap("has not been swept yet", "The first sweep of that account lists it. `rolewatch doctor` says why there was none.")
	}
	return inventory.Other{Name: m.Name, Listed: t.Listed}
}

// entries are the entries that are not in the inventory as they are, and the end of those that nobody asks about any more.
func (e *Elsewhere) entries(inv *inventory.Inventory, others map[string]inventory.Other) (out []inventory.Entry) {
	now := e.hub.Now()
	for _, id := range slices.Sorted(maps.Keys(others)) {
		if one := inventory.OfOther(id, others[id], now); !one.Is(inv.Get(one.Key)) {
			out = append(out, one)
		}
	}
	for _, key := range inv.Keys(func(e *inventory.Entry) bool { return e.Other != nil }) {
		if _, ok := others[inventory.AccountOf(key)]; !ok {
			out = append(out, inventory.Gone(key, now))
		}
	}
	return out
}

// noteTies notes the ties of an account as its inventory has them, and has the accounts look again that the change bears on.
func (h *Hub) noteTies(ctx context.Context, j job) error {
	head, err := h.Store.Inventory(ctx, j.Account)
	if err != nil {
		return err
	}
	now := tied{Ties: head.Ties, Page: head.Part, Listed: head.Started}
	ties, err := h.changeTies(ctx, func(t allTies) bool {
		same := reflect.DeepEqual(t[j.Account], now)
		t[j.Account] = now
		return !same
	})
	if err != nil || !j.Changed {
		return err
	}
	if !now.Asks.IsEmpty() && !reflect.DeepEqual(now.Asks, j.Before.Asks) {
		// What another account changed before its asks were noted was not told to it.
		if err := h.tell(ctx, []string{j.Account}, nil); err != nil {
			return err
		}
	}
	return h.tellOthers(ctx, ties.of(), j.Account, j.Before, j.Changes)
}

// tell has accounts read again what is known of others.
func (h *Hub) tell(ctx context.Context, accounts []string, changes []reconcile.Change) error {
	body, err := watch.OthersItem(changes)
	if err != nil {
		return err
	}
	errs := make([]error, len(accounts))
	parallel.AtMost(len(accounts), sends, func(i int) { errs[i] = h.Queue(accounts[i]).Send(ctx, body, 0) })
	return errors.Join(errs...)
}

// forgetTies takes an account that is not watched any more out of what is known of the accounts.
func (h *Hub) forgetTies(ctx context.Context, account string) error {
	var before reach.Ties
	ties, err := h.changeTies(ctx, func(t allTies) bool {
		one, ok := t[account]
		before = one.Ties
		delete(t, account)
		return ok
	})
	if err != nil || before.Admits.IsEmpty() {
		return err
	}
	return h.tellOthers(ctx, ties.of(), account, before, nil)
}

// tellOthers has the accounts look again whose graphs take, or took, a part of an account.
func (h *Hub) tellOthers(ctx context.Context, ties map[string]reach.Ties, account string, before reach.Ties, changes []reconcile.Change) error {
	former := maps.Clone(ties)
	former[account] = before
	var notified []string
	for _, id := range slices.Sorted(maps.Keys(ties)) {
		if asks := ties[id].Asks; id == account || asks.IsEmpty() {
			continue
		}
		for _, when := range []map[string]reach.Ties{ties, former} {
			if wanted, _ := reach.Wanted(when, id, reach.MostAccounts); slices.Contains(wanted, account) {
				notified = append(notified, id)
				break
			}
		}
	}
	if len(notified) > toldAtOnce {
		h.Log.Warn("a change bears on more accounts than are notified: the others see it in their sweeps", "account", account, "accounts", len(notified))
		notified = notified[:toldAtOnce]
	}
	return h.tell(ctx, notified, changes)
}
