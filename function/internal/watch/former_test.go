package watch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// edits is a check that tells, in its detail, what parts were before they were edited and by whom.
func edits() *check.Check {
	return &check.Check{
		ID: "RW317", Slug: "new-access", Severity: check.Medium, JudgesEdit: true,
		Run: func(p *check.Pass) {
			if len(p.Before.Parts) == 0 {
				return
			}
			d := check.Diagnostic{Title: "edited"}
			for name, was := range p.Before.Parts {
				text := "unknown"
				switch was.State() {
				case role.Absent:
					text = "nothing"
				case role.Known:
					text = was.Or(role.Policy{}).Text.Or("")
				}
				d.Parts, d.Detail = append(d.Parts, name), d.Detail+name.String()+" was "+text+";"
			}
			slices.Sort(d.Parts)
			for _, c := range p.Changes {
				d.Detail += fmt.Sprintf(" %s %s by %s;", c.Event, c.Part, c.Actor[strings.LastIndex(c.Actor, "/")+1:])
			}
			p.Report(d)
		},
	}
}

func editsOnly(t *testing.T) *lab {
	l := newLab(t, edits())
	l.role("orders", goodTrust)
	l.cloud.roles["orders"].inline["logs"] = harmless
	l.function("checkout", "orders")
	l.swept()
	l.pass(time.Hour)
	l.want()
	return l
}

func (l *lab) putInline(name, policy, text string) []byte {
	l.cloud.roles[name].inline[policy] = text
	return l.record("PutRolePolicy", map[string]any{"roleName": name, "policyName": policy, "policyDocument": text})
}

func (l *lab) detail(lines ...string) string {
	l.t.Helper()
	m := l.want(lines...)[0]
	return slices.Concat(m.Opened, m.Changed)[0].Detail
}

func TestWhatAPartWasBeforeItsEditIsRememberedForAWeek(t *testing.T) {
	l := editsOnly(t)
	l.must(l.putInline("orders", "logs", everything))
	want := "inline:logs was " + harmless + "; PutRolePolicy inline:logs by mallory;"
	if got := l.detail("opened RW317 orders"); got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
	l.pass(3 * 24 * time.Hour)
	l.want()
	l.pass(4 * 24 * time.Hour)
	l.tick()
	l.pass(time.Second)
	l.want("resolved RW317 orders expired")
}

func TestTheFirstOfSeveralEditsCounts(t *testing.T) {
	l := editsOnly(t)
	l.must(l.putInline("orders", "logs", everything))
	l.want("opened RW317 orders")
	l.pass(time.Hour)
	l.must(l.putInline("orders", "logs", strings.Replace(everything, "Allow", "Deny", 1)))
	l.pass(time.Hour)
	l.want()
	l.must(l.putInline("orders", "logs", harmless))
	l.want("resolved RW317 orders mended")
}

func TestAPartThatIsNewWasNothingBefore(t *testing.T) {
	l := editsOnly(t)
	l.must(l.putInline("orders", "more", everything))
	if got := l.detail("opened RW317 orders"); !strings.HasPrefix(got, "inline:more was nothing;") {
		t.Errorf("detail %q", got)
	}
	l.pass(time.Hour)
	delete(l.cloud.roles["orders"].inline, "more")
	l.must(l.record("DeleteRolePolicy", map[string]any{"roleName": "orders", "policyName": "more"}))
	l.want("resolved RW317 orders mended")
}

func TestWhatATakenPartWasIsKnownUntilItLapses(t *testing.T) {
	l := editsOnly(t)
	delete(l.cloud.roles["orders"].inline, "logs")
	l.must(l.record("DeleteRolePolicy", map[string]any{"roleName": "orders", "policyName": "logs"}))
	want := "inline:logs was " + harmless + "; DeleteRolePolicy inline:logs by mallory;"
	if got := l.detail("opened RW317 orders"); got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
	l.pass(2 * 24 * time.Hour)
	l.tick()
	l.pass(time.Second)
	l.want()
}

func TestAnEditThatOnlyASweepSeesIsOneToo(t *testing.T) {
	l := editsOnly(t)
	l.cloud.roles["orders"].inline["logs"] = everything
	l.pass(25 * time.Hour)
	l.tick()
	l.pass(time.Second)
	if got := l.detail("opened RW317 orders"); got != "inline:logs was "+harmless+";" {
		t.Errorf("detail %q", got)
	}
}

func TestARoleThatWasNeverLookedAtHasNoEdits(t *testing.T) {
	l := editsOnly(t)
	l.role("payments", goodTrust)
	l.cloud.roles["payments"].inline["all"] = everything
	l.function("pay", "payments")
	l.must(l.record("CreateFunction20150331", map[string]any{"functionName": "pay", "role": roleARN("payments")}))
	l.pass(time.Hour)
	l.want()
}
