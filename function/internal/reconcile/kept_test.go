package reconcile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// decide decides on what the lab has, and commits.
func (l *lab) decide() reconcile.Decision {
	d := reconcile.Decide(l.input(), l.settings)
	l.apply(d)
	return d
}

func (l *lab) remembers(id string) bool {
	return slices.ContainsFunc(l.state.Changes, func(c finding.Change) bool { return c.EventID == id })
}

// The record that an open finding names is remembered as long as the finding is, however long that takes; any other for twice the settle
// time.
func TestTheRecordThatAFindingNamesIsRememberedWithIt(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.decide()
	l.inline["all"] = "everything"
	l.record("iam", "PutRolePolicy", "all", "everything")
	l.record("iam", "TagRole", "", "")
	if d := l.decide(); len(d.Transitions) == 0 || !l.remembers("e1") || !l.remembers("e2") {
		t.Fatalf("%+v, remembered %+v", d.Transitions, l.state.Changes)
	}
	for range 3 {
		l.now = l.now.Add(30 * 24 * time.Hour)
		l.decide()
		if !l.remembers("e1") || l.remembers("e2") {
			t.Fatalf("remembered %+v", l.state.Changes)
		}
	}
	delete(l.inline, "all")
	l.decide()
	l.now = l.now.Add(3 * settle)
	l.decide()
	if l.remembers("e1") {
		t.Errorf("a record is remembered of a finding that is over: %+v", l.state.Changes)
	}
}

// A finding that an exception spares from now on is over as excepted, and nobody is said to have fixed it.
func TestAFindingThatIsExceptedIsNotFixed(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.inline["all"] = "everything"
	if d := l.decide(); len(d.Transitions) != 1 || d.Transitions[0].Kind != finding.KindOpened {
		t.Fatalf("%+v", d.Transitions)
	}
	l.settings = reconcile.NewSettings(inforce.New([]*check.Check{everything}, inforce.Rules{Exceptions: inforce.Exceptions{
		List: []check.Exception{{Checks: []string{everything.ID}, Tag: "sandbox", Value: "yes", Reason: "It is meant to.", Until: now.Add(24 * time.Hour)}},
	}}), "test", check.Parameters{}, settle)
	in := l.input()
	in.Snapshot.Tags = role.Have(map[string]string{"sandbox": "yes"})
	d := reconcile.Decide(in, l.settings)
	l.apply(d)
	if len(d.Transitions) != 1 || d.Transitions[0].Finding.Resolution != finding.Excepted || len(l.state.Findings) != 0 {
		t.Errorf("%+v, stored %+v", d.Transitions, l.state.Findings)
	}
}

// A call that failed changed nothing of a role: it touches no part, whatever it asked for.
func TestACallThatFailedTouchesNothing(t *testing.T) {
	text, tried := documents["everything"], 0
	for _, row := range events.Catalog() {
		c := events.Change{
			ID: "e1", Event: row, Name: row.Name, Time: now, Account: account, Region: "us-east-1", Partition: "aws", Role: events.RoleRef{Name: "orders"}, Document: &text,
			ErrorCode: "AccessDenied", ErrorMessage: "User is not authorized",
		}
		c.Policy.Name, c.Policy.ARN, c.Policy.SetAsDefault = "all", "arn:aws:iam::aws:policy/AdministratorAccess", true
		tried++
		if ch := reconcile.NewChange(&c); ch.Part != "" && ch.Part != role.PartRefusal || ch.Effect != "" || ch.Role != "" || ch.Hash != "" || len(ch.Within) > 0 || ch.Facet != "" || ch.Success {
			t.Errorf("%s: %+v", row.Name, ch)
		}
	}
	if tried == 0 {
		t.Fatal("no event was tried")
	}
}
