package watch_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/command"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// openToPeople takes the messages since the last call into what people take to be open: "RW303 orders".
func (l *lab) openToPeople(open map[string]bool) {
	l.t.Helper()
	for _, o := range l.outgoing {
		if o.Kind != message.KindFindings || slices.Contains(o.Rendered.Attributes[deploy.AudienceAttribute], deploy.AudienceMachines) {
			continue
		}
		// Machines may be told of more in the same message than people are.
		for _, line := range mailed(o.Rendered.Email) {
			open[line.finding] = line.kind != "resolved"
		}
		var m message.Message
		if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
			l.t.Fatal(err)
		}
		if m.Digest == nil {
			continue
		}
		for _, f := range m.Digest.Folds {
			for _, name := range f.Names {
				open[f.Check+" "+name] = f.Kind != finding.KindResolved
			}
		}
	}
	l.outgoing, l.messages, l.chats, l.published = nil, nil, nil, nil
	maps.DeleteFunc(open, func(_ string, is bool) bool { return !is })
}

type mailedFinding struct{ kind, finding string }

// mailed are the findings of an e-mail that is no digest.
func mailed(text string) (out []mailedFinding) {
	parts := mailHeading.FindAllStringSubmatchIndex(text, -1)
	for i, at := range parts {
		end := len(text)
		if i+1 < len(parts) {
			end = parts[i+1][0]
		}
		for _, f := range mailFinding.FindAllStringSubmatch(text[at[1]:end], -1) {
			kind := map[string]string{"OPENED": "opened", "CHANGED": "changed", "RESOLVED": "resolved"}[text[at[2]:at[3]]]
			out = append(out, mailedFinding{kind, f[1] + " " + f[2]})
		}
	}
	return out
}

// Policies of any severity come, change and go at any time, while commits fail before and after they are made and topics refuse: once the
// digest is out, what people take to be open is what is open.
func TestPeopleKnowWhatIsOpenOnceTheDigestIsOut(t *testing.T) {
	days, seen := 0, 0
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 7))
		l := digestLab(t)
		l.flaky = true
		killed := killing(random, []int{0, 6, 15}[random.IntN(3)])
		l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { return killed() }
		l.store.Hooks.AfterCommit = l.store.Hooks.BeforeCommit
		l.store.Hooks.CommitDigest = func([]message.Outgoing) error { return killed() }
		l.store.Hooks.Delivered = func(string) error { return killed() }
		known := map[string]bool{}
		var history []string
		for day := range 6 {
			for range random.IntN(8) {
				l.pass(time.Duration(random.IntN(150)) * time.Minute)
				name, text := []string{"orders", "billing", "payments"}[random.IntN(3)], []string{readable, listing, writing, everything, ""}[random.IntN(5)]
				history = append(history, fmt.Sprintf("%s %s %s", l.now.Format("02 15:04"), name, text))
				if err := l.queue.Send(context.Background(), l.edit(name, text), 0); err != nil {
					t.Fatal(err)
				}
			}
			l.until("08:00")
			l.until("12:00") // Without edits, and with what failed tried again.
			l.openToPeople(known)
			var open []string
			for _, name := range []string{"orders", "billing", "payments"} {
				for _, f := range l.state(name).Findings {
					if f.Status != finding.Pending {
						open = append(open, f.Check+" "+name)
					}
				}
			}
			slices.Sort(open)
			if told := slices.Sorted(maps.Keys(known)); !slices.Equal(told, open) {
				t.Fatalf("run %d, day %d: people know of %q, open is %q; %q", seed, day, told, open, history)
			}
			days++
			seen += len(open)
		}
	}
	if days == 0 || seen < days/2 {
		t.Errorf("%d findings were open in %d days", seen, days)
	}
}

// The end of a finding is left to the digest, and the finding opens again at once, being graver: the digest does not say that it ended.
func TestAFindingThatOpensAgainAtOnceLeavesTheDigest(t *testing.T) {
	for name, again := range map[string]string{"graver": writing, "as it was": readable} {
		l := digestLab(t)
		l.must(l.putInline("orders", "p", readable))
		l.until("10:30")
		l.received()
		l.must(l.putInline("orders", "p", listing))
		l.pass(5 * time.Hour)
		l.must(l.putInline("orders", "p", again))
		l.until("08:00")
		l.received()
		if ended := l.state("orders").EndedInDigest; len(ended) == 0 {
			t.Errorf("%s: it is not remembered which findings ended", name)
		}
		l.until("10:30")
		want := []string{"people: RESOLVED: Daily digest: 1 finding opened and resolved again on 1 role", "  passed low RW501 of orders"}
		if again == readable {
			want = []string{"people: MEDIUM: Daily digest: 1 finding opened, 1 opened and resolved again ...", "  opened medium RW303 of orders", "  passed low RW501 of orders"}
		}
		l.wantReceived(want...)
		l.pass(72 * time.Hour)
		l.must(l.putInline("orders", "q", everything))
		if ended := l.state("orders").EndedInDigest; len(ended) > 0 {
			t.Errorf("%s: %v are remembered for long", name, ended)
		}
	}
}

// The end of a finding is left to the digest, and a new catalogue opens the finding again: the message about the upgrade reports that, and the
// digest does not say that it ended.
func TestAFindingThatAnUpgradeOpensAgainLeavesTheDigest(t *testing.T) {
	for _, severity := range []check.Severity{check.Medium, check.High} {
		l := digestLab(t)
		l.must(l.putInline("orders", "p", readable))
		l.until("10:30")
		l.received()
		l.must(l.putInline("orders", "p", `{"Version":"2012-10-17","Statement":[]}`))
		l.until("11:30")
		l.wantReceived("machines: 1 resolved")
		l.config.Rules = inforce.New([]*check.Check{severe("RW303", map[string]check.Severity{`{"Version":"2012-10-17","Statement":[]}`: severity})}, inforce.Rules{})
		l.config.Catalogue = "next"
		l.watch = l.another()
		l.until("09:45")
		if got := strings.Join(l.received(), "\n"); !strings.Contains(got, "1 finding opened") {
			t.Errorf("received of the upgrade:\n%s", got)
		}
		l.until("10:30")
		l.wantReceived()
	}
}

// A finding that was accepted ends, which is left to the digest, and opens again: nobody is told, and the digest does not say that it ended.
func TestAnAcceptedFindingThatOpensAgainLeavesTheDigest(t *testing.T) {
	d := newDesk(t)
	d.config.Digest = watch.Digest{Daily: true, At: 10 * time.Hour}
	d.watch = d.another()
	d.put("orders", "p", readable)
	d.until("10:30")
	if a := d.call(command.Request{Act: command.Accept, Finding: d.hex("orders"), By: "sam", Reason: "SEC-1", Until: d.now.AddDate(0, 0, 6).Format(time.DateOnly)}); a.Refused {
		t.Fatalf("%+v", a)
	}
	d.until("10:30")
	d.remove("orders", "p")
	d.pass(3 * time.Hour)
	d.put("orders", "p", readable)
	d.until("09:30")
	d.received()
	d.until("10:30")
	d.wantReceived()
	if _, f := d.only("orders"); f.Status != finding.Open {
		t.Errorf("stored %+v", f)
	}
}
