package hub_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// manyLab has some more members.
func manyLab(t *testing.T, n int) (l *lab, members []string) {
	l = newLab(t)
	for i := range n {
		id := fmt.Sprintf("5000000000%02d", i)
		l.account(id, "a"+id[10:], "ou-ab12-work0000")
		members = append(members, id)
	}
	return l.begin(), members
}

// readerEpisodes counts the members that have an open episode of their own.
func (l *lab) readerEpisodes(members []string) (n int) {
	l.t.Helper()
	for _, id := range members {
		e, err := l.store.Episodes(l.t.Context(), id)
		if err != nil {
			l.t.Fatal(err)
		}
		n += len(e.Open)
	}
	return n
}

// Members whose readers are gone for the same reason are some notices together, and each has its episode. What comes back later is reported
// then, and one alone is reported as ever.
func TestManyMembersWhoseReadersAreGone(t *testing.T) {
	l, members := manyLab(t, 40)
	l.pass(time.Hour)
	for _, id := range members {
		l.unreadable[id] = "sts:AssumeRole was denied"
	}
	l.pass(3 * time.Hour)
	var counted int
	for _, subject := range l.notices {
		var n int
		if _, err := fmt.Sscanf(subject, "[rolewatch] rolewatch cannot read %d accounts", &n); err != nil {
			t.Errorf("notice %q", subject)
		}
		counted += n
	}
	if n := len(l.notices); n == 0 || n > 3 || counted != 40 {
		t.Errorf("%d accounts in %q", counted, l.notices)
	}
	if !slices.ContainsFunc(l.texts, func(text string) bool {
		return regexp.MustCompile(`5000000000\d\d \(a\d\d\), 5000000000.* and \d+ more \(.rolewatch doctor. lists all\)\. `).MatchString(text)
	}) {
		t.Errorf("notices:\n%s", strings.Join(l.texts, "\n\n"))
	}
	if n := l.readerEpisodes(members); n != 40 {
		t.Errorf("%d episodes", n)
	}
	l.notices = nil
	delete(l.unreadable, members[7])
	l.pass(2 * time.Hour)
	l.wantNotices("[rolewatch] Resolved: rolewatch can read account 500000000007 (a07) again")
	l.pass(24 * time.Hour)
	l.notices = slices.DeleteFunc(l.notices, func(s string) bool { return strings.Contains(s, "Nothing arrives") }) // There are no heartbeats here.
	l.wantNotices("[rolewatch] Still: rolewatch cannot read 39 accounts")
	// One that leaves cannot be read any more, either, and is no account that can be read again.
	l.close(members[8])
	l.pass(2 * time.Hour)
	l.wantNotices()
	clear(l.unreadable)
	l.pass(3 * time.Hour)
	counted = 0
	for _, subject := range l.notices {
		var n int
		if _, err := fmt.Sscanf(subject, "[rolewatch] Resolved: rolewatch can read %d accounts again", &n); err != nil {
			t.Errorf("notice %q", subject)
		}
		counted += n
	}
	if n := len(l.notices); n == 0 || n > 3 || counted != 38 {
		t.Errorf("%d accounts in %q", counted, l.notices)
	}
	if n := l.readerEpisodes(members); n != 0 {
		t.Errorf("%d episodes", n)
	}
}

// close has AWS Organizations say that an account is suspended.
func (l *lab) close(id string) {
	for i, a := range l.organization.Accounts {
		if a.ID == id {
			l.organization.Accounts[i].State = "SUSPENDED"
		}
	}
}

// Members that become silent one after another are reported as they do, and that more are silent does not resolve the first.
func TestManyMembersThatAreSilent(t *testing.T) {
	l, members := manyLab(t, 15)
	all := append([]string{payments, shop, management}, members...)
	beat := func(accounts []string) {
		for _, account := range accounts {
			l.serial++
			l.send(l.event(account, deploy.HeartbeatSource, deploy.HeartbeatType, deploy.Heartbeat{DeadLetters: "q", Version: deploy.MemberVersion}))
		}
		l.pass(time.Hour)
	}
	for range 30 {
		beat(all[1:])
	}
	l.wantNotices("[rolewatch] Nothing arrives from account 222222222222 (payments)")
	for range 20 {
		beat(all[:5])
	}
	l.wantNotices("[rolewatch] Resolved: records and heartbeats arrive from account 222222222222 (payments)")
	for range 8 {
		beat(all[:5])
	}
	l.wantNotices("[rolewatch] Nothing arrives from 13 members of the organization")
	statuses, _, err := hub.Statuses(t.Context(), l.store, hubAccount, l.now)
	wrong := slices.DeleteFunc(statuses, func(s hub.Status) bool { return len(s.Trouble) == 0 })
	if err != nil || len(wrong) != 13 {
		t.Errorf("%d of the members are silent, %v", len(wrong), err)
	}
	for range 3 {
		beat(all)
	}
	l.wantNotices("[rolewatch] Resolved: records and heartbeats arrive from 13 members")
}

