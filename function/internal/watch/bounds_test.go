package watch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/routing"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// A tick reads no role while the acts about its findings go on.
func TestATickReadsNoRoleWhoseActsGoOn(t *testing.T) {
	d := newDesk(t)
	d.put("orders", "data", readable)
	d.call(command.Request{Act: command.Acknowledge, Finding: d.hex("orders")})
	d.pass(time.Hour)
	reads := d.cloud.reads
	d.tickAt(d.now.Add(15 * time.Minute))
	if d.cloud.reads != reads {
		t.Errorf("%d roles were read", d.cloud.reads-reads)
	}
}

// A role that nobody reaches changes the inventory, and leaves nothing to do.
func TestAChangeThatAffectsNobodyLeavesNothingToDo(t *testing.T) {
	l := settled(t)
	l.role("lonely", closedTrust)
	l.must(l.record("CreateRole", map[string]any{"roleName": "lonely"}))
	if n := l.queue.Len(); n != 0 {
		t.Errorf("%d items wait", n)
	}
}

// An account without roles is swept.
func TestAnAccountWithoutRolesIsSwept(t *testing.T) {
	l := newLab(t)
	l.config.Graph = &danger.Graphs{}
	l.watch = l.another()
	l.swept()
	if l.counted.sweeps != 1 {
		t.Errorf("%d sweeps were completed", l.counted.sweeps)
	}
}

// building counts the graphs that are built.
type building struct {
	danger.Graphs
	built int
}

func (b *building) Build(l reach.Listing, now time.Time) *reach.Graph {
	b.built++
	return b.Graphs.Build(l, now)
}

// A graph is used for an hour, for what policies allow may end at a time.
func TestAGraphIsUsedForAnHour(t *testing.T) {
	l := settled(t)
	graphs := &building{}
	l.config.Graph = graphs
	l.watch = l.another()
	began := l.now
	for _, step := range []struct {
		after time.Duration
		built int
	}{{0, 1}, {time.Hour - time.Second, 1}, {time.Hour, 2}} {
		l.now = began.Add(step.after)
		l.must(l.record("TagRole", map[string]any{"roleName": "orders"}))
		if graphs.built != step.built {
			t.Errorf("after %v, %d graphs are built, want %d", step.after, graphs.built, step.built)
		}
	}
}

// What a denied call would have read is tried again for four hours, and then is left to the sweep.
func TestADeniedReadIsTriedAgainForFourHours(t *testing.T) {
	l := orders(t)
	began := l.now
	l.cloud.denied = map[string]bool{"iam:ListEntitiesForPolicy": true}
	items := l.items(l.setTeam(harmless))
	for _, step := range []struct {
		after time.Duration
		again bool
	}{{4*time.Hour - time.Second, true}, {4 * time.Hour, false}} {
		items[0].Since, items[0].Attempt = began, 3
		l.now = began.Add(step.after)
		before := l.queue.Len()
		if o := l.watch.Handle(t.Context(), items)[0]; o != (watch.Outcome{}) {
			t.Errorf("outcome %+v", o)
		}
		if (l.queue.Len() > before) != step.again {
			t.Errorf("after %v, the record comes again: %v", step.after, l.queue.Len() > before)
		}
	}
}

// An item that fails is given up after a day to the second.
func TestAnItemIsGivenUpAfterADay(t *testing.T) {
	l := orders(t)
	began := l.now
	items := l.items(l.setTrust("orders", badTrust))
	l.cloud.fail = errThrottled
	for after, dead := range map[time.Duration]bool{deploy.RequeueFor - time.Second: false, deploy.RequeueFor: true} {
		items[0].Since, items[0].Attempt = began, 3
		l.now = began.Add(after)
		if o := l.watch.Handle(t.Context(), items)[0]; (o.Dead != "") != dead {
			t.Errorf("after %v: %+v", after, o)
		}
	}
}

// A step of a sweep that is complete reads and changes nothing, however late it comes again.
func TestAStepOfACompletedSweepDoesNothing(t *testing.T) {
	l := orders(t)
	state, err := l.store.SweepState(t.Context(), account)
	if err != nil || state.Complete != state.Generation {
		t.Fatalf("%+v, %v", state, err)
	}
	sweeps := l.counted.sweeps
	l.cloud.roles["orders"].inline["all"] = everything
	l.must(sweepItem("roles", state.Generation, l.now))
	l.pass(time.Minute)
	l.want()
	if l.counted.sweeps != sweeps {
		t.Error("the sweep was completed again")
	}
}

// A slice of a change holds 250 folds for places. What there is no room for goes to the default.
func TestFoldsForMorePlacesThanASliceHolds(t *testing.T) {
	for _, places := range []int{250, 251} {
		t.Run(fmt.Sprint(places), func(t *testing.T) {
			l := routedLab(t, func(c *watch.Config) {
				c.Routing.Routes, c.Places = nil, map[string]*message.Channel{}
				for i := range places {
					place := fmt.Sprintf("mail-%03d", i)
					c.Routing.Routes = append(c.Routing.Routes, routing.Route{Name: place, Match: routing.Match{Tags: map[string][]string{"team": {"pay"}}}, Places: []string{place}})
					c.Places[place] = nil
				}
			})
			l.config.Rules = inforce.New(core(), inforce.Rules{})
			l.watch = l.another()
			l.cloud.policies[team] = harmless
			for i := range 51 {
				r := l.role(fmt.Sprintf("r%04d", i), goodTrust)
				r.attached[team] = true
				if i == 0 {
					r.tags = map[string]string{"team": "pay"}
				}
			}
			l.sweepsAgain()
			l.pass(48 * time.Hour)
			l.outgoing, l.chats, l.messages = nil, nil, nil
			l.must(l.setTeam(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}`))
			l.pass(time.Hour)
			received, byDefault := map[string]bool{}, ""
			for _, o := range l.chats {
				if o.Topic == message.Chat.Name {
					byDefault += o.Rendered.Subject
				} else {
					received[o.Topic] = true
				}
			}
			if len(received) != min(places, 250) {
				t.Errorf("%d of %d places received the finding", len(received), places)
			}
			roles := "50 roles"
			if places > 250 {
				roles = "51 roles"
			}
			if strings.Count(byDefault, roles) != 1 {
				t.Errorf("the default received %q, want %s", byDefault, roles)
			}
		})
	}
}
