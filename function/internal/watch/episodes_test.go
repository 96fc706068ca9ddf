package watch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// subjects are those of what operations were told since the last call.
func (l *lab) subjects() []string {
	var out []string
	for _, n := range l.notices {
		subject, _, _ := strings.Cut(n, "\n")
		out = append(out, strings.TrimPrefix(subject, "[rolewatch] "))
	}
	l.notices = nil
	return out
}

func (l *lab) wantTold(subjects ...string) {
	l.t.Helper()
	if diff := cmp.Diff(subjects, l.subjects()); diff != "" {
		l.t.Errorf("operations were told (-want +got):\n%s", diff)
	}
}

// ticked lets time pass as it does in the deployed stack: a tick every 15 minutes, and what it puts into the queue.
func (l *lab) ticked(d time.Duration) {
	l.t.Helper()
	for range d / (15 * time.Minute) {
		l.tick()
		l.pass(15 * time.Minute)
	}
}

// open are the keys of the open episodes.
func (l *lab) open() []string {
	l.t.Helper()
	episodes, err := l.store.Episodes(context.Background(), account)
	if err != nil {
		l.t.Fatal(err)
	}
	var out []string
	for _, e := range episodes.Open {
		out = append(out, e.Key)
	}
	return out
}

// Each call that may be denied, by what tries it: operations learn of it, again after a day, and when it is over although nothing
// changes in the account.
func TestADeniedCallIsReportedUntilItIsOver(t *testing.T) {
	for call, provoke := range map[string]func(*lab){
		"iam:GetRole": func(l *lab) { l.must(l.setTrust("orders", goodTrust+" ")) },
		"iam:ListEntitiesForPolicy": func(l *lab) {
			l.must(l.record("CreatePolicyVersion", map[string]any{"policyArn": "arn:aws:iam::" + account + ":policy/p", "policyDocument": harmless, "setAsDefault": true}))
		},
		"lambda:ListVersionsByFunction": func(l *lab) {
			l.must(l.record("UpdateFunctionCode20150331v2", map[string]any{"functionName": "checkout"}))
		},
		"iam:GetAccountAuthorizationDetails": func(l *lab) { l.now = l.now.Add(25 * time.Hour); l.swept() },
	} {
		t.Run(call, func(t *testing.T) {
			l := orders(t)
			l.swept()
			l.notices = nil
			l.cloud.denied = map[string]bool{call: true}
			provoke(l)
			l.wantTold("rolewatch may not call " + call)
			l.ticked(20 * time.Hour)
			l.wantTold()
			l.ticked(10 * time.Hour)
			l.wantTold("Still: rolewatch may not call " + call)
			l.cloud.denied = nil
			l.ticked(4 * time.Hour)
			l.wantTold("Resolved: rolewatch may call " + call + " again")
			if open := l.open(); len(open) != 0 {
				t.Errorf("open: %v", open)
			}
			l.ticked(30 * time.Hour)
			l.wantTold()
		})
	}
}

// Two execution environments that see the same trouble report it once, and one crash between commit and publication loses nothing.
func TestAnEpisodeIsReportedOnceByAll(t *testing.T) {
	l := orders(t)
	l.swept()
	l.notices = nil
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	l.down = errors.New("SNS is down")
	l.must(l.setTrust("orders", goodTrust+" "))
	other := *l
	other.watch = l.another()
	other.must(other.setTrust("orders", goodTrust+"  "))
	l.wantTold()
	l.down = nil
	l.now = l.now.Add(3 * time.Minute)
	l.tick()
	l.wantTold("rolewatch may not call iam:GetRole")
}

// An episode that cannot be noted fails the item, which comes again.
func TestAnEpisodeThatCannotBeStoredComesAgain(t *testing.T) {
	l := orders(t)
	l.swept()
	l.notices = nil
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	edit := l.setTrust("orders", goodTrust+" ")
	l.store.Hooks.CommitEpisodes = func([]message.Outgoing) error { return errors.New("the table is down") }
	l.fails(edit)
	l.store.Hooks.CommitEpisodes = func([]message.Outgoing) error { return finding.ErrConflict }
	l.fails(edit)
	l.store.Hooks.CommitEpisodes = nil
	l.must(edit)
	l.wantTold("rolewatch may not call iam:GetRole")
}
