package watch_test

import (
	"context"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// overtake has somebody else commit the state of a role as it was, just before the next commit: they read the role before it changed.
func (l *lab) overtake(name string) *int {
	times := new(int)
	l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error {
		l.store.Hooks.BeforeCommit = nil
		*times++
		states, err := l.store.Load(context.Background(), []string{roleARN(name)})
		if err != nil {
			return err
		}
		states[0].LookedAt = l.now
		return l.store.Commit(context.Background(), states, nil, l.now)
	}
	return times
}

// A change whose commit comes too late is decided again: whoever committed first did not see it.
func TestAChangeWhoseCommitComesTooLateIsDecidedAgain(t *testing.T) {
	l := orders(t)
	body := l.attach("orders")
	times := l.overtake("orders")
	l.must(body)
	if f := l.want("opened RW302 orders")[0].Opened[0]; f.Cause == nil || f.Cause.Certainty != finding.Certain || *times != 1 {
		t.Errorf("cause %+v, overtaken %d times", f.Cause, *times)
	}
	states, err := l.store.Load(context.Background(), []string{roleARN("orders")})
	if err != nil || len(states[0].Findings) != 1 {
		t.Errorf("stored %+v, %v", states[0].Findings, err)
	}
}

// So is what a sweep found, and by a read of its own: the one of the page is older than what was committed meanwhile.
func TestWhatASweepFoundIsDecidedAgain(t *testing.T) {
	l := orders(t)
	l.now = l.now.Add(25 * time.Hour)
	l.cloud.roles["orders"].inline["all"] = everything
	times := l.overtake("orders")
	reads := l.cloud.reads
	l.tick()
	l.pass(time.Minute)
	l.want("opened RW301 orders")
	if *times != 1 || l.cloud.reads == reads {
		t.Errorf("overtaken %d times, read %d times", *times, l.cloud.reads-reads)
	}
}

// Whoever is overtaken each time gives up, and the record comes again.
func TestAChangeThatIsOvertakenEachTimeComesAgain(t *testing.T) {
	l := orders(t)
	body := l.attach("orders")
	tries := 0
	l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { tries++; return finding.ErrConflict }
	l.fails(body)
	if tries < 2 || tries > 20 {
		t.Errorf("tried %d times", tries)
	}
	l.store.Hooks.BeforeCommit = nil
	l.pass(time.Minute)
	l.want("opened RW302 orders")
}

// A role that is gone without a record, and that no function names, is in no list: a sweep finds it by its findings.
func TestASweepResolvesTheFindingsOfARoleThatIsGone(t *testing.T) {
	l := newLab(t)
	l.role("idle", goodTrust)
	l.swept()
	l.must(l.attach("idle"))
	l.want("opened RW302 idle")
	delete(l.cloud.roles, "idle")
	l.now = l.now.Add(25 * time.Hour)
	l.tick()
	l.pass(time.Minute)
	l.want("resolved RW302 idle roleDeleted")
	if open, err := l.store.OpenRoles(context.Background()); err != nil || len(open) != 0 {
		t.Errorf("open: %q, %v", open, err)
	}
}
