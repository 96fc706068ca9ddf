package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// trusts is a trust policy that admits an account.
func trusts(account string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}]}`
}

// mayAssume is a policy that allows to assume a role.
func mayAssume(arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + arn + `"}]}`
}

// newLabOfGraphs is a hub whose accounts are one graph: orders of payments may assume deploy of shop, which does not trust payments yet.
func newLabOfGraphs(t *testing.T) *lab {
	l := newLab(t)
	l.graph = true
	l.clouds[shop].roles["deploy"] = &cloudRole{trust: trusts(shop), inline: map[string]string{}}
	l.clouds[payments].roles["orders"].inline["all"] = mayAssume(l.clouds[shop].arn("deploy"))
	return l.begin()
}

// opened is the one finding that was opened since, with its message.
func (l *lab) opened() (message.Message, finding.Finding) {
	l.t.Helper()
	if n := len(l.messages); n != 1 || len(l.messages[0].Opened) != 1 {
		l.t.Fatalf("%d messages", n)
	}
	m := l.messages[0]
	l.messages = nil
	return m, m.Opened[0]
}

// A change in one account is reported on the role of another account that it makes more powerful, with who made it, and is resolved when it is
// undone.
func TestAChangeInOneAccountIsReportedOnTheRoleOfAnother(t *testing.T) {
	l := newLabOfGraphs(t)
	l.want()
	l.messages = nil
	l.send(l.setTrust(shop, "deploy", trusts(payments)))
	l.pass(2 * time.Minute)
	l.want() // deploy has no more power.
	l.messages = nil
	l.send(l.putInline(shop, "deploy", everything))
	l.pass(30 * time.Second)
	l.want("payments: opened RW308 orders")
	m, f := l.opened()
	if m.Account != payments || !strings.Contains(f.Title, "orders can assume the role deploy of account 333333333333 (shop) (administrator)") {
		t.Errorf("account %s: %s", m.Account, f.Title)
	}
	if c := f.Cause; c == nil || c.Elsewhere != l.clouds[shop].arn("deploy") || c.Certainty != finding.Certain || len(m.Changes) != 1 ||
		m.Changes[0].EventName != "PutRolePolicy" || m.Changes[0].Actor.ARN != "arn:aws:iam::333333333333:user/mallory" {
		t.Errorf("cause %+v of %+v", c, m.Changes)
	}
	// The sweep of a day lists all accounts again, and says the same.
	l.wantNotices()
	l.pass(26 * time.Hour)
	l.want()
	if other := l.inventory(payments).Get(inventory.OtherKey(shop)); other == nil || other.Other.Part == nil || l.now.Sub(other.Other.Listed) > 48*time.Hour || l.now.Sub(other.Read) > 24*time.Hour {
		t.Errorf("of shop, payments has %+v", other)
	}
	l.send(l.putInline(shop, "deploy", ""))
	l.pass(2 * time.Minute)
	l.want("payments: resolved RW308 orders mended")
}

// The trust policy comes last: who changes it is told, on the role of the other account.
func TestATrustPolicyThatOpensAnAccountIsReported(t *testing.T) {
	l := newLabOfGraphs(t)
	l.send(l.putInline(shop, "deploy", everything))
	l.pass(2 * time.Minute)
	l.want()
	l.messages = nil
	l.send(l.setTrust(shop, "deploy", trusts(payments)))
	l.pass(30 * time.Second)
	l.want("payments: opened RW308 orders")
	if _, f := l.opened(); f.Cause == nil || f.Cause.Elsewhere != l.clouds[shop].arn("deploy") {
		t.Errorf("cause %+v", f.Cause)
	}
	l.pass(2 * time.Minute)
	l.send(l.setTrust(shop, "deploy", trusts(management)))
	l.pass(2 * time.Minute)
	l.want("payments: resolved RW308 orders mended")
}

