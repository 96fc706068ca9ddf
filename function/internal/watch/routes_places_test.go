package watch_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/routing"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// A change to many roles is one message for each receiver, with the roles of its findings.
func TestAChangeToManyRolesIsRouted(t *testing.T) {
	l := routedLab(t)
	l.config.Rules = inforce.New(core(), inforce.Rules{})
	l.watch = l.another()
	l.cloud.policies[team] = harmless
	for i := range 120 {
		r := l.role(fmt.Sprintf("r%04d", i), goodTrust)
		r.attached[team], r.tags = true, map[string]string{"team": []string{"pay", "shop", "none"}[i%3]}
	}
	l.sweepsAgain()
	l.pass(48 * time.Hour)
	l.messages, l.outgoing, l.chats = nil, nil, nil
	l.must(l.setTeam(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}`))
	l.pass(time.Hour)
	subjects := map[string][]string{}
	for _, o := range slices.Concat(l.outgoing, l.chats) {
		if !slices.Contains(o.Rendered.Attributes[deploy.AudienceAttribute], deploy.AudienceMachines) {
			subjects[o.Topic] = append(subjects[o.Topic], o.Rendered.Subject)
		}
	}
	for topic, subject := range subjects {
		if len(subject) != 1 || !strings.Contains(subject[0], "40 roles") {
			t.Errorf("%s received %q", topic, subject)
		}
	}
	if want := []string{message.Chat.Name, payPlace, message.TopicFindings, shopPlace}; !slices.Equal(slices.Sorted(maps.Keys(subjects)), want) {
		t.Errorf("topics %v", slices.Sorted(maps.Keys(subjects)))
	}
	if n := len(l.forMachines()); n != 120 {
		t.Errorf("machines received findings of %d roles", n)
	}
}

// Each receiver has a digest of its own.
func TestADigestForEachReceiver(t *testing.T) {
	l := routedLab(t, func(c *watch.Config) { c.Digest = watch.Digest{Daily: true, At: 10 * time.Hour} })
	l.must(l.edit("pay", readable), l.edit("shop", readable))
	l.must(l.edit("plain", listing))
	l.wantRouted(routes{})
	l.pass(25 * time.Hour)
	l.tick()
	digests := map[string]string{}
	for _, o := range slices.Concat(l.outgoing, l.chats) {
		if o.Kind == message.KindFindings && strings.HasPrefix(o.ID, "digest-") {
			digests[o.Topic] += o.Rendered.Subject + o.Rendered.Email + strings.Join(o.Rendered.Channels[message.Chat.Name], "")
		}
	}
	for topic, has := range map[string]string{payPlace: "pay", shopPlace: "shop", message.TopicFindings: "plain"} {
		for _, role := range []string{"pay has", "shop has", "plain has"} {
			if strings.Contains(digests[topic], role) != strings.HasPrefix(role, has) {
				t.Errorf("digest of %s: %q", topic, digests[topic])
			}
		}
	}
}

// Each place is an item of the outbox of its own: one that refuses keeps nothing from the others, and receives what it missed.
func TestAPlaceThatRefusesKeepsNothingFromTheOthers(t *testing.T) {
	l := routedLab(t)
	l.refusing = map[string]error{shopPlace: &message.RefusedError{Topic: "arn:shop", What: "does not exist", Fix: "Deploy.", Err: fmt.Errorf("NotFound")}}
	l.must(l.edit("shop", writing), l.edit("pay", everything))
	l.wantRouted(routes{payPlace: {"opened RW301"}, routing.Default: {"opened RW301 pay"}})
	l.wantTold("rolewatch cannot publish to its topic " + shopPlace)
	l.refusing = nil
	l.ticked(15 * time.Minute)
	l.wantRouted(routes{shopPlace: {"opened RW303 shop"}})
}

// A message for a place counts what is open of its roles and not in it, and not what is open of other roles.
func TestAPlaceIsToldWhatElseIsOpenOfItsRoles(t *testing.T) {
	l := routedLab(t)
	l.must(l.edit("pay", readable))
	l.chats = nil
	told := func(want string) {
		t.Helper()
		if len(l.chats) != 1 || l.chats[0].Topic != shopPlace || !strings.Contains(l.chats[0].Rendered.Email, want) {
			t.Errorf("places received %+v, want %q", l.chats, want)
		}
		l.chats = nil
	}
	l.must(l.edit("shop", readable))
	told("These roles have no other open findings.")
	l.cloud.roles["shop"].inline["second"] = readable
	l.must(l.record("PutRolePolicy", map[string]any{"roleName": "shop", "policyName": "second", "policyDocument": readable}))
	told("These roles have 1 other open finding that was reported earlier.")
}

// What a place is told of a role stays in the role's thread, though the role was reconciled with another one.
func TestAPlaceIsToldInTheThreadOfItsRole(t *testing.T) {
	l := routedLab(t, func(c *watch.Config) {
		c.Rules = inforce.New(append(slices.Clip(graded), managed("RW401", check.High)), inforce.Rules{})
	})
	l.cloud.policies[team] = harmless
	for _, name := range []string{"pay", "shop"} {
		l.cloud.roles[name].attached[team] = true
	}
	at := func() string {
		t.Helper()
		var of []message.Outgoing
		for _, o := range l.chats {
			if o.Topic == payPlace {
				of = append(of, o)
			}
		}
		l.chats = of
		threads := l.threads()
		if len(threads) != 1 || threads[0] == "" {
			t.Fatalf("threads %q", threads)
		}
		l.chats = nil
		return threads[0]
	}
	l.must(l.edit("pay", readable))
	first := at()
	l.must(l.setTeam(everything))
	l.pass(time.Minute)
	if second := at(); second != first {
		t.Errorf("threads %q and %q", first, second)
	}
}

// A message counts what else is open of its roles, without what it reports itself.
func TestAMessageCountsWhatElseIsOpen(t *testing.T) {
	l := newLab(t)
	l.config.Rules = inforce.New(graded, inforce.Rules{})
	l.watch = l.another()
	l.role("orders", goodTrust)
	l.swept()
	l.outgoing = nil
	told := func(policy, want string) {
		t.Helper()
		l.must(l.putInline("orders", policy, readable))
		if n := len(l.outgoing); n != 1 || !strings.Contains(strings.Join(strings.Fields(l.outgoing[0].Rendered.Email), " "), want) {
			t.Errorf("%d messages, want one with %q: %s", n, want, l.outgoing[0].Rendered.Email)
		}
		l.outgoing = nil
	}
	for i, want := range []string{"have no other open findings", "have 1 other open finding ", "have 2 other open findings "} {
		name := fmt.Sprintf("p%d", i)
		l.cloud.roles["orders"].inline[name] = readable
		told(name, want)
	}
}
