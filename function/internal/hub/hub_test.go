package hub_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// A failure and a risk in each of two members are reported with the names of their accounts, and resolved when they are fixed.
func TestAFailureAndARiskInEachOfTwoMembers(t *testing.T) {
	l := newLab(t).begin()
	for _, account := range []string{payments, shop} {
		l.send(l.setTrust(account, "orders", badTrust), l.putInline(account, "orders", everything))
	}
	l.pass(30 * time.Second)
	l.want("payments: opened RW301 orders", "shop: opened RW301 orders")
	l.pass(2 * time.Minute)
	l.want("payments: opened RW102 orders", "shop: opened RW102 orders")
	for _, account := range []string{payments, shop} {
		l.send(l.setTrust(account, "orders", goodTrust), l.putInline(account, "orders", ""))
	}
	l.pass(2 * time.Minute)
	l.want("payments: resolved RW102 orders mended", "payments: resolved RW301 orders mended", "shop: resolved RW102 orders mended", "shop: resolved RW301 orders mended")
	l.wantNotices()
	// What is open and what waits is kept by account.
	if open, err := l.store.Of(payments).OpenRoles(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("open: %v, %v", open, err)
	}
}

// A member whose reader is gone is one notice; its findings stay as they are, and what changed meanwhile is found when it is back.
func TestAMemberWhoseReaderIsGoneAndComesBack(t *testing.T) {
	l := newLab(t).begin()
	l.send(l.putInline(payments, "orders", everything))
	l.pass(time.Minute)
	l.want("payments: opened RW301 orders")
	l.unreadable[payments] = "sts:AssumeRole was denied for the role rolewatch-reader"
	l.send(l.putInline(payments, "orders", ""), l.setTrust(payments, "orders", badTrust))
	l.send(l.setTrust(shop, "orders", badTrust))
	l.pass(3 * time.Hour)
	l.want("shop: opened RW102 orders")
	l.wantNotices("[rolewatch] rolewatch cannot read account 222222222222 (payments)")
	if open, err := l.store.Of(payments).OpenRoles(t.Context()); err != nil || len(open) != 1 {
		t.Errorf("open: %v, %v", open, err)
	}
	// What changes while its records are given up is found by the sweep.
	l.pass(3 * time.Hour)
	l.clouds[payments].roles["orders"].inline["all"] = everything
	delete(l.unreadable, payments)
	l.pass(time.Hour)
	l.want("payments: opened RW102 orders")
	l.wantNotices("[rolewatch] Resolved: rolewatch can read account 222222222222 (payments) again")
}

// What cannot have come from where it says is set aside, and reported once.
func TestWhatIsForgedIsSetAside(t *testing.T) {
	l := newLab(t).begin()
	foreign := bytes.Replace(l.setTrust(payments, "orders", badTrust), []byte(`{"account":"222222222222"`), []byte(`{"account":"333333333333"`), 1)
	command := l.event(shop, deploy.CommandSource, deploy.CommandType, map[string]any{"role": l.clouds[payments].arn("orders")})
	for _, body := range [][]byte{foreign, []byte(`{"rolewatch":"look","roles":["` + l.clouds[payments].arn("orders") + `"]}`), []byte(`{"hub":"gone","account":"222222222222"}`), command} {
		l.send(body, body)
	}
	before := l.clouds[payments].reads
	l.pass(10 * time.Minute)
	l.want()
	l.wantNotices("[rolewatch] rolewatch set a record aside that account 333333333333 sent as one of account 222222...",
		"[rolewatch] rolewatch set a work item aside that somebody else sent", "[rolewatch] rolewatch set a command aside that account 333333333333 sent")
	if got := l.clouds[payments].reads; got != before || len(l.dead) != 0 {
		t.Errorf("the account was read %d times, dead letters: %q", got-before, l.dead)
	}
	// The command function of the hub's own account may ask for a role of any account.
	l.send(l.event(hubAccount, deploy.CommandSource, deploy.CommandType, map[string]any{"role": l.clouds[payments].arn("orders")}))
	l.pass(2 * time.Minute)
	l.want("payments: opened RW102 orders")
}

// A record of an account that is not in the organization is reported once it was listed again.
func TestARecordOfAForeignAccount(t *testing.T) {
	l := newLab(t).begin()
	l.clouds["444444444444"] = &cloud{id: "444444444444", roles: map[string]*cloudRole{"orders": {trust: badTrust}}}
	l.send(l.setTrust("444444444444", "orders", badTrust))
	l.pass(10 * time.Minute)
	l.want()
	l.wantNotices("[rolewatch] rolewatch receives records of account 444444444444, which is not in the organization")
}

