package watch_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

var listTrouble = episode.Trouble{Key: "list", Subject: "the accounts cannot be listed", Over: "the accounts can be listed again", Text: "Denied."}

// Whoever tries something learns whether that ends an episode, and operations are notified. What cannot be noted is no end.
func TestWhoTriesAgainLearnsThatAnEpisodeIsOver(t *testing.T) {
	l := newLab(t)
	tried := func(want bool, seen ...episode.Trouble) {
		t.Helper()
		if over, err := l.watch.Tried(t.Context(), "list", seen...); err != nil || over != want {
			t.Errorf("over: %v, %v, want %v", over, err, want)
		}
	}
	tried(false, listTrouble)
	tried(false, listTrouble)
	l.wantTold(listTrouble.Subject)
	l.store.Hooks.CommitEpisodes = func([]message.Outgoing) error { return errors.New("the table is down") }
	if over, err := l.watch.Tried(t.Context(), "list"); over || err == nil {
		t.Errorf("over: %v, %v, and nothing was stored", over, err)
	}
	l.store.Hooks.CommitEpisodes = nil
	tried(true)
	l.wantTold("Resolved: " + listTrouble.Over)
	tried(false)
	l.wantTold()
}

// Whoever reports an episode itself learns when it begins and when it is over, and operations are not notified.
func TestAnEpisodeThatIsNotedNotifiesNobody(t *testing.T) {
	l := newLab(t)
	for i, step := range []struct {
		seen        []episode.Trouble
		began, over bool
	}{
		{seen: []episode.Trouble{listTrouble}, began: true},
		{seen: []episode.Trouble{listTrouble}},
		{over: true},
		{},
	} {
		began, over, err := l.watch.Noted(t.Context(), "list", step.seen...)
		if err != nil || began != step.began || over != step.over {
			t.Errorf("step %d: began %v, over %v, %v", i, began, over, err)
		}
		if open := l.open(); (len(open) > 0) != (len(step.seen) > 0) {
			t.Errorf("step %d: open are %v", i, open)
		}
	}
	l.wantTold()
	other := listTrouble
	other.Key = "choice"
	_, _, _ = l.watch.Noted(t.Context(), "list", listTrouble)
	if began, over, err := l.watch.Noted(t.Context(), "list", other); !began || !over || err != nil {
		t.Errorf("one after the other: began %v, over %v, %v", began, over, err)
	}
	l.store.Hooks.CommitEpisodes = func([]message.Outgoing) error { return errors.New("the table is down") }
	if began, over, err := l.watch.Noted(t.Context(), "list", listTrouble); began || over || err == nil {
		t.Errorf("not stored: began %v, over %v, %v", began, over, err)
	}
}

// A hub tells apart what starts a sweep, what goes on with one, what reads nothing of the account, and everything else.
func TestTheKindsOfWorkItems(t *testing.T) {
	changed := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for body, want := range map[string]int{
		deploy.Tick:                                          watch.KindTick,
		string(watch.DeliverItem()):                          watch.KindStored,
		`{"rolewatch":"count","change":"c"}`:                 watch.KindStored,
		string(watch.SweepItem(time.Time{})):                 watch.KindStart,
		string(watch.SweepItem(changed)):                     watch.KindStart,
		string(sweepItem("roles", 3, changed)):               watch.KindSweep,
		string(watch.LookItem(roleARN("orders"))):            watch.KindWork,
		`{"rolewatch":"look","users":true}`:                  watch.KindWork,
		`{"rolewatch":"tick","deliver":"often"}`:             watch.KindWork,
		`{"rolewatch":"sweep"}`:                              watch.KindWork,
		`{"rolewatch":"count"}`:                              watch.KindWork,
		`{"detail-type":"AWS API Call via CloudTrail"}`:      watch.KindRecord,
		fmt.Sprintf(`{"account":"%s","detail":{}}`, account): watch.KindRecord,
	} {
		if got := watch.KindOf([]byte(body)); got != want {
			t.Errorf("%s is of kind %d, want %d", body, got, want)
		}
	}
}

// A sweep that is asked for while another one is under way waits for it, because that one may have read before what changed.
func TestASweepThatIsAskedForWaitsForAnother(t *testing.T) {
	l := orders(t)
	generation, mine, err := l.store.StartSweep(t.Context(), account, l.now, l.now.Add(time.Hour))
	if err != nil || !mine {
		t.Fatal(mine, err)
	}
	started := l.counted.sweeps
	l.fails(watch.SweepItem(l.now))
	l.pass(10 * time.Minute)
	if l.counted.sweeps != started {
		t.Error("it did not wait")
	}
	if err := l.store.FinishSweep(t.Context(), account, generation, l.now); err != nil {
		t.Fatal(err)
	}
	l.pass(3 * time.Minute)
	if l.counted.sweeps != started+1 {
		t.Errorf("%d sweeps were completed", l.counted.sweeps-started)
	}
}
