package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// readable and listing are policies that the digest's checks are about; graver is one that both are.
const (
	readable = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`
	listing  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]}`
	writing  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}`
)

// severe is a check whose severity depends on the text of a policy.
func severe(id string, of map[string]check.Severity) *check.Check {
	return &check.Check{ID: id, Slug: strings.ToLower(id), Title: id, Severity: check.Medium, Run: func(p *check.Pass) {
		for _, one := range p.Role.Inline.Or(nil) {
			if severity, ok := of[one.Text.Or("")]; ok {
				p.Report(check.Diagnostic{
					Key: one.Part.String(), Severity: severity, Title: p.Role.Ref.Name + " has " + one.Part.String(),
					Evidence: []check.Evidence{{Policy: one.Part.String(), Text: one.Text.Or("")}},
				})
			}
		}
	}}
}

var graded = []*check.Check{
	severe("RW303", map[string]check.Severity{readable: check.Medium, writing: check.High}),
	severe("RW501", map[string]check.Severity{listing: check.Low}),
	severe("RW301", map[string]check.Severity{everything: check.Critical}),
}

// digestLab is a lab with a digest at 10:00 UTC. RW303 is medium, and high where it writes; RW501 is low, RW301 critical.
func digestLab(t *testing.T) *lab {
	l := newLab(t)
	l.config.Rules = inforce.New(graded, inforce.Rules{})
	l.config.Digest = watch.Digest{Daily: true, At: 10 * time.Hour}
	l.watch = l.another()
	for _, name := range []string{"orders", "billing", "payments"} {
		l.role(name, goodTrust)
	}
	l.swept()
	return l
}

// until runs to a time of the clock, with a tick every 15 minutes.
func (l *lab) until(clock string) {
	l.t.Helper()
	at, err := time.Parse("15:04", clock)
	if err != nil {
		l.t.Fatal(err)
	}
	end := l.now.Truncate(24 * time.Hour).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
	if !end.After(l.now) {
		end = end.Add(24 * time.Hour)
	}
	for l.now.Before(end) {
		next := l.now.Truncate(15 * time.Minute).Add(15 * time.Minute)
		if next.After(end) {
			next = end
		}
		l.pass(next.Sub(l.now))
		if l.now.Equal(l.now.Truncate(15 * time.Minute)) {
			l.retrying([]byte(`{"rolewatch":"tick"}`))
		}
	}
}

// received is what was published since the last call, for people and for machines; of a digest, what it says of each fold.
func (l *lab) received() []string {
	l.t.Helper()
	var out []string
	for _, o := range l.outgoing {
		if o.Kind != message.KindFindings {
			out = append(out, "operations: "+o.Rendered.Subject)
			continue
		}
		var m message.Message
		if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
			l.t.Fatal(err)
		}
		for kind, list := range map[string]int{"opened": len(m.Opened), "changed": len(m.Changed), "resolved": len(m.Resolved)} {
			if list > 0 {
				out = append(out, fmt.Sprintf("machines: %d %s", list, kind))
			}
		}
		if len(o.Rendered.Attributes["audience"]) == 0 {
			out = append(out, "people: "+subjectOf(o.Rendered.Subject))
		}
		if d := m.Digest; d != nil {
			for _, f := range d.Folds {
				out = append(out, fmt.Sprintf("  %s %s %s of %s", f.Kind, f.Severity, f.Check, f.RoleNames()))
			}
			for _, f := range d.PassedFolds {
				out = append(out, fmt.Sprintf("  passed %s %s of %s", f.Severity, f.Check, f.RoleNames()))
			}
		}
	}
	slices.Sort(out)
	people := 0
	for _, line := range out {
		if strings.HasPrefix(line, "people: ") {
			people++
		}
	}
	if people != len(l.chats) {
		l.t.Errorf("%d notifications of %d messages for people", len(l.chats), people)
	}
	l.outgoing, l.messages, l.chats, l.published = nil, nil, nil, nil
	return out
}

func (l *lab) wantReceived(lines ...string) {
	l.t.Helper()
	slices.Sort(lines)
	if got := l.received(); !slices.Equal(got, lines) {
		l.t.Fatalf("received:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

func (l *lab) drop(name, policy string) []byte {
	delete(l.cloud.roles[name].inline, policy)
	return l.record("DeleteRolePolicy", map[string]any{"roleName": name, "policyName": policy})
}

// A crash wherever the digest is committed or published neither loses it nor sends it twice.
func TestADigestSurvivesCrashes(t *testing.T) {
	killed := errors.New("killed")
	for name, crash := range map[string]func(l *lab) (recover func()){
		"before the commit": func(l *lab) func() {
			l.store.Hooks.CommitDigest = func([]message.Outgoing) error { return killed }
			return func() { l.store.Hooks.CommitDigest = nil }
		},
		"before publishing": func(l *lab) func() {
			l.down = killed
			return func() { l.down = nil }
		},
		"one topic refuses": func(l *lab) func() {
			l.refusing = map[string]error{message.Chat.Name: killed}
			return func() { l.refusing = nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := digestLab(t)
			l.flaky = true
			l.must(l.putInline("orders", "p", readable))
			l.until("09:45")
			l.wantReceived("machines: 1 opened")
			recover := crash(l)
			l.until("10:10")
			recover()
			l.until("13:00")
			l.wantReceived("people: MEDIUM: Daily digest: 1 finding opened on 1 role", "  opened medium RW303 of orders")
			l.until("10:30")
			l.wantReceived()
		})
	}
}

// Two functions take the digest at once: one of them sends it.
func TestADigestIsSentByOne(t *testing.T) {
	l := digestLab(t)
	l.must(l.putInline("orders", "p", readable))
	l.until("09:55")
	l.received()
	l.now = l.now.Add(10 * time.Minute)
	other := l.another()
	raced := false
	l.store.Hooks.CommitDigest = func([]message.Outgoing) error {
		if !raced {
			raced = true
			other.Handle(context.Background(), l.items([]byte(`{"rolewatch":"tick"}`)))
		}
		return nil
	}
	l.watch.Handle(context.Background(), l.items([]byte(`{"rolewatch":"tick"}`)))
	l.store.Hooks.CommitDigest = nil
	l.until("13:00")
	l.wantReceived("people: MEDIUM: Daily digest: 1 finding opened on 1 role", "  opened medium RW303 of orders")
	if !raced {
		t.Error("there was no race")
	}
}

// A busy day leaves more entries than one transaction takes.
func TestADigestOfABusyDay(t *testing.T) {
	l := digestLab(t)
	for i := range 250 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust)
		l.must(l.putInline(fmt.Sprintf("r%03d", i), "p", readable))
	}
	l.until("09:45")
	l.received()
	l.until("10:15")
	l.wantReceived("people: MEDIUM: Daily digest: 250 findings opened on 250 roles",
		"  opened medium RW303 of r000, r001, r002, r003, r004, r005, r006, r007, r008, r009 and 240 more")
}

// The setting is turned off: what waits is sent with the next sweep, and what is resolved is reported at once.
func TestTheDigestIsTurnedOff(t *testing.T) {
	l := digestLab(t)
	l.must(l.putInline("orders", "p", readable), l.putInline("billing", "p", readable))
	l.until("09:45")
	l.received()
	l.config.Digest = watch.Digest{}
	l.watch = l.another()
	l.must(l.drop("billing", "p"))
	l.wantReceived("machines: 1 resolved", "people: RESOLVED: Fixed by mallory: RW303 (role billing)")
	l.until("09:15")
	got := l.received()
	if len(got) != 2 || got[1] != "people: MEDIUM: Daily digest: 1 finding opened on 1 role" {
		t.Errorf("received %q", got)
	}
}

// One commit has a critical and a medium finding: people are told of the first at once, and machines of both in the same message.
func TestACommitOfBothKinds(t *testing.T) {
	l := digestLab(t)
	l.must(l.putInline("orders", "p", readable), l.putInline("orders", "r", everything))
	if len(l.outgoing) != 1 || len(l.chats) != 1 {
		t.Fatalf("%d messages, %d notifications", len(l.outgoing), len(l.chats))
	}
	r := l.outgoing[0].Rendered
	var m message.Message
	if err := json.Unmarshal([]byte(r.Machine), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Opened) != 2 || !slices.Equal(r.Attributes["checks"], []string{"RW301", "RW303"}) || r.Attributes["audience"] != nil {
		t.Errorf("%d findings for machines, attributes %v", len(m.Opened), r.Attributes)
	}
	for form, text := range map[string]string{"e-mail": r.Email, "chat": l.chats[0].Rendered.Channels[message.Chat.Name][0], "subject": r.Subject} {
		if strings.Contains(text, "RW303") || strings.Contains(text, "inline:p") || !strings.Contains(text, "inline:r") {
			t.Errorf("the %s has what the digest reports:\n%s", form, text)
		}
	}
	l.outgoing, l.messages, l.chats = nil, nil, nil
	l.until("10:00")
	l.wantReceived("people: MEDIUM: Daily digest: 1 finding opened on 1 role", "  opened medium RW303 of orders")
}

// Notices to operations never wait for the digest.
func TestOperationsDoNotWaitForTheDigest(t *testing.T) {
	l := digestLab(t)
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	l.deliver(l.putInline("orders", "p", readable))
	if len(l.notices) != 1 || !strings.Contains(l.notices[0], "may not call iam:GetRole") {
		t.Errorf("notices %q", l.notices)
	}
}

// A policy on many roles with a medium finding: machines receive each at once, and people one fold of the digest.
func TestAChangeToManyRolesInTheDigest(t *testing.T) {
	l := digestLab(t)
	medium := &check.Check{ID: "RW303", Slug: "rw303", Title: "It reads", Severity: check.Medium, Run: func(p *check.Pass) {
		for _, one := range p.Role.Attached.Or(nil) {
			if one.Text.Or("") == readable {
				p.Report(check.Diagnostic{Key: one.Part.String(), Title: p.Role.Ref.Name + " reads", Evidence: []check.Evidence{{Policy: one.Part.String(), Text: readable}}})
			}
		}
	}}
	l.config.Rules = inforce.New([]*check.Check{medium}, inforce.Rules{})
	l.watch = l.another()
	l.cloud.policies[team] = harmless
	for i := range 120 {
		l.role(fmt.Sprintf("r%03d", i), goodTrust).attached[team] = true
	}
	l.now = l.now.Add(25 * time.Hour)
	l.retrying([]byte(`{"rolewatch":"tick"}`))
	l.until("11:00")
	l.received()
	l.must(l.setTeam(readable))
	l.pass(time.Hour)
	l.wantPeople()
	l.wantMachines("opened", 120)
	l.until("10:00")
	l.wantReceived("people: MEDIUM: Daily digest: 120 findings opened on 120 roles",
		"  opened medium RW303 of r000, r001, r002, r003, r004, r005, r006, r007, r008, r009 and 110 more")
}

// What the digest holds of a finding that a new catalogue ends, or makes high, is over: the message about the upgrade reports it.
func TestAnUpgradeTakesWhatItEndsOutOfTheDigest(t *testing.T) {
	for name, rules := range map[string][]*check.Check{
		"ended":    {severe("RW303", nil)},
		"raised":   {severe("RW303", map[string]check.Severity{readable: check.High})},
		"the same": {severe("RW303", map[string]check.Severity{readable: check.Medium})},
		"lowered":  {severe("RW303", map[string]check.Severity{readable: check.Low})},
	} {
		t.Run(name, func(t *testing.T) {
			l := digestLab(t)
			l.until("10:30")
			l.must(l.putInline("orders", "p", readable))
			l.until("11:00")
			l.wantReceived("machines: 1 opened")
			l.config.Rules, l.config.Catalogue = inforce.New(rules, inforce.Rules{}), "next"
			l.watch = l.another()
			l.until("09:45") // The daily sweep is in this time.
			if got := strings.Join(l.received(), "\n"); strings.Contains(got, "people: ") != (name != "the same") {
				t.Errorf("received of the upgrade:\n%s", got)
			}
			l.until("10:15")
			switch name {
			case "the same", "lowered":
				l.wantReceived("people: MEDIUM: Daily digest: 1 finding opened on 1 role", "  opened medium RW303 of orders")
			default:
				l.wantReceived()
			}
		})
	}
}
