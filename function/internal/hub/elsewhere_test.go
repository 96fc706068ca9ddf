package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
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
	l.pass(3 * time.Minute)
	l.want()
	l.send(l.putInline(shop, "deploy", ""))
	l.pass(2 * time.Minute)
	l.want("payments: resolved RW308 orders mended")
	l.wantNotices()
}
