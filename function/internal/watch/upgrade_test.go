package watch_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// manyRoles is an account of roles that the release "wider" finds more of, in more than two commits, after its first sweep. Some
// are gone, and come through the queue.
func manyRoles(t *testing.T) *lab {
	return manyRolesAnd(t, "ghost")
}

// manyRolesAnd is manyRoles with these functions whose roles were never made.
func manyRolesAnd(t *testing.T, ghosts ...string) *lab {
	l := newLab(t)
	l.install("first", inforce.Rules{})
	for i := range 120 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust).inline["logs"] = harmless
	}
	for _, name := range ghosts {
		l.function(name, "never-made")
	}
	l.retrying([]byte(deploy.Tick))
	l.install("wider", inforce.Rules{})
	l.outgoing = nil
	l.now = l.now.Add(25 * time.Hour)
	return l
}

// upgrades are the distinct messages about an upgrade, and opened the distinct findings that machines received.
func (l *lab) upgrades() (list []message.Message, opened int) {
	l.t.Helper()
	ids, findings := map[string]bool{}, map[string]bool{}
	for _, o := range l.outgoing {
		var m message.Message
		if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
			l.t.Fatal(err)
		}
		for _, f := range m.Opened {
			findings[f.ID] = true
		}
		if m.Upgrade != nil && !ids[m.ID] {
			ids[m.ID] = true
			list = append(list, m)
		} else if m.Upgrade == nil && len(o.Rendered.Channels) > 0 {
			l.t.Errorf("people received %s", m.Subject)
		}
	}
	return list, len(findings)
}

// TestAnUpgradeIsCountedOnceWhateverFails lets each commit of the sweep fail before or after it is written, publishing fail from
// each of its calls on, and every item come twice.
func TestAnUpgradeIsCountedOnceWhateverFails(t *testing.T) {
	failed := errors.New("failed")
	played, failures := 0, map[string]int{}
	for _, how := range []string{"before", "after", "publish", "twice"} {
		for at := range 8 {
			l, n := manyRoles(t), 0
			hit := func() error {
				if n++; n == at+1 {
					failures[how]++
					return failed
				}
				return nil
			}
			switch how {
			case "before":
				l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { return hit() }
			case "after":
				l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error { return hit() }
			case "publish":
				config := l.watch.Config
				config.Publisher = publishing(func(o message.Outgoing) error {
					if err := hit(); err != nil {
						return err
					}
					return l.tell(o)
				})
				l.watch = watch.New(config)
			case "twice":
				if err := l.queue.Send(context.Background(), []byte(deploy.Tick), 0); err != nil {
					t.Fatal(err)
				}
				l.twice(at)
			}
			if how != "twice" {
				l.retrying([]byte(deploy.Tick))
			}
			for range 10 {
				l.now = l.now.Add(15 * time.Minute)
				l.retrying([]byte(deploy.Tick))
			}
			told, opened := l.upgrades()
			if len(told) != 1 {
				t.Fatalf("%s %d: %d messages", how, at, len(told))
			}
			if u := told[0].Upgrade; u.Opened != 121 || u.Resolved != 0 || u.Roles != 121 || len(u.Gravest) != 10 || opened != 121 {
				t.Errorf("%s %d: %+v, and %d for machines", how, at, u, opened)
			}
			if tally, err := l.store.Tally(context.Background(), account); err != nil || !tally.Empty() {
				t.Errorf("%s %d: left %+v, %v", how, at, tally, err)
			}
			if left, err := l.store.Outbox(context.Background(), l.now.Add(time.Hour)); err != nil || len(left) != 0 {
				t.Errorf("%s %d: %d in the outbox, %v", how, at, len(left), err)
			}
			played++
		}
	}
	for _, how := range []string{"before", "after", "publish"} {
		if failures[how] < 3 {
			t.Errorf("%s: only %d sweeps had a failure", how, failures[how])
		}
	}
	t.Logf("%d sweeps, with failures: %v", played, failures)
}

// twice plays what is due, the item of this number and all after it twice.
func (l *lab) twice(from int) {
	l.t.Helper()
	for i := 0; ; i++ {
		item, ok := l.queue.Pop(l.now)
		if !ok {
			return
		}
		l.must(item.Body)
		if i >= from {
			l.must(item.Body)
		}
	}
}

type publishing func(message.Outgoing) error

func (p publishing) Publish(_ context.Context, o message.Outgoing) error { return p(o) }

// TestAnUpgradeIsReportedThoughTheSweepDoesNotEnd has a sweep that breaks down in the middle: what was counted is reported when
// a sweep should be through.
func TestAnUpgradeIsReportedThoughTheSweepDoesNotEnd(t *testing.T) {
	l := manyRoles(t)
	commits := 0
	l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
		if commits++; commits > 1 && len(states) > 0 {
			return errors.New("the table refuses")
		}
		return nil
	}
	if err := l.queue.Send(context.Background(), []byte(deploy.Tick), 0); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if item, ok := l.queue.Pop(l.now); ok {
			l.deliver(item.Body)
		}
	}
	for range 7 {
		l.now = l.now.Add(15 * time.Minute)
		l.tick()
		if told, _ := l.upgrades(); len(told) != 0 {
			t.Fatalf("reported after %s: %+v", l.now, told[0].Upgrade)
		}
	}
	l.now = l.now.Add(15 * time.Minute)
	l.tick()
	if told, _ := l.upgrades(); len(told) != 1 || told[0].Upgrade.Opened != 50 {
		t.Fatalf("%d messages", len(told))
	}
}

