package watch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// Of two roles that are committed together, one that cannot be stored does not keep the other from being reported.
func TestOneOfTwoRolesThatCannotBeCommitted(t *testing.T) {
	for _, bad := range []string{"r0000", "r0001"} {
		l := teamed(t, 2)
		l.store.Hooks.BeforeCommit = func(states []finding.State, _ []message.Outgoing) error {
			if slices.ContainsFunc(states, func(s finding.State) bool { return s.ARN == roleARN(bad) }) {
				return errors.New("it is too large")
			}
			return nil
		}
		l.must(l.setTeam(everything))
		l.pass(time.Minute)
		if n := l.opened(); n != 1 {
			t.Errorf("without %s, %d roles are reported, want 1", bad, n)
		}
	}
}

// What is decided of a role without news keeps nothing from the roles that are committed with it: one that was acknowledged stays quiet.
func TestAnActOfOneRoleHoldsWithNewsOfOthers(t *testing.T) {
	d := newDesk(t)
	d.put("orders", "data", readable)
	if a := d.call(command.Request{Act: command.Accept, Finding: d.hex("orders"), Reason: "SEC-1", Until: "2026-06-01"}); a.Refused {
		t.Fatalf("%+v", a)
	}
	d.remove("orders", "data")
	d.pass(time.Hour)
	d.people()
	d.now = d.now.Add(time.Minute)
	d.cloud.policies[team] = readable
	d.cloud.roles["orders"].inline["data"], d.cloud.roles["billing"].attached[team], d.cloud.roles["orders"].attached[team] = readable, true, true
	d.must(d.setTeam(harmless))
	if told := d.people(); len(told) != 0 {
		t.Errorf("people are told %q of what was accepted", told)
	}
	if _, f := d.only("orders"); f.Status != finding.Open {
		t.Errorf("stored %+v", f)
	}
}

// managed is a check that fires for each managed policy that allows everything.
func managed(id string, severity check.Severity) *check.Check {
	return &check.Check{ID: id, Slug: strings.ToLower(id), Title: id, Severity: severity, Run: func(p *check.Pass) {
		for _, one := range p.Role.Attached.Or(nil) {
			if one.Text.Or("") == everything {
				p.Report(check.Diagnostic{Key: byPart(one.Part), Functions: p.Role.Users.List, Title: p.Role.Ref.Name + " has a policy", Evidence: []check.Evidence{{Policy: one.Part.String(), Text: everything}}})
			}
		}
	}}
}

// A change to many roles whose first finding of each is left to the digest is reported at once by what else it came to.
func TestAChangeToManyRolesWithFindingsOfTheDigest(t *testing.T) {
	l := newLab(t)
	l.config.Rules = inforce.New([]*check.Check{managed("RW101", check.Low), managed("RW301", check.Critical), managed("RW401", check.Low)}, inforce.Rules{})
	l.config.Digest = watch.Digest{Daily: true, At: 10 * time.Hour}
	l.watch = l.another()
	l.cloud.policies[team] = harmless
	for i := range 60 {
		l.role(fmt.Sprintf("r%04d", i), goodTrust).attached[team] = true
	}
	l.swept()
	l.pass(time.Hour)
	l.outgoing, l.chats = nil, nil
	l.must(l.setTeam(everything))
	l.pass(time.Hour)
	if got := l.forPeople(); len(got) != 1 || !strings.Contains(got[0], "60 roles") || !strings.Contains(got[0], "RW301") {
		t.Errorf("people received %q", got)
	}
}

// A finding of one role that is accepted, the gravest, is left out of what a change to many roles came to; the role's other one is not.
func TestAChangeToManyRolesOneOfWhoseFindingsIsAccepted(t *testing.T) {
	d := newDesk(t)
	d.config.Rules = inforce.New([]*check.Check{managed("RW303", check.High), managed("RW401", check.Medium)}, inforce.Rules{})
	d.watch = d.another()
	d.cloud.policies[team] = harmless
	for i := range 60 {
		d.role(fmt.Sprintf("r%04d", i), goodTrust).attached[team] = true
	}
	d.now = d.now.Add(25 * time.Hour)
	d.swept()
	d.must(d.setTeam(everything))
	d.pass(time.Hour)
	id := ""
	for _, f := range d.state("r0000").Findings {
		if f.Check == "RW303" {
			_, id, _ = strings.Cut(f.ID, "-")
		}
	}
	if a := d.call(command.Request{Act: command.Accept, Finding: id, Reason: "SEC-1", Until: "2026-06-01"}); a.Refused {
		t.Fatalf("%+v", a)
	}
	d.must(d.setTeam(harmless))
	d.pass(48 * time.Hour)
	d.outgoing, d.chats = nil, nil
	d.must(d.setTeam(everything))
	d.pass(time.Hour)
	if len(d.chats) != 1 {
		t.Fatalf("people received %d messages", len(d.chats))
	}
	for _, opened := range []string{"RW303 (59 roles, ", "RW401 (60 roles, "} {
		if !strings.Contains(d.chats[0].Rendered.Email, opened) {
			t.Errorf("not %s:\n%s", opened, d.chats[0].Rendered.Email)
		}
	}
}

// A subject names the Region where several are watched, and not where there is one.
func TestASubjectNamesTheRegionWhereSeveralAreWatched(t *testing.T) {
	for _, regions := range [][]string{{region}, {region, "eu-west-1"}} {
		l := newLab(t, managed("RW301", check.Critical))
		l.config.Regions, l.config.AccountName = regions, "pay" // There is room for the Region.
		l.watch = l.another()
		l.role("orders", goodTrust)
		l.function("checkout", "orders")
		l.swept()
		l.must(l.attach("orders"))
		if m := l.want("opened RW301 orders")[0]; strings.Contains(m.Subject, "in pay, "+region+":") != (len(regions) > 1) {
			t.Errorf("%d Regions: %s", len(regions), m.Subject)
		}
		l.cloud.policies[team] = harmless
		for i := range 60 {
			name := fmt.Sprintf("r%04d", i)
			l.role(name, goodTrust).attached[team] = true
			l.function("of-"+name, name)
		}
		l.now = l.now.Add(25 * time.Hour)
		l.swept()
		l.pass(time.Hour)
		l.outgoing, l.chats = nil, nil
		l.must(l.setTeam(everything))
		l.pass(time.Hour)
		for _, o := range l.chats {
			if strings.Contains(o.Rendered.Subject, "in pay, "+region+":") != (len(regions) > 1) {
				t.Errorf("%d Regions: %s", len(regions), o.Rendered.Subject)
			}
		}
		if len(l.chats) != 1 {
			t.Errorf("people received %d messages", len(l.chats))
		}
	}
}
