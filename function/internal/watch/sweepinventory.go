package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// sweptPage is the name of a page that a sweep writes.
func sweptPage(generation int64, number int) string {
	return fmt.Sprintf("sweep-%d-%06d", generation, number)
}

// sweptPages are the names of the pages that a sweep has written.
func (s *sweepStep) sweptPages() []string {
	names := make([]string, s.Pages)
	for i := range names {
		names[i] = sweptPage(s.Generation, i)
	}
	return names
}

// list writes entries to the inventory that the sweep is making.
func (w *Watch) list(ctx context.Context, s *sweepStep, entries []inventory.Entry) error {
	for _, page := range inventory.Pack(entries) {
		if err := w.Store.PutInventoryPage(ctx, w.AccountID, sweptPage(s.Generation, s.Pages), page); err != nil {
			return err
		}
		s.Pages++
	}
	return nil
}

// listVersions writes function versions to it.
func (w *Watch) listVersions(ctx context.Context, s *sweepStep, versions []role.Function) error {
	if w.Graph == nil {
		return nil
	}
	var entries []inventory.Entry
	for i := range versions {
		entries = append(entries, inventory.OfVersion(&versions[i], w.Now()))
	}
	return w.list(ctx, s, entries)
}

// sweepInventory lists a page of the account's roles; after the last one, the users, and commits the inventory.
func (w *Watch) sweepInventory(ctx context.Context, s sweepStep) (*sweepStep, error) {
	page, err := w.rolePage(ctx, s.Marker)
	if err != nil {
		return nil, err
	}
	var entries []inventory.Entry
	for i := range page.roles {
		entries = append(entries, inventory.OfRole(&page.roles[i], page.began))
	}
	if len(page.roles) > 0 && s.Marker == "" {
		entries = append(entries, inventory.OfLimits(&page.roles[0], page.began))
	}
	for _, ref := range page.unlisted {
		// What it is stays unknown until it is reconciled.
		entries = append(entries, inventory.OfRole(&role.Snapshot{Ref: ref}, page.began))
	}
	if err := w.list(ctx, &s, entries); err != nil {
		return nil, err
	}
	if s.Marker = page.next; s.Marker != "" {
		return &s, nil
	}
	if err := w.finishInventory(ctx, &s, page.began); err != nil {
		return nil, err
	}
	return &sweepStep{Step: stepRoles, Generation: s.Generation, Started: s.Started, Organization: s.Organization, Changed: s.Changed, Previous: s.Previous}, nil
}

// finishInventory commits the inventory that the sweep has made. What was read since the sweep began stays in it.
func (w *Watch) finishInventory(ctx context.Context, s *sweepStep, began time.Time) error {
	noUsers := "the account's users are not read"
	if lister, ok := w.Account.(userLister); ok {
		users, why, err := lister.IAMUsers(ctx)
		if err != nil {
			return fmt.Errorf("list users: %w", err)
		}
		noUsers = why
		var entries []inventory.Entry
		for _, n := range users {
			entries = append(entries, inventory.OfUser(n, began))
		}
		if err := w.list(ctx, s, entries); err != nil {
			return err
		}
	}
	head := inventory.Head{Generation: s.Generation, Started: s.Started, NoUsers: noUsers, NoFunctions: s.NoFunctions, Pages: s.sweptPages()}
	for range attempts {
		err := w.commitSwept(ctx, head)
		if !errors.Is(err, finding.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("commit the inventory: %w", finding.ErrConflict)
}

// commitSwept commits the inventory of a sweep in the place of the one that there is, and deletes the pages that are not used then. One that
// cannot be read is replaced.
func (w *Watch) commitSwept(ctx context.Context, head inventory.Head) error {
	before, err := w.loadInventory(ctx)
	unread := (*inventory.UnreadError)(nil)
	if newer := (*finding.NewerError)(nil); errors.As(err, &newer) {
		return w.triedInventory(ctx, err)
	}
	switch {
	case errors.As(err, &unread):
		before, err = inventory.Load(inventory.Head{Account: w.AccountID, Revision: inventory.NotRead}, nil)
		if err != nil {
			return err
		}
	case err != nil:
		return fmt.Errorf("read the inventory: %w", err)
	}
	w.graphs.mu.Lock()
	w.graphs.pages = nil // A step of a sweep that comes again has written pages anew.
	listed, missing, err := w.pagesOf(ctx, head.Pages)
	w.graphs.mu.Unlock()
	if err == nil && missing != "" {
		err = fmt.Errorf("read the inventory: page %s, which the sweep has written, is missing", missing)
	}
	if err != nil {
		return err
	}
	next, pages, err := before.Listed(head, listed, fmt.Sprintf("since-%d", head.Generation))
	if err != nil {
		return err
	}
	next, tied, err := w.sweepOthers(ctx, before, next)
	if err != nil {
		return err
	}
	if err := w.putPages(ctx, pages, tied.pages); err != nil {
		return err
	}
	if err := w.Store.CommitInventory(ctx, next.Head, nil, tied.out, w.leased()); err != nil {
		return err
	}
	w.keepInventory(next)
	w.tied(ctx, tied)
	if err := w.triedInventory(ctx, nil); err != nil {
		return err
	}
	unused := slices.DeleteFunc(slices.Clone(before.Pages), func(name string) bool { return slices.Contains(next.Pages, name) })
	return w.Store.DropInventoryPages(ctx, w.AccountID, unused)
}