// What a release comes to is not reported while its first sweep is under way, also where every role with findings was judged by it.
func TestAnUpgradeIsNotReportedBeforeTheSweepIsComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := manyRolesAnd(t)
		l.tick()
		l.sweepsShort()
		tally, err := l.store.Tally(t.Context(), account)
		if err != nil {
			t.Fatal(err)
		}
		l.tick()
		if told, _ := l.upgrades(); len(told) != 0 || tally.Opened != 50 {
			t.Fatalf("%d are counted, reported: %+v", tally.Opened, told)
		}
		for range 4 {
			l.now = l.now.Add(15 * time.Minute)
			l.retrying([]byte(deploy.Tick))
		}
		if told, _ := l.upgrades(); len(told) != 1 || told[0].Upgrade.Opened != 120 {
			t.Errorf("%d messages", len(told))
		}
	})
}

// released is a state as the table holds it, less what DynamoDB adds.
type released struct {
	Revision int64         `json:"revision"`
	State    finding.State `json:"state"`
}

// lastRelease is the account whose states the last release has stored in testdata, a day later, in the table of this one.
func lastRelease(t *testing.T, checks []*check.Check) (*lab, map[string]released) {
	t.Helper()
	text, err := os.ReadFile("testdata/states-of-the-last-release.json")
	if err != nil {
		t.Fatal(err)
	}
	var states map[string]released
	if err := json.Unmarshal(text, &states, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(states, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(text), string(again)+"\n"); diff != "" {
		t.Errorf("written otherwise than the last release did (-want +got):\n%s", diff)
	}
	l := newLab(t, checks...)
	l.cloud.policies[adminARN] = everything
	orders := l.role("orders", goodTrust)
	orders.inline["logs"] = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}`
	orders.attached[adminARN] = true
	l.function("checkout", "orders")
	l.role("billing", badTrust)
	l.function("invoice", "billing")
	l.role("idle", goodTrust)
	l.function("ghost", "never-made")
	if err := l.store.SaveDocuments(context.Background(), []string{harmless}); err != nil {
		t.Fatal(err)
	}
	for key, r := range states {
		r.State.Key = key
		for revision := range r.Revision {
			r.State.Revision = revision
			if err := l.store.Commit(context.Background(), []finding.State{r.State}, nil, l.now); err != nil {
				t.Fatal(err)
			}
		}
	}
	config := l.watch.Config
	config.Catalogue = catalogue.Version(checks)
	l.watch = watch.New(config)
	return l, states
}

// successor is a check that judges as another does, under an ID of its own.
func successor(c *check.Check, id string) *check.Check {
	own := *c
	own.ID, own.Formerly = id, []check.Former{{Check: c.ID}}
	own.Run = func(p *check.Pass) {
		result := check.Run([]*check.Check{c}, p.Subject)
		for _, d := range result.Diagnostics {
			p.Report(d)
		}
		for _, u := range result.Undecided {
			p.Undecided(u.Key, u.Missing...)
		}
	}
	return &own
}

// TestStatesOfTheLastReleaseAreReadAndContinue sweeps an account that the last release has judged: people receive one message at
// most, and what is still found has the ID, the time and the thread that it had.
func TestStatesOfTheLastReleaseAreReadAndContinue(t *testing.T) {
	renamed := map[string]string{"RW101": "RW191", "RW102": "RW192", "RW117": "RW197"}
	for name, rename := range map[string]map[string]string{"as they are": nil, "renamed": renamed} {
		t.Run(name, func(t *testing.T) {
			var checks []*check.Check
			for _, c := range catalogue.Checks() {
				if id := rename[c.ID]; id != "" {
					c = successor(c, id)
				}
				checks = append(checks, c)
			}
			l, states := lastRelease(t, checks)
			l.now = l.now.Add(25 * time.Hour)
			l.retrying([]byte(deploy.Tick))
			if told, _ := l.upgrades(); len(told) > 1 {
				t.Errorf("%d messages about the upgrade", len(told))
			}
			continued := 0
			for key, before := range states {
				after, err := l.store.Load(context.Background(), []string{key})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range before.State.Findings {
					if renamed[f.Check] == "" {
						continue
					}
					want := f.Check
					if rename != nil {
						want = renamed[f.Check]
					}
					if !slices.ContainsFunc(after[0].Findings, func(s finding.Stored) bool {
						return s.ID == f.ID && s.Check == want && s.Key == f.Key && s.FirstSeen.Equal(f.FirstSeen) && s.Origin == f.Origin
					}) || !after[0].Thread.Equal(before.State.Thread) || after[0].Revision <= before.Revision {
						t.Errorf("%s does not continue as %s: %+v", f.ID, want, after[0])
					}
					continued++
				}
			}
			if continued != len(renamed) {
				t.Fatalf("%d findings continue", continued)
			}
		})
	}
}
