package watch_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// otherAccount may assume the role gate of the account.
const otherAccount = "999988887777"

// neighbours is what a hub knows of other accounts: nothing. It notes what it is told.
type neighbours struct {
	// asked are the accounts that were asked about, and told the changes that bear on others.
	asked [][]string
	told  []telling
}

type telling struct {
	before  reach.Ties
	changed bool
	changes int
}

func (n *neighbours) Entries(_ context.Context, _ *inventory.Inventory, ties reach.Ties, _, _ bool) ([]inventory.Entry, error) {
	n.asked = append(n.asked, ties.Asks.Accounts)
	return nil, nil
}

func (n *neighbours) Tied(before reach.Ties, changed bool, changes []reconcile.Change) ([]byte, error) {
	n.told = append(n.told, telling{before, changed, len(changes)})
	return watch.DeliverItem(), nil
}

// since gives what the hub was told since the last call.
func (n *neighbours) since() []telling {
	told := n.told
	n.told = nil
	return told
}

// membered is a member of an organization whose role gate another account may assume, and which may assume the role deploy.
func membered(t *testing.T) (*lab, *neighbours) {
	l := graphed(t)
	hub := &neighbours{}
	l.config.Others = hub
	l.watch = l.another()
	l.role("gate", strings.ReplaceAll(accountTrust, account, otherAccount)).inline["deploy"] = assumesDeploy
	return l, hub
}

// part is the name of the stored page of what other accounts can get into, and whether it is there.
func (l *lab) part() (name string, there bool) {
	l.t.Helper()
	head, err := l.store.Inventory(l.t.Context(), account)
	if err != nil {
		l.t.Fatal(err)
	}
	pages, err := l.store.InventoryPages(l.t.Context(), account, []string{head.Part})
	if err != nil {
		l.t.Fatal(err)
	}
	_, there = pages[head.Part]
	return head.Part, there
}

// The hub is told what connects the account with others: by a sweep, by a change of it, and not by one that leaves it as it is. What others can
// get into is stored in a page, and no page of before is left.
func TestTheHubIsToldWhatConnectsAnAccountWithOthers(t *testing.T) {
	l, hub := membered(t)
	l.swept()
	l.pass(time.Hour)
	if told := hub.since(); len(told) != 1 || !told[0].changed || len(told[0].before.Admits.Accounts) != 0 {
		t.Fatalf("after the first sweep the hub was told %+v", told)
	}
	nothing, _ := l.part()
	l.must(l.setTrust("orders", goodTrust))
	if told := hub.since(); len(told) != 0 {
		t.Errorf("of an edit that changes nothing the hub was told %+v", told)
	}
	l.must(l.attach("deploy"))
	if told := hub.since(); len(told) != 1 || !told[0].changed || told[0].changes != 1 || !slices.Equal(told[0].before.Admits.Accounts, []string{otherAccount}) {
		t.Errorf("of a role that others can get into the hub was told %+v", told)
	}
	name, there := l.part()
	if name == nothing || !there {
		t.Errorf("the page %q of what others can get into is stored: %v; before it was %q", name, there, nothing)
	}
	l.pass(time.Hour)
	l.now = l.now.Add(25 * time.Hour)
	l.swept()
	l.pass(time.Hour)
	if told := hub.since(); len(told) != 1 || told[0].changed {
		t.Errorf("after a sweep that found nothing new the hub was told %+v", told)
	}
	if again, there := l.part(); again != name || !there {
		t.Errorf("after a sweep the page is %q, stored: %v, want %q", again, there, name)
	}
	l.must(l.detach("deploy"))
	if pages, err := l.store.InventoryPages(t.Context(), account, []string{name}); err != nil || (len(pages) != 0 && name != "") {
		t.Errorf("the page of before is left: %d, %v", len(pages), err)
	}
}

// A sweep stores what others can get into with the inventory that it makes.
func TestASweepStoresWhatOthersCanGetInto(t *testing.T) {
	l, hub := membered(t)
	l.cloud.policies[adminARN] = everything
	l.cloud.roles["deploy"].attached[adminARN] = true
	l.swept()
	if name, there := l.part(); name == "" || !there {
		t.Errorf("the page %q is stored: %v", name, there)
	}
	if told := hub.since(); len(told) != 1 || !told[0].changed {
		t.Errorf("the hub was told %+v", told)
	}
}