// An account that is created is swept within an hour of its first record, and one that is closed has its findings resolved.
func TestAnAccountIsAddedAndClosed(t *testing.T) {
	l := newLab(t).begin()
	l.account("444444444444", "data", "ou-ab12-work0000").roles["orders"].inline["all"] = everything
	l.send(l.setTrust("444444444444", "orders", goodTrust))
	l.pass(20 * time.Minute)
	l.want("data: opened RW301 orders")
	l.account("555555555555", "quiet", "ou-ab12-work0000").roles["orders"].inline["all"] = everything
	l.pass(75 * time.Minute)
	l.want("quiet: opened RW301 orders")
	for i, a := range l.organization.Accounts {
		if a.ID == "444444444444" {
			l.organization.Accounts[i].State = "SUSPENDED"
		}
	}
	l.pass(75 * time.Minute)
	l.want("data: resolved RW301 orders accountGone")
	l.organization.Accounts = slices.DeleteFunc(l.organization.Accounts, func(a organization.Account) bool { return a.ID == "555555555555" })
	l.pass(130 * time.Minute)
	l.want("quiet: resolved RW301 orders accountGone")
	l.wantNotices()
	d, err := l.hub.Directory(t.Context())
	if err != nil || slices.Contains(d.Watched, "555555555555") || len(d.Notes) != 4 {
		t.Errorf("watched %v, notes %v, %v", d.Watched, d.Notes, err)
	}
}

// A member that sends nothing for a day is reported, and when something arrives again; so is one whose stack is older than the hub.
func TestAMemberThatIsSilent(t *testing.T) {
	l := newLab(t).begin()
	beat := func(account string, version int) {
		l.serial++
		l.send(l.event(account, deploy.HeartbeatSource, deploy.HeartbeatType, deploy.Heartbeat{DeadLetters: "q", Version: version}))
	}
	for range 30 {
		for _, account := range []string{payments, management} {
			beat(account, deploy.MemberVersion)
		}
		l.pass(time.Hour)
	}
	l.want()
	l.wantNotices("[rolewatch] Nothing arrives from account 333333333333 (shop)")
	beat(shop, deploy.MemberVersion)
	beat(payments, 0)
	l.pass(2 * time.Hour)
	l.wantNotices("[rolewatch] Resolved: records and heartbeats arrive from account 333333333333 (shop)")
	statuses, d, err := hub.Statuses(t.Context(), l.store, hubAccount, l.now)
	if err != nil || len(statuses) != 3 || d.Listed.IsZero() {
		t.Fatalf("%d members, %v", len(statuses), err)
	}
	s := statuses[0]
	if s.Name != "payments" || s.Version != deploy.MemberVersion || l.now.Sub(s.Heartbeat) > 3*time.Hour || l.now.Sub(s.Sweep) > 30*time.Hour || len(s.Trouble) != 0 {
		t.Errorf("%+v", s)
	}
}

// An account whose reads hang has a part of the invocation: another account's risk is reported meanwhile, what was not reached waits in the
// A record that a redrive puts into the work queue, without its account, is of the account that it names.
func TestARecordThatIsRedriven(t *testing.T) {
	l := newLab(t).begin()
	if err := l.queue.Send(t.Context(), l.putInline(payments, "orders", everything), 0); err != nil {
		t.Fatal(err)
	}
	l.pass(time.Minute)
	l.want("payments: opened RW301 orders")
	l.wantNotices()
}

// An account, a unit and an exception of the settings that the organization does not have are reported, and the others are watched.
func TestAChoiceThatNamesWhatThereIsNot(t *testing.T) {
	l := newLab(t)
	l.config.Choice = organization.Choice{Accounts: []string{payments, "666666666666"}, Except: []string{"777777777777"}}
	l.config.Named = []string{"ou-ab12-gone0000"}
	l.hub = hub.New(l.config)
	l.tick()
	l.pass(time.Hour)
	l.wantNotices("[rolewatch] The setting organization names what the organization does not have")
	d, err := l.hub.Directory(t.Context())
	if err != nil || !slices.Equal(d.Watched, []string{hubAccount, payments}) {
		t.Errorf("watched %v, %v", d.Watched, err)
	}
	// Where the organization cannot be listed, the accounts that are known are watched.
	l.unlisted = errors.New("list the accounts of the organization: organizations:ListAccounts was denied")
	l.pass(2 * time.Hour)
	l.wantNotices("[rolewatch] rolewatch cannot list the accounts of the organization")
	l.send(l.putInline(payments, "orders", everything))
	l.pass(time.Minute)
	l.want("payments: opened RW301 orders")
}
