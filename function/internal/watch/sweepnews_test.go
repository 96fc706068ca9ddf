package watch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// What the first sweep of an account finds, and what a later one finds that no record told of, is two messages for people: the first commit
// by itself, and all others together. Machines receive each finding once.
func TestWhatASweepFindsOfManyRolesIsTwoMessages(t *testing.T) {
	l := unswept(t, 300, everything)
	l.swept()
	l.pass(time.Hour)
	l.wantPeople("CRITICAL: "+adminOf+" (50 roles)", "CRITICAL: "+adminOf+" (250 roles)")
	l.wantMachines("opened", 300)
	l.cloud.policies[team] = harmless
	l.now = l.now.Add(25 * time.Hour)
	l.swept()
	l.pass(time.Hour)
	l.wantPeople("RESOLVED: Fixed: "+adminOf+" (50 roles)", "RESOLVED: Fixed: "+adminOf+" (250 roles)")
	l.wantMachines("resolved", 300)
}

// A sweep that takes long reports what is urgent meanwhile, and the rest at its end.
func TestALongSweepReportsWhatIsUrgentMeanwhile(t *testing.T) {
	l := unswept(t, 300, everything)
	l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error {
		l.now = l.now.Add(time.Minute)
		return nil
	}
	l.swept()
	l.pass(time.Hour)
	got := l.forPeople()
	if len(got) != 3 || !strings.HasPrefix(got[1], "CRITICAL: Incomplete: ") || !strings.HasPrefix(got[2], "CRITICAL: Complete: ") || !strings.Contains(got[2], "(250 roles)") {
		t.Errorf("people received %q", got)
	}
	for _, m := range l.messages {
		if m.Change != nil && !m.Change.Sweep {
			t.Errorf("message %s is not of a sweep", m.ID)
		}
	}
	l.wantMachines("opened", 300)
}

// A sweep dies before its end: the next one reports what people were not told of.
func TestWhatASweepFoundThatDiedIsReported(t *testing.T) {
	l := unswept(t, 300, everything)
	commits := 0
	l.store.Hooks.AfterCommit = func(states []finding.State, _ []message.Outgoing) error {
		if commits += len(states); commits == 300 {
			l.cloud.fail = errors.New("killed")
		}
		return nil
	}
	l.tick()
	died := false
	for !died {
		item, ok := l.queue.Pop(l.now)
		if !ok {
			t.Fatal("the sweep came to its end")
		}
		died = l.hand(item).Err != nil || l.cloud.fail != nil
	}
	for l.queue.Len() > 0 { // It is lost.
		due, _ := l.queue.Next()
		l.queue.Pop(due)
	}
	l.cloud.fail = nil
	before := l.forPeople()
	l.now = l.now.Add(3 * time.Hour)
	l.swept()
	l.pass(time.Hour)
	if told := l.toldOf(append(before, l.forPeople()...)); told != 300 {
		t.Errorf("people are told of %d roles", told)
	}
	l.wantMachines("opened", 300)
}

// toldOf sums the roles that subjects name.
func (l *lab) toldOf(subjects []string) (sum int) {
	for _, subject := range subjects {
		_, text, _ := strings.Cut(subject, "(")
		n := 0
		if _, err := fmt.Sscanf(text, "%d roles", &n); err != nil {
			l.t.Errorf("subject %q", subject)
		}
		sum += n
	}
	return sum
}

// A sweep is the first one under a new catalogue, and finds that half of the roles changed without a record: what the new catalogue comes to is
// counted in the message about the upgrade, and the rest in those of the sweep.
func TestASweepUnderANewCatalogueThatFindsChanges(t *testing.T) {
	l := newLab(t)
	l.cloud.policies[team] = harmless
	for i := range 120 {
		if r := l.role(fmt.Sprintf("r%04d", i), goodTrust); i%2 == 0 {
			r.attached[team] = true
		}
	}
	l.swept()
	l.pass(time.Hour)
	l.messages, l.outgoing, l.chats = nil, nil, nil
	always := &check.Check{ID: "RW303", Slug: "rw303", Title: "always", Severity: check.High, Run: func(p *check.Pass) {
		p.Report(check.Diagnostic{Title: p.Role.Ref.Name + " is there"})
	}}
	l.config.Rules, l.config.Catalogue = inforce.New(append(core(), always), inforce.Rules{}), "next"
	l.watch = l.another()
	l.cloud.policies[team] = everything
	l.now = l.now.Add(25 * time.Hour)
	l.swept()
	l.pass(time.Hour)
	upgrades, counted := 0, map[string]int{}
	for _, m := range l.messages {
		switch {
		case m.Upgrade != nil:
			upgrades++
			counted["upgrade"] += m.Upgrade.Opened
		case m.Change != nil:
			for _, f := range m.Change.Folds {
				counted[f.Check] += f.Findings
			}
		case m.ChangeID == "":
			for _, f := range m.Opened {
				counted[f.Check]++
			}
		}
	}
	// The machines' message of the first commit is also that for people, and has what the upgrade came to for its roles apart.
	if upgrades != 1 || counted["upgrade"] != 60 || counted["RW301"] != 60 {
		t.Errorf("%d messages about the upgrade, counted: %v", upgrades, counted)
	}
}