// A role of the same name in the other account is another role: its record is not taken for one of the role itself.
func TestRolesOfOneNameInTwoAccounts(t *testing.T) {
	l := newLab(t)
	l.graph = true
	l.clouds[shop].roles["orders"] = &cloudRole{trust: trusts(payments), inline: map[string]string{}}
	l.clouds[shop].functions = nil
	l.clouds[payments].roles["orders"].inline["other"] = mayAssume(l.clouds[shop].arn("orders"))
	l.begin()
	l.messages = nil
	l.send(l.putInline(shop, "orders", everything))
	l.pass(30 * time.Second)
	l.want("payments: opened RW308 orders")
	if _, f := l.opened(); f.Cause == nil || f.Cause.Elsewhere != l.clouds[shop].arn("orders") || f.Cause.Part != "" {
		t.Errorf("cause %+v", f.Cause)
	}
	// An edit of the role itself meanwhile is its own, and the finding stays what it is.
	l.send(l.putInline(payments, "orders", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`))
	l.pass(2 * time.Minute)
	l.want()
	l.send(l.putInline(shop, "orders", ""))
	l.pass(2 * time.Minute)
	l.want("payments: resolved RW308 orders mended")
}

// A change in a third account is told to the first, which gets there by the second.
func TestAChangeAtTheEndOfAChainOfAccounts(t *testing.T) {
	l := newLabOfGraphs(t)
	l.clouds[management].roles["admin"] = &cloudRole{trust: trusts(shop), inline: map[string]string{}}
	l.send(l.setTrust(shop, "deploy", trusts(payments)), l.putInline(shop, "deploy", mayAssume(l.clouds[management].arn("admin"))))
	l.send(l.setTrust(management, "admin", trusts(shop)))
	l.pass(2 * time.Minute)
	l.want()
	l.messages = nil
	l.send(l.putInline(management, "admin", everything))
	l.pass(30 * time.Second)
	l.want("payments: opened RW308 orders")
	if _, f := l.opened(); !strings.Contains(f.Detail, "orders → sts:AssumeRole deploy of account 333333333333 (shop) → sts:AssumeRole admin of account 999999999999 (management)") {
		t.Error(f.Detail)
	}
	l.send(l.putInline(management, "admin", ""))
	l.pass(2 * time.Minute)
	l.want("payments: resolved RW308 orders mended")
}

// What is asked about an account that is not watched, or that the organization does not have, is not known, and named. An account that is not
// watched any more is not known either: its findings elsewhere stay as they are.
func TestAnAccountThatIsNotWatchedIsNotKnown(t *testing.T) {
	l := newLabOfGraphs(t)
	l.clouds[payments].roles["orders"].inline["more"] = mayAssume("arn:aws:iam::444444444444:role/stranger")
	l.send(l.putInline(payments, "orders", mayAssume(l.clouds[shop].arn("deploy"))))
	l.send(l.setTrust(shop, "deploy", trusts(payments)), l.putInline(shop, "deploy", everything))
	l.pass(2 * time.Minute)
	l.want("payments: opened RW308 orders")
	if got := l.unknown(payments); got != "444444444444: account 444444444444 is not in the organization" {
		t.Error(got)
	}
	l.config.Choice.Except = []string{shop}
	l.hub = hub.New(l.config)
	l.pass(2 * time.Hour)
	l.want()
	if got := l.unknown(payments); got != "333333333333: account 333333333333 (shop) is not watched by rolewatch\n444444444444: account 444444444444 is not in the organization" {
		t.Error(got)
	}
	if open, err := l.store.Of(payments).OpenRoles(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("open: %v, %v", open, err)
	}
}

// inventory reads what is stored of an account.
func (l *lab) inventory(account string) *inventory.Inventory {
	l.t.Helper()
	head, err := l.store.Inventory(l.t.Context(), account)
	if err != nil {
		l.t.Fatal(err)
	}
	pages, err := l.store.InventoryPages(l.t.Context(), account, head.Pages)
	if err != nil {
		l.t.Fatal(err)
	}
	var lists [][]inventory.Entry
	for _, name := range head.Pages {
		page := pages[name]
		list, err := page.Unpack()
		if err != nil {
			l.t.Fatal(err)
		}
		lists = append(lists, list)
	}
	inv, err := inventory.Load(head, lists)
	if err != nil {
		l.t.Fatal(err)
	}
	return inv
}

// unknown are the accounts of which an inventory says that nothing is known, with why.
func (l *lab) unknown(account string) string {
	l.t.Helper()
	inv := l.inventory(account)
	var lines []string
	for _, key := range inv.Keys(func(e *inventory.Entry) bool { return e.Other != nil && e.Other.Why.What != "" }) {
		lines = append(lines, inventory.AccountOf(key)+": "+inv.Get(key).Other.Why.What)
	}
	return strings.Join(lines, "\n")
}
