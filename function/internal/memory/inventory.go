package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

type pageName struct{ account, name string }

// Inventory reads the head of an account's inventory; where none was ever stored it has its Account and Revision 0.
func (s *Store) Inventory(ctx context.Context, account string) (inventory.Head, error) {
	if err := ctx.Err(); err != nil {
		return inventory.Head{Account: account}, err
	}
	if hook := s.Hooks.Inventory; hook != nil {
		if err := hook(""); err != nil {
			return inventory.Head{Account: account, Revision: inventory.NotRead}, &inventory.UnreadError{Account: account, Err: err}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.heads[account]
	h.Account = account
	return h, nil
}

// InventoryPages reads pages of an account's inventory by their names; those that are not there are left out.
func (s *Store) InventoryPages(ctx context.Context, account string, names []string) (map[string]inventory.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]inventory.Page{}
	for _, name := range names {
		if hook := s.Hooks.Inventory; hook != nil {
			if err := hook(name); err != nil {
				return nil, &inventory.UnreadError{Account: account, Err: err}
			}
		}
		if page, ok := s.pages[pageName{account, name}]; ok {
			out[name] = page
		}
	}
	return out, ctx.Err()
}

// PutInventoryPage stores a page under a name.
func (s *Store) PutInventoryPage(ctx context.Context, account, name string, page inventory.Page) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[pageName{account, name}] = page
	return ctx.Err()
}

// DropInventoryPages deletes pages.
func (s *Store) DropInventoryPages(ctx context.Context, account string, names []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.pages, pageName{account, name})
	}
	return ctx.Err()
}

// CommitInventory writes a head at the revision that it was loaded with, and changes to many roles under the same condition, and puts out
// into the outbox, leased until then; all or nothing. It fails with finding.ErrConflict when a revision has moved on.
func (s *Store) CommitInventory(ctx context.Context, head inventory.Head, changes []fanin.Change, out []message.Outgoing, leased time.Time) error {
	if head.Account == "" {
		return errors.New("commit inventory: it has no account")
	}
	if n := 1 + len(changes) + len(out); n > maxTransaction {
		return fmt.Errorf("commit inventory: %d items, a transaction holds at most %d", n, maxTransaction)
	}
	if err := allowed(ctx, s.Hooks.BeforeInventory, out); err != nil {
		return err
	}
	if err := s.commitInventory(head, changes, out, leased); err != nil {
		return err
	}
	return allowed(ctx, s.Hooks.AfterInventory, out)
}

func (s *Store) commitInventory(head inventory.Head, changes []fanin.Change, out []message.Outgoing, leased time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.heads[head.Account]
	if head.Revision != inventory.NotRead && stored.Revision != head.Revision {
		return fmt.Errorf("commit inventory of account %s: %w", head.Account, finding.ErrConflict)
	}
	for _, c := range changes {
		if s.changes[changeName{c.Account, c.ID}].Revision != c.Revision {
			return fmt.Errorf("commit change %s of account %s: %w", c.ID, c.Account, finding.ErrConflict)
		}
	}
	head.Revision = max(stored.Revision, head.Revision, 0) + 1
	head.Pages = slices.Clone(head.Pages)
	s.heads[head.Account] = head
	for _, c := range changes {
		c.Revision++
		c.Changes, c.Done = slices.Clone(c.Changes), nil
		s.changes[changeName{c.Account, c.ID}] = c
	}
	for _, o := range out {
		s.put(o, leased)
	}
	return nil
}