// An account that one listing lacks is watched on, under its name and where it was: it counts as gone when the next one lacks it, too.
func TestAnAccountThatOneListingLacks(t *testing.T) {
	l := newLab(t).begin()
	l.send(l.putInline(payments, "orders", everything))
	l.pass(time.Minute)
	l.want("payments: opened RW301 orders")
	without := func(id string) (was []organization.Account) {
		was = slices.Clone(l.organization.Accounts)
		l.organization.Accounts = slices.DeleteFunc(l.organization.Accounts, func(a organization.Account) bool { return a.ID == id })
		return was
	}
	was := without(payments)
	l.pass(time.Hour)
	l.organization.Accounts = was
	l.send(l.putInline(payments, "orders", ""))
	l.pass(time.Minute)
	l.want("payments: resolved RW301 orders mended")
	l.send(l.putInline(payments, "orders", everything))
	l.pass(2 * time.Hour)
	l.want("payments: opened RW301 orders")
	d, err := l.hub.Directory(t.Context())
	if n := d.Notes[payments]; err != nil || !n.Missed.IsZero() {
		t.Errorf("missed since %v, %v", n.Missed, err)
	}
	// Two listings lack it: first nothing happens, and an hour later its findings are resolved.
	without(payments)
	for l.missed(payments).IsZero() {
		l.pass(10 * time.Minute)
	}
	l.pass(30 * time.Minute)
	l.want()
	if d, err = l.hub.Directory(t.Context()); err != nil || !slices.Contains(d.Watched, payments) || len(d.UnitsOf()(payments)) != 2 {
		t.Errorf("watched %v in %v, %v", d.Watched, d.UnitsOf()(payments), err)
	}
	l.pass(time.Hour)
	l.want("payments: resolved RW301 orders accountGone")
	l.wantNotices()
	if d, err = l.hub.Directory(t.Context()); err != nil || slices.Contains(d.Watched, payments) {
		t.Errorf("watched %v, %v", d.Watched, err)
	}
}

func (l *lab) missed(account string) time.Time {
	l.t.Helper()
	d, err := l.hub.Directory(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	return d.Notes[account].Missed
}

// A record that an account was removed, left or was closed counts with the next listing that shows it, minutes later and not with the next tick;
// one that the listing does not show in the end does nothing.
func TestARecordSaysThatAnAccountLeaves(t *testing.T) {
	for _, name := range []string{"RemoveAccountFromOrganization", "LeaveOrganization", "CloseAccount"} {
		l := newLab(t).begin()
		l.send(l.putInline(payments, "orders", everything))
		l.pass(16 * time.Minute) // The next tick is in 14 minutes.
		l.want("payments: opened RW301 orders")
		by, parameters := management, map[string]any{"accountId": payments}
		if name == "LeaveOrganization" {
			by, parameters = payments, nil
		}
		record := l.record(by, name, parameters, map[string]any{})
		l.send(record)
		l.pass(3 * time.Minute)
		l.want()
		// The listing that follows the record showed what was before; the next one, minutes later, shows the change.
		if name == "CloseAccount" {
			l.close(payments)
		} else {
			l.organization.Accounts = slices.DeleteFunc(l.organization.Accounts, func(a organization.Account) bool { return a.ID == payments })
		}
		l.pass(6 * time.Minute)
		l.want("payments: resolved RW301 orders accountGone")
		l.wantNotices()
		// Of another account, the listing never shows it.
		l.send(l.record(management, "RemoveAccountFromOrganization", map[string]any{"accountId": shop}, map[string]any{}))
		l.pass(4 * time.Hour)
		l.want()
		d, err := l.hub.Directory(t.Context())
		if n := d.Notes[shop]; err != nil || n.Event != "" || !slices.Contains(d.Watched, shop) {
			t.Errorf("%s: %+v, watched %v, %v", name, n, d.Watched, err)
		}
	}
}
