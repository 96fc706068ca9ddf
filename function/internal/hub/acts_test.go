package hub_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/hub"
)

// bus is the event bus of the hub's account, by which its command function asks that a role is read again.
type bus struct{ l *lab }

func (b bus) Recheck(_ context.Context, role string) error {
	b.l.send(b.l.event(hubAccount, deploy.CommandSource, deploy.CommandType, map[string]any{"role": role}))
	return nil
}

// desk is the command function of the hub.
func (l *lab) desk() func(payload string) command.Answer {
	f := command.Function{
		Store: l.store, Bus: bus{l}, Account: hubAccount, Home: region, AckCritical: true, Checks: map[string]*check.Check{}, Now: l.time, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		NewID:   func() string { l.serial++; return fmt.Sprintf("call-%d", l.serial) },
		Of:      func(account string) command.Store { return l.store.Of(account) },
		Members: func(ctx context.Context) ([]string, error) { return hub.Members(ctx, l.store) },
	}
	for _, c := range catalogue.Checks() {
		f.Checks[c.ID] = c
	}
	return func(payload string) command.Answer {
		l.t.Helper()
		answer, err := f.Handle(l.t.Context(), []byte(payload))
		if err != nil {
			l.t.Fatal(err)
		}
		return answer
	}
}

// hexOf is what a command names a finding by.
func hexOf(id string) string { return id[strings.LastIndex(id, "-")+1:] }

// People decide about findings of members by the command function of the hub: what they decide is kept with the member, and its watch takes it
// into account.
func TestActsAboutFindingsOfMembers(t *testing.T) {
	l := newLab(t).begin()
	ask := l.desk()
	l.send(l.putInline(payments, "orders", everything), l.setTrust(shop, "orders", badTrust))
	l.pass(3 * time.Minute)
	l.want("payments: opened RW301 orders", "shop: opened RW102 orders")
	listed := ask(`{"act":"list"}`)
	if len(listed.Findings) != 2 || !strings.Contains(listed.Findings[0].Role+listed.Findings[1].Role, payments) {
		t.Fatalf("listed: %+v", listed)
	}
	of := func(account string) (finding.State, finding.Stored) {
		t.Helper()
		states, err := l.store.Load(t.Context(), []string{l.clouds[account].arn("orders")})
		if err != nil || len(states[0].Findings) != 1 {
			t.Fatalf("%+v, %v", states, err)
		}
		return states[0], states[0].Findings[0]
	}
	_, risk := of(payments)
	_, failure := of(shop)
	for _, c := range []struct {
		act, id, account string
		kind             finding.ActKind
	}{
		{"accept", risk.ID, payments, finding.Accepted}, {"acknowledge", failure.ID, shop, finding.Acknowledged},
	} {
		answer := ask(`{"act":"` + c.act + `","finding":"` + hexOf(c.id) + `","by":"ops","reason":"known","until":"2026-03-06"}`)
		if answer.Refused {
			t.Fatalf("%s: %s", c.act, answer.Text)
		}
		acted, err := l.store.Of(c.account).ActedRoles(t.Context())
		if err != nil || len(acted) != 1 || acted[0] != l.clouds[c.account].arn("orders") {
			t.Errorf("%s: roles with acts %v, %v", c.act, acted, err)
		}
		l.pass(time.Minute)
		if state, _ := of(c.account); len(state.Acts) != 1 || state.Acts[0].Kind != c.kind {
			t.Errorf("%s: taken into account: %+v", c.act, state.Acts)
		}
	}
	if own, err := l.store.ActedRoles(t.Context()); err != nil || len(own) != 0 {
		t.Errorf("roles of the hub's own account with acts: %v, %v", own, err)
	}
	// A recheck reads the role of the member again, without a record.
	delete(l.clouds[payments].roles["orders"].inline, "all")
	reads := l.clouds[payments].reads
	if answer := ask(`{"act":"recheck","finding":"` + hexOf(risk.ID) + `","by":"ops"}`); answer.Refused {
		t.Fatal(answer.Text)
	}
	l.pass(time.Minute)
	states, err := l.store.Load(t.Context(), []string{l.clouds[payments].arn("orders")})
	if err != nil || len(states[0].Findings) != 0 || l.clouds[payments].reads == reads {
		t.Errorf("after the recheck: %+v, %v", states[0].Findings, err)
	}
	// Reopened, the failure is no longer acknowledged.
	if answer := ask(`{"act":"reopen","finding":"` + hexOf(failure.ID) + `","by":"ops"}`); answer.Refused {
		t.Fatal(answer.Text)
	}
	l.pass(time.Minute)
	if state, _ := of(shop); len(state.Acts) > 0 && state.Acts[0].Kind == finding.Acknowledged {
		t.Errorf("reopened: %+v", state.Acts)
	}
	// Of an account that is not watched, nothing is found.
	l.close(shop)
	l.pass(2 * time.Hour)
	if answer := ask(`{"act":"acknowledge","finding":"` + hexOf(failure.ID) + `","by":"ops","reason":"known"}`); !answer.Refused {
		t.Errorf("of an account that is gone: %s", answer.Text)
	}
}
