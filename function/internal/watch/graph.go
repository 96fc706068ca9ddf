package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// graphFor is how long a graph is used: what policies allow may end at a time.
const graphFor = time.Hour

// graphs is the inventory as it was read last, and graphs that were built of it and of the one before. It is safe for concurrent use.
type graphs struct {
	mu        sync.Mutex
	inventory *inventory.Inventory
	pages     map[string][]inventory.Entry
	built     []builtGraph
	// steps says of roles and users, by what is known of them, whether the graph may have a step from them.
	steps map[string]bool
}

type builtGraph struct {
	of    *inventory.Inventory
	at    time.Time
	graph *reach.Graph
}

// loadInventory reads the head of the inventory, and the pages that are not in memory. What cannot be read is an *inventory.UnreadError.
func (w *Watch) loadInventory(ctx context.Context) (*inventory.Inventory, error) {
	w.graphs.mu.Lock()
	defer w.graphs.mu.Unlock()
	var gone string
	for range attempts {
		head, err := w.Store.Inventory(ctx, w.AccountID)
		if err != nil {
			return nil, err
		}
		if known := w.graphs.inventory; known != nil && known.Revision == head.Revision {
			return known, nil
		}
		pages, missing, err := w.pagesOf(ctx, head.Pages)
		if err != nil {
			return nil, err
		}
		if gone = missing; gone != "" {
			continue // A sweep has replaced the pages: the head names others now.
		}
		inv, err := inventory.Load(head, pages)
		if err != nil {
			return nil, err
		}
		w.graphs.inventory = inv
		return inv, nil
	}
	return nil, &inventory.UnreadError{Account: w.AccountID, Err: fmt.Errorf("page %s is missing", gone)}
}

// pagesOf are the entries of pages, in order, and the name of one that is missing. Pages are never written anew under their names, so that
// those in memory stand.
func (w *Watch) pagesOf(ctx context.Context, names []string) (pages [][]inventory.Entry, missing string, err error) {
	var unknown []string
	for _, name := range names {
		if _, ok := w.graphs.pages[name]; !ok {
			unknown = append(unknown, name)
		}
	}
	var read map[string]inventory.Page
	if len(unknown) > 0 {
		if read, err = w.Store.InventoryPages(ctx, w.AccountID, unknown); err != nil {
			return nil, "", err
		}
	}
	known := map[string][]inventory.Entry{}
	for _, name := range names {
		entries, ok := w.graphs.pages[name]
		if !ok {
			page, there := read[name]
			if !there {
				return nil, name, nil
			}
			if entries, err = page.Unpack(); err != nil {
				return nil, "", &inventory.UnreadError{Account: w.AccountID, Err: fmt.Errorf("page %s: %w", name, err)}
			}
		}
		known[name] = entries
		pages = append(pages, entries)
	}
	w.graphs.pages = known
	return pages, "", nil
}

// keepInventory notes an inventory that was just committed.
func (w *Watch) keepInventory(inv *inventory.Inventory) {
	w.graphs.mu.Lock()
	defer w.graphs.mu.Unlock()
	if w.graphs.inventory = nil; inv.Revision != inventory.NotRead {
		inv.Revision++
		w.graphs.inventory = inv
	}
}

// hasGraph reports whether there is a graph of an inventory: a sweep has listed the account, or records stand for it.
func (w *Watch) hasGraph(inv *inventory.Inventory) bool { return inv.IsListed() || w.Recorded != "" }

// hasSteps reports whether the graph of an inventory may have a step from anybody to another. Its caller holds the lock of the graphs.
func (w *Watch) hasSteps(inv *inventory.Inventory) bool {
	return inv.MayStep(func(e *inventory.Entry) bool {
		may, known := w.graphs.steps[e.Content()]
		if !known {
			if len(w.graphs.steps) > maxSteps || w.graphs.steps == nil {
				w.graphs.steps = map[string]bool{}
			}
			may = w.Graph.MayStep(e.Node)
			w.graphs.steps[e.Content()] = may
		}
		return may
	})
}

// maxSteps is how many roles and users it is remembered of whether there may be a step from them.
const maxSteps = 50_000

// graphOf is the graph of an inventory; nil where there is none, and where nobody can become anybody.
func (w *Watch) graphOf(inv *inventory.Inventory, now time.Time) *reach.Graph {
	if !w.hasGraph(inv) {
		return nil
	}
	w.graphs.mu.Lock()
	defer w.graphs.mu.Unlock()
	for _, b := range w.graphs.built {
		if b.of == inv && now.Sub(b.at) < graphFor && !now.Before(b.at) {
			return b.graph
		}
	}
	var g *reach.Graph
	if w.hasSteps(inv) {
		l := inv.Listing()
		if l.Others != nil {
			l.Others.Organization = w.Parameters.Organization
		}
		if !inv.IsListed() {
			l.NoUsers, l.NoFunctions = w.Recorded, w.Recorded
		}
		g = w.Graph.Build(l, now.UTC().Truncate(time.Second))
	}
	w.graphs.built = append(slices.DeleteFunc(w.graphs.built, func(b builtGraph) bool { return b.of == inv }), builtGraph{inv, now, g})
	if n := len(w.graphs.built); n > 2 {
		w.graphs.built = slices.Clone(w.graphs.built[n-2:])
	}
	return g
}

// triedInventory notes that the inventory was read, or why it could not be. A sweep then lists the account anew.
func (w *Watch) triedInventory(ctx context.Context, why error) error {
	if why == nil {
		return w.tried(ctx, scopeInventory)
	}
	fix := "A sweep lists the account again, and ends this."
	var newer *finding.NewerError
	if errors.As(why, &newer) {
		fix = "Deploy the newer release of rolewatch again."
	}
	w.Log.Error("inventory not read", "error", why.Error())
	err := w.tried(ctx, scopeInventory, episode.Trouble{
		Key: "inventory", Subject: "rolewatch cannot read what it knows of the roles of the account",
		Over: "rolewatch can read what it knows of the roles of the account again",
		Text: "In account " + w.AccountID + ", what is stored of the account's roles, users and functions cannot be read: " + why.Error() +
			". Until then, rolewatch does not know which permissions of other roles a role can obtain. Findings of the checks that depend on it stay open, and new ones are judged by the role alone. " + fix,
	})
	if err != nil || newer != nil {
		return err
	}
	state, err := w.Store.SweepState(ctx, w.AccountID)
	if err != nil || w.Now().Sub(state.CompletedAt) < rebuildEvery {
		return err
	}
	return w.sweepNow(ctx, sweepStep{Step: stepFunctions})
}

// rebuildEvery is how long ago the last sweep has to be for another one that is to repair the inventory.
const rebuildEvery = time.Hour

// unreadInventory is what is missing where the inventory cannot be read.
func unreadInventory(err error) *role.Gap {
	return &role.Gap{What: "the roles, users and functions of the account: " + err.Error(), SettledBy: "The next sweep of rolewatch lists the account again."}
}
