package watch_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/routing"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// Policies come and go, and roles change teams, at any time, while commits fail before and after they are made: in the end each place was
// told that what it was told of is over, and what is open was told to one of them.
func TestEachPlaceIsToldWhatBecameOfItsFindings(t *testing.T) {
	told := 0
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 9))
		l := routedLab(t, func(c *watch.Config) { c.Places = map[string]*message.Channel{payPlace: nil, shopPlace: nil} })
		l.flaky = true
		killed := killing(random, []int{0, 6, 15}[random.IntN(3)])
		l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { return killed() }
		l.store.Hooks.AfterCommit = l.store.Hooks.BeforeCommit
		l.store.Hooks.Delivered = func(string) error { return killed() }
		delivered := map[string]bool{}
		known := map[string]map[string]bool{} // By place and finding, what it takes to be open.
		var history []string
		for range 5 {
			for range random.IntN(8) {
				l.pass(time.Duration(1+random.IntN(90)) * time.Minute)
				name := []string{"pay", "shop", "plain"}[random.IntN(3)]
				var record []byte
				if random.IntN(4) == 0 {
					team := []string{"pay", "shop", "none"}[random.IntN(3)]
					history = append(history, fmt.Sprintf("%s %s is of %s", l.now.Format("02 15:04"), name, team))
					record = l.tag(name, team)
				} else {
					text := []string{readable, listing, writing, everything, ""}[random.IntN(5)]
					history = append(history, fmt.Sprintf("%s %s %s", l.now.Format("02 15:04"), name, text))
					record = l.edit(name, text)
				}
				if err := l.queue.Send(context.Background(), record, 0); err != nil {
					t.Fatal(err)
				}
			}
			l.pass(4 * time.Hour)
			// A message that was published late says when it was committed.
			byCommit := func(a, b message.Outgoing) int { return a.Created.Compare(b.Created) }
			for _, o := range slices.SortedStableFunc(slices.Values(slices.Concat(l.outgoing, l.chats)), byCommit) {
				place := o.Topic
				switch {
				case o.Kind != message.KindFindings, o.Topic == message.Chat.Name, slices.Contains(o.Rendered.Attributes[deploy.AudienceAttribute], deploy.AudienceMachines):
					continue
				case o.Topic != payPlace && o.Topic != shopPlace:
					place = routing.Default
				}
				if known[place] == nil {
					known[place] = map[string]bool{}
				}
				if delivered[place+" "+o.ID] {
					continue // A message whose delivery could not be noted comes once more.
				}
				delivered[place+" "+o.ID] = true
				for _, line := range mailed(o.Rendered.Email) {
					known[place][line.finding] = line.kind != "resolved"
					told++
				}
			}
			l.outgoing, l.chats = nil, nil
			open := map[string]bool{}
			for _, name := range []string{"pay", "shop", "plain"} {
				for _, f := range l.state(name).Findings {
					if f.Status != finding.Pending {
						open[f.Check+" "+name] = true
					}
				}
			}
			for place, of := range known {
				for what, is := range of {
					if is && !open[what] {
						t.Errorf("run %d: %s is not told that %s is over; %q", seed, place, what, history)
					}
				}
			}
			for what := range open {
				if !slices.ContainsFunc(slices.Collect(maps.Values(known)), func(of map[string]bool) bool { return of[what] }) {
					t.Errorf("run %d: nobody is told that %s is open; %q", seed, what, history)
				}
			}
			if t.Failed() {
				return
			}
		}
	}
	if told == 0 {
		t.Error("nobody was told of anything")
	}
}
