package watch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// others is what the hub of an organization knows of the other accounts, for the watch of one of them.
type others interface {
	// Entries are the entries of the inventory for the other accounts that these ties lead to, of which the inventory does not know what is known
	// now. Anew says that nothing is used which was read before, and all that all accounts are read, however many they are.
	Entries(ctx context.Context, inv *inventory.Inventory, ties reach.Ties, anew, all bool) ([]inventory.Entry, error)
	// Tied is a work item that has the hub note the ties of the account, and tell the accounts that these changes bear on. The ties were others
	// before; changed is not set where nothing but the time of the listing is new.
	Tied(before reach.Ties, changed bool, changes []reconcile.Change) ([]byte, error)
}

// OthersItem is a work item that has the roles of an account reconciled on which changes of other accounts bear.
func OthersItem(changes []reconcile.Change) ([]byte, error) {
	return work{Job: jobLook, Others: true, Changes: changes}.body()
}

// survey finds what connects the account with others; nil where nobody asks, or no sweep has listed the account.
func (w *Watch) survey(inv *inventory.Inventory, now time.Time) *reach.Survey {
	if w.Others == nil || w.Graph == nil || !inv.IsListed() {
		return nil
	}
	return w.Graph.Survey(inv.Listing(), now.UTC().Truncate(time.Second))
}

// taking is an inventory with what a group has read, and what goes with it.
type taking struct {
	next    *inventory.Inventory
	entries []inventory.Entry
	changed []string
	pages   map[string]inventory.Page
	tied    tying
}

// taking puts the entries that a group has read into the inventory, with those of other accounts that they bring with them.
func (w *Watch) taking(ctx context.Context, f *following, entries []inventory.Entry, now time.Time) (in taking, err error) {
	in.entries = entries
	in.next, in.changed, in.pages = f.inventory.With(entries, func() string { return pageName(f.inventory, entries) })
	if len(in.changed) == 0 && !f.others {
		return in, nil
	}
	survey := w.survey(in.next, now)
	others, err := w.otherEntries(ctx, f, in.next, survey)
	if err != nil {
		return in, err
	}
	if len(others) > 0 {
		in.entries = append(slices.Clip(entries), others...)
		in.next, in.changed, in.pages = f.inventory.With(in.entries, func() string { return pageName(f.inventory, in.entries) })
	}
	if len(in.changed) > 0 {
		in.tied, err = w.tie(f.inventory, in.next, survey, f.changes, now)
	}
	return in, err
}

// otherEntries are the entries of other accounts that a group brings with it: where the account asks about others than before, or those changed.
func (w *Watch) otherEntries(ctx context.Context, f *following, next *inventory.Inventory, survey *reach.Survey) ([]inventory.Entry, error) {
	if survey == nil || !f.others && reflect.DeepEqual(survey.Asks, f.inventory.Ties.Asks) {
		return nil, nil
	}
	entries, err := w.Others.Entries(ctx, next, survey.Ties, f.others, false)
	if err != nil {
		return nil, fmt.Errorf("read what is known of other accounts: %w", err)
	}
	return entries, nil
}

// tying is what goes with an inventory that other accounts are to know of.
type tying struct {
	pages map[string]inventory.Page
	out   []message.Outgoing
	// unused is the page that is not named any more.
	unused string
}

// tie notes in an inventory what connects the account with others. Where that is not as before, the hub is told.
func (w *Watch) tie(before, next *inventory.Inventory, survey *reach.Survey, changes []reconcile.Change, now time.Time) (tying, error) {
	t := tying{}
	if survey == nil {
		return t, nil
	}
	name, page := inventory.PartPage(&survey.Part)
	next.Ties, next.Part = survey.Ties, name
	changed := before.Part != name || !reflect.DeepEqual(before.Ties, survey.Ties)
	if !changed && before.Generation == next.Generation {
		return t, nil
	}
	if before.Part != name {
		if t.unused = before.Part; name != "" {
			t.pages = map[string]inventory.Page{name: page}
		}
	}
	body, err := w.Others.Tied(before.Ties, changed, changes)
	if err != nil {
		return t, fmt.Errorf("write work item: %w", err)
	}
	sum := sha256.Sum256([]byte(fmt.Sprint(w.AccountID, next.Revision, next.Generation, name)))
	t.out = []message.Outgoing{{ID: "tied-" + hex.EncodeToString(sum[:12]), Kind: message.KindWork, Work: body, Due: now, Created: now}}
	return t, nil
}

// tied tells the hub, and deletes what is not used any more. Where the hub is not told now, the outbox does it later.
func (w *Watch) tied(ctx context.Context, t tying) {
	w.deliverAll(ctx, t.out)
	if t.unused == "" {
		return
	}
	if err := w.Store.DropInventoryPages(ctx, w.AccountID, []string{t.unused}); err != nil {
		w.Log.Warn("a page of the inventory that nothing names stays", "page", t.unused, "error", err.Error())
	}
}

// putPages stores pages.
func (w *Watch) putPages(ctx context.Context, lists ...map[string]inventory.Page) error {
	for _, pages := range lists {
		for name, page := range pages {
			if err := w.Store.PutInventoryPage(ctx, w.AccountID, name, page); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweepOthers adds what is known of other accounts to the inventory that a sweep has made.
func (w *Watch) sweepOthers(ctx context.Context, before, next *inventory.Inventory) (*inventory.Inventory, tying, error) {
	now := w.Now()
	survey := w.survey(next, now)
	if survey == nil {
		return next, tying{}, nil
	}
	entries, err := w.Others.Entries(ctx, next, survey.Ties, true, true)
	if err != nil {
		return nil, tying{}, fmt.Errorf("read what is known of other accounts: %w", err)
	}
	whole, _, pages := next.With(entries, func() string { return fmt.Sprintf("others-%d", next.Generation) })
	t, err := w.tie(before, whole, survey, nil, now)
	if err != nil {
		return nil, tying{}, err
	}
	if t.pages == nil {
		t.pages = pages
	}
	for name, page := range pages {
		t.pages[name] = page
	}
	return whole, t, nil
}
