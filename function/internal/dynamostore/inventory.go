package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// An inventory is an item for its head, and one for each page.
const (
	prefixInventory = "INVENTORY#"
	sortInventory   = "INVENTORY"
	sortPage        = "PAGE#"
)

func inventoryKey(account, sort string) item { return keyOf(prefixInventory+account, sort) }

// Inventory reads the head of an account's inventory, consistently; where none was ever stored it has its Account and Revision 0. If it is
// stored and cannot be read, its Revision is inventory.NotRead, and the error is an *inventory.UnreadError.
func (s *Store) Inventory(ctx context.Context, account string) (inventory.Head, error) {
	h := inventory.Head{Account: account}
	i, err := s.get(ctx, inventoryKey(account, sortInventory))
	if err != nil {
		return h, fmt.Errorf("read the inventory of account %s: %w", account, err)
	}
	if i == nil {
		return h, nil
	}
	r := read(i)
	r.decode(&h)
	h.Account, h.Revision = account, r.number(revisionKey)
	if h.Revision < 1 && *r.err == nil {
		r.fail(revisionKey, "count")
	}
	if *r.err != nil {
		return inventory.Head{Account: account, Revision: inventory.NotRead}, &inventory.UnreadError{Account: account, Err: *r.err}
	}
	return h, nil
}

// InventoryPages reads pages of an account's inventory by their names, consistently; those that are not there are left out. If one cannot be
// read, the error is an *inventory.UnreadError.
func (s *Store) InventoryPages(ctx context.Context, account string, names []string) (map[string]inventory.Page, error) {
	keys := make([]item, len(names))
	for i, name := range names {
		keys[i] = inventoryKey(account, sortPage+name)
	}
	items, err := s.getAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("read %d pages of the inventory of account %s: %w", len(names), account, err)
	}
	out := map[string]inventory.Page{}
	for _, i := range items {
		r := read(i)
		var page inventory.Page
		r.decode(&page)
		name := strings.TrimPrefix(r.text(deploy.SortKey), sortPage)
		if *r.err != nil {
			return nil, &inventory.UnreadError{Account: account, Err: fmt.Errorf("page %s: %w", name, *r.err)}
		}
		out[name] = page
	}
	return out, nil
}

// PutInventoryPage stores a page under a name.
func (s *Store) PutInventoryPage(ctx context.Context, account, name string, page inventory.Page) error {
	fail := func(err error) error {
		return fmt.Errorf("write page %s of the inventory of account %s: %w", name, account, err)
	}
	body, err := packJSON(page)
	if err != nil {
		return fail(err)
	}
	i := newItem(inventoryKey(account, sortPage+name))
	i[updatedKey], i["body"] = when(s.now()), body
	if err := fits(i); err != nil {
		return fail(err)
	}
	if err := s.putItem(ctx, i); err != nil {
		return fail(err)
	}
	return nil
}

// DropInventoryPages deletes pages.
func (s *Store) DropInventoryPages(ctx context.Context, account string, names []string) error {
	keys := make([]item, len(names))
	for i, name := range names {
		keys[i] = inventoryKey(account, sortPage+name)
	}
	err := each(ctx, keys, func(key item) error {
		_, err := s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: s.table, Key: key})
		return err
	})
	if err != nil {
		return fmt.Errorf("delete pages of the inventory of account %s: %w", account, err)
	}
	return nil
}

// CommitInventory writes a head at the revision that it was loaded with, and changes to many roles under the same condition, and puts out
// into the outbox, leased until then; all or nothing. It fails with finding.ErrConflict when a revision has moved on. A head that could not
// be read is replaced, unless it is of a newer release.
func (s *Store) CommitInventory(ctx context.Context, head inventory.Head, changes []fanin.Change, out []message.Outgoing, leased time.Time) error {
	if head.Account == "" {
		return errors.New("commit inventory: it has no account")
	}
	put, err := s.putRevised(inventoryKey(head.Account, sortInventory), head, max(head.Revision, 0))
	if err != nil {
		return fmt.Errorf("commit inventory of account %s: %w", head.Account, err)
	}
	if head.Revision == inventory.NotRead {
		put.Item[revisionKey] = number(s.now().UnixNano()) // Whoever knows a revision of the item knows another one.
		put = s.put(put.Item)
	}
	puts := []*types.Put{put}
	for _, c := range changes {
		one, err := s.putRevised(changeKey(c.Account, c.ID, sortChange), c, c.Revision)
		if err != nil {
			return fmt.Errorf("commit change %s of account %s: %w", c.ID, c.Account, err)
		}
		puts = append(puts, one)
	}
	return s.commit(ctx, puts, nil, out, leased)
}
