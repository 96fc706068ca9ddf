package watch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// toldPeople counts the findings that people were told of, by what happened to them: what a change to many roles came to is what the last
// message about it says.
func (l *lab) toldPeople() map[finding.TransitionKind]int {
	l.t.Helper()
	told := map[finding.TransitionKind]int{}
	last := map[string]map[finding.TransitionKind]int{}
	for _, o := range l.outgoing {
		if o.Kind != message.KindFindings || slices.Contains(o.Rendered.Attributes[deploy.AudienceAttribute], deploy.AudienceMachines) {
			continue
		}
		var m message.Message
		if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
			l.t.Fatal(err)
		}
		if m.Change == nil {
			told[finding.KindOpened] += len(m.Opened)
			told[finding.KindResolved] += len(m.Resolved)
			continue
		}
		count := map[finding.TransitionKind]int{}
		for _, f := range m.Change.Folds {
			count[f.Kind] += f.Findings
		}
		last[m.ID[:strings.LastIndex(m.ID, "-")]] = count
	}
	for _, count := range last {
		for kind, n := range count {
			told[kind] += n
		}
	}
	return told
}

// shuffled hands over what is in the queue until it is empty, in any order, late or twice; meanwhile is done what is due at the next time.
func (l *lab) shuffled(random *rand.Rand, due func(), next func() (time.Time, bool)) {
	l.t.Helper()
	late := map[string]bool{}
	for range 10_000 {
		at, waits := l.queue.Next()
		if soon, more := next(); more && (!waits || soon.Before(at)) {
			at = soon
		} else if !waits {
			return
		}
		l.now = slices.MaxFunc([]time.Time{l.now, at}, time.Time.Compare)
		due()
		item, ok := l.queue.Pop(l.now)
		switch {
		case !ok:
		case !late[item.ID] && random.IntN(4) == 0:
			late[item.ID] = true
			l.queue.Return(item, time.Duration(random.IntN(90))*time.Second)
		default:
			l.take(item)
			if random.IntN(8) == 0 {
				l.take(item)
			}
		}
	}
	l.t.Fatal("the queue does not become empty")
}

// killing fails one call in so many, none where that is 0.
func killing(random *rand.Rand, odds int) func() error {
	return func() error {
		if odds > 0 && random.IntN(odds) == 0 {
			return errors.New("killed")
		}
		return nil
	}
}

// A policy on many roles is edited and mended at random, with a record or without, IAM is slow at random, the queue delivers in any order and late, and commits
// fail before and after they are made: people are
// told of as many findings as machines are, of what is opened and of what is resolved.
func TestPeopleAreToldOfAllThatChangesToManyRolesComeTo(t *testing.T) {
	runs, resolved := 30, 0
	for seed := range uint64(runs) {
		random := rand.New(rand.NewPCG(seed, 5))
		l := teamed(t, 51+random.IntN(130))
		slow := time.Duration(random.IntN(600)) * time.Millisecond
		edits := []time.Time{l.now.Add(time.Second)}
		for range random.IntN(3) {
			edits = append(edits, edits[len(edits)-1].Add(time.Duration(1+random.IntN(150))*time.Second))
		}
		var history []string
		text := harmless
		due := func() {
			for len(edits) > 0 && !edits[0].After(l.now) {
				edits = edits[1:]
				text = map[string]string{harmless: everything, everything: harmless}[text]
				history = append(history, fmt.Sprintf("%s %v", l.now.Format(time.TimeOnly), text == everything))
				if err := l.queue.Send(context.Background(), l.setTeam(text), time.Duration(random.IntN(10))*time.Second); err != nil {
					t.Fatal(err)
				}
			}
		}
		l.cloud.onEveryRead = func() { l.now = l.now.Add(slow); due() }
		if random.IntN(2) == 0 {
			l.flaky = true
			killed := killing(random, 12)
			l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { return killed() }
			l.store.Hooks.AfterCommit = l.store.Hooks.BeforeCommit
			l.store.Hooks.CommitChange = func([]message.Outgoing) error { return killed() }
		}
		run := func() {
			l.shuffled(random, due, func() (time.Time, bool) {
				if len(edits) == 0 {
					return time.Time{}, false
				}
				return edits[0], true
			})
		}
		run()
		for range random.IntN(3) { // No record tells of it, and a sweep finds it.
			text = map[string]string{harmless: everything, everything: harmless}[text]
			l.cloud.policies[team] = text
			l.now = l.now.Add(25 * time.Hour)
			history = append(history, fmt.Sprintf("%s %v, without a record", l.now.Format(time.TimeOnly), text == everything))
			if err := l.queue.Send(context.Background(), []byte(deploy.Tick), 0); err != nil {
				t.Fatal(err)
			}
			run()
		}
		people, machines := l.toldPeople(), map[finding.TransitionKind]int{}
		for what, n := range l.forMachines() {
			kind, _, _ := strings.Cut(what, " ")
			machines[finding.TransitionKind(kind)] += n
		}
		for _, kind := range []finding.TransitionKind{finding.KindOpened, finding.KindResolved} {
			if people[kind] != machines[kind] {
				t.Errorf("run %d: %d findings are %s, and people are told of %d; %v a read, the policy allows everything: %q", seed, machines[kind], kind, people[kind], slow, history)
			}
		}
		resolved += machines[finding.KindResolved]
	}
	if resolved < runs {
		t.Errorf("%d findings were resolved in %d runs", resolved, runs)
	}
}
