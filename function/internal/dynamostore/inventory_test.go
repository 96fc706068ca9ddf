package dynamostore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// inventoried are entries of one function version.
func inventoried(arn string) inventory.Page {
	return inventory.Page{Entries: []inventory.Stored{{Key: arn, Read: start, Version: &inventory.Version{ARN: arn, Version: "$LATEST", Role: "r"}}}}
}

var _ = scenario("an inventory is committed with the work that it leads to or not at all", func(t *testing.T, l *lab) {
	s, other := l.store(), l.store()
	none, err := s.Inventory(ctx, account)
	if err != nil || none.Revision != 0 || none.Account != account || none.IsListed() {
		t.Fatalf("never stored: %+v, %v", none, err)
	}
	must(t, s.PutInventoryPage(ctx, account, "a", inventoried("f1")))
	head := inventory.Head{Account: account, Generation: 3, Started: start, Pages: []string{"a"}, Recent: inventoried("f2")}
	change := fanin.Change{Account: account, ID: "c", Slices: 2, Roles: 60}
	must(t, s.CommitInventory(ctx, head, []fanin.Change{change}, []message.Outgoing{{ID: "w", Kind: message.KindWork, Work: []byte("{}")}}, start))
	if err := other.CommitInventory(ctx, head, nil, []message.Outgoing{{ID: "late"}}, start); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("at a revision that has moved on: %v", err)
	}
	head.Revision = 1
	if err := other.CommitInventory(ctx, head, []fanin.Change{change}, []message.Outgoing{{ID: "late"}}, start); !errors.Is(err, finding.ErrConflict) {
		t.Errorf("with a change whose revision has moved on: %v", err)
	}
	got, err := other.Inventory(ctx, account)
	if err != nil || got.Revision != 1 || got.Generation != 3 || len(got.Pages) != 1 || len(got.Recent.Entries) != 1 || got.Recent.Entries[0].Version.ARN != "f2" {
		t.Errorf("stored %+v, %v", got, err)
	}
	if c, err := s.Change(ctx, account, "c"); err != nil || c.Revision != 1 || c.Slices != 2 {
		t.Errorf("the change is %+v, %v", c, err)
	}
	left, err := s.Outbox(ctx, start)
	if err != nil || len(left) != 1 || left[0].ID != "w" {
		t.Errorf("left %v, %v", left, err)
	}
	pages, err := other.InventoryPages(ctx, account, []string{"a", "gone"})
	if err != nil || len(pages) != 1 || pages["a"].Entries[0].Version.ARN != "f1" {
		t.Errorf("pages %+v, %v", pages, err)
	}
	must(t, s.DropInventoryPages(ctx, account, []string{"a", "gone"}))
	if pages, err := other.InventoryPages(ctx, account, []string{"a"}); err != nil || len(pages) != 0 {
		t.Errorf("pages %+v, %v", pages, err)
	}
	if err := s.CommitInventory(ctx, inventory.Head{}, nil, nil, time.Time{}); err == nil {
		t.Error("an inventory of no account was committed")
	}
})

var _ = scenario("an inventory that cannot be read is replaced, unless a later release wrote it", func(t *testing.T, l *lab) {
	s := l.store()
	must(t, s.CommitInventory(ctx, inventory.Head{Account: account, Generation: 1}, nil, nil, start))
	set := func(name string, value types.AttributeValue) {
		t.Helper()
		l.set(t, l.items(t)["INVENTORY#"+account+" INVENTORY"], name, value)
	}
	set("body", &types.AttributeValueMemberB{Value: []byte("damaged")})
	var unread *inventory.UnreadError
	head, err := s.Inventory(ctx, account)
	if !errors.As(err, &unread) || head.Revision != inventory.NotRead {
		t.Fatalf("a damaged one: %+v, %v", head, err)
	}
	head.Generation = 2
	must(t, s.CommitInventory(ctx, head, nil, nil, start))
	if got, err := s.Inventory(ctx, account); err != nil || got.Generation != 2 || got.Revision < 2 {
		t.Errorf("replaced by %+v, %v", got, err)
	}
	set("schema", &types.AttributeValueMemberN{Value: "99"})
	var newer *finding.NewerError
	if _, err := s.Inventory(ctx, account); !errors.As(err, &unread) || !errors.As(err, &newer) {
		t.Errorf("one of a later release: %v", err)
	}
	head.Generation = 3 // The same transaction would be taken for a retry of the one before.
	if err := s.CommitInventory(ctx, head, nil, nil, start); err == nil {
		t.Error("one of a later release was replaced")
	}
})

var _ = scenario("a page that the head of an inventory names does not expire, and neither does what other accounts can get into", func(t *testing.T, l *lab) {
	s := l.store()
	for _, name := range []string{"a", "part-b", "unused"} {
		must(t, s.PutInventoryPage(ctx, account, name, inventoried("f")))
	}
	must(t, s.CommitInventory(ctx, inventory.Head{Account: account, Generation: 1, Pages: []string{"a"}, Part: "part-b"}, nil, nil, start))
	l.pass(10 * day)
	l.sweep(t, l.store())
	if got := l.expiring(t); len(got) != 1 || got["INVENTORY#"+account+" PAGE#unused"] == 0 {
		t.Errorf("%v expire", got)
	}
})
