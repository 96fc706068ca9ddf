package reconcile_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// counting is a check that finds any role, and counts how often it ran.
func counting(runs *atomic.Int64) *check.Check {
	return &check.Check{ID: "RW301", Slug: "any", Severity: check.Medium, Run: func(p *check.Pass) {
		runs.Add(1)
		p.Report(check.Diagnostic{Title: "found at " + p.Now.String()})
	}}
}

func policiesOf(texts ...string) role.Maybe[[]role.Policy] {
	var list []role.Policy
	for i, text := range texts {
		list = append(list, role.NewPolicy(role.InlinePart(fmt.Sprint(i)), text, policy.Identity))
	}
	return role.Have(list)
}

// TestAgain decides twice on a role: what was found in the very same role is not looked for again, unless it asks for the time.
func TestAgain(t *testing.T) {
	const dated = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}}]}`
	same := func(*role.Snapshot) {}
	for _, c := range []struct {
		name, text string
		change     func(*role.Snapshot)
		want       int64
	}{
		{"the same", documents["harmless"], same, 1},
		{"it asks for the time", dated, same, 2},
		{"another text", documents["harmless"], func(s *role.Snapshot) { s.Inline = policiesOf(documents["everything"]) }, 2},
		{"another user", documents["harmless"], func(s *role.Snapshot) { s.Users.List = nil }, 2},
	} {
		var runs atomic.Int64
		settings := reconcile.NewSettings(inforce.New([]*check.Check{counting(&runs)}, inforce.Rules{}), "test", check.Parameters{}, settle)
		l := newLab(t)
		l.users = []string{"checkout"}
		snapshot := l.snapshot()
		snapshot.Inline = policiesOf(c.text)
		in := reconcile.Input{Before: l.state, Snapshot: snapshot, Now: now}
		in.Before.Revision = 1
		first := reconcile.Decide(in, settings)
		again := *snapshot
		c.change(&again)
		in.Snapshot, in.Now = &again, now.Add(time.Minute)
		second := reconcile.Decide(in, settings)
		if runs.Load() != c.want {
			t.Errorf("%s: the checks ran %d times, want %d", c.name, runs.Load(), c.want)
		}
		if a, b := first.Judgement.Result.Diagnostics, second.Judgement.Result.Diagnostics; len(a) != 1 || len(b) != 1 || (a[0].Title == b[0].Title) != (c.want == 1) {
			t.Errorf("%s: %v, and then %v", c.name, a, b)
		}
	}
}

// TestAgainForMany decides on more roles than are remembered, several at a time.
func TestAgainForMany(t *testing.T) {
	var runs atomic.Int64
	settings := reconcile.NewSettings(inforce.New([]*check.Check{counting(&runs)}, inforce.Rules{}), "test", check.Parameters{}, settle)
	l := newLab(t)
	l.users = []string{"checkout"}
	var group sync.WaitGroup
	for i := range 200 {
		snapshot := l.snapshot()
		snapshot.Ref.Name = fmt.Sprint("role-", i)
		group.Go(func() {
			for range 2 {
				if d := reconcile.Decide(reconcile.Input{Snapshot: snapshot, Now: now}, settings); len(d.Judgement.Result.Diagnostics) != 1 {
					t.Errorf("%s: %v", snapshot.Ref.Name, d.Judgement)
				}
			}
		})
	}
	group.Wait()
	if n := runs.Load(); n < 200 || n > 400 {
		t.Errorf("the checks ran %d times for 200 roles", n)
	}
}
