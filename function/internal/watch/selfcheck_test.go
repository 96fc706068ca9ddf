package watch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// Each fault is reported within an hour, again after a day, and when it is over.
func TestEachFaultOfTheDeploymentIsSeenAndItsEndToo(t *testing.T) {
	tried := 0
	for name, tt := range faults {
		t.Run(name, func(t *testing.T) {
			l, s := deployed(t)
			s.breaks = tt.breaks
			l.beating(1)
			l.wantTold(tt.says)
			l.beating(22)
			l.wantTold()
			l.beating(2)
			l.wantTold("Still: " + tt.says)
			s.breaks = nil
			l.beating(1)
			l.wantTold("Resolved: " + tt.over)
			if open := l.open(); len(open) != 0 {
				t.Errorf("open: %v", open)
			}
		})
		tried++
	}
	if tried < 25 {
		t.Errorf("%d faults were tried", tried)
	}
}

// Each fault comes with what to do.
func TestEachFaultSaysHowToFixIt(t *testing.T) {
	for name, tt := range faults {
		if strings.Contains(name, "denied") {
			continue
		}
		f := whole(time.Now())
		tt.breaks(f)
		wrong := 0
		for _, r := range selfcheck.Judge(f) {
			if r.Status == selfcheck.Wrong {
				wrong++
				if r.Fix == "" || r.Trouble.Over == "" || !strings.Contains(r.Notice().Text, r.Fix) || !selfcheck.IsScope(r.Scope) {
					t.Errorf("%s: %+v", name, r)
				}
			}
		}
		if wrong == 0 {
			t.Errorf("%s: nothing is wrong", name)
		}
	}
}

func TestAWholeDeploymentIsSilent(t *testing.T) {
	l, s := deployed(t)
	l.beating(48)
	l.wantTold()
	if s.reads < 40 || s.reads > 50 {
		t.Errorf("it was read %d times in two days", s.reads)
	}
}

// What was not read begins no episode, and ends none.
func TestWhatIsUnknownChangesNothing(t *testing.T) {
	l, s := deployed(t)
	unread := role.Because("it was not read")
	blind := func(f *selfcheck.Facts) {
		for i := range f.Stacks {
			f.Stacks[i].Resources, f.Stacks[i].DeadLetters = role.NotRead[[]selfcheck.Resource](unread), role.NotRead[int](unread)
			for j := range f.Stacks[i].Rules {
				f.Stacks[i].Rules[j].State = role.NotRead[string](unread)
			}
		}
		for i := range f.Topics {
			f.Topics[i].Subscriptions = role.NotRead[selfcheck.Subscriptions](unread)
		}
		f.Keys[0].State = role.NotRead[string](unread)
		for i := range f.Trails {
			f.Trails[i].List = role.NotRead[[]selfcheck.Trail](unread)
		}
		f.Function, f.Mapping = role.NotRead[selfcheck.Function](unread), role.NotRead[selfcheck.Mapping](unread)
		f.Recursion = role.NotRead[string](unread)
		f.Bus, f.Table = role.NotRead[string](unread), role.NotRead[selfcheck.Table](unread)
	}
	s.breaks = blind
	l.beating(2)
	l.wantTold()
	s.breaks = func(f *selfcheck.Facts) {
		for _, tt := range []string{"a rule is disabled", "the trail is stopped", "the mapping is disabled", "the key is disabled"} {
			faults[tt].breaks(f)
		}
	}
	l.beating(1)
	if n := len(l.subjects()); n != 4 {
		t.Fatalf("%d notices", n)
	}
	s.breaks = blind
	l.beating(3)
	l.wantTold()
	s.breaks = nil
	l.beating(1)
	if n := len(l.subjects()); n != 4 {
		t.Errorf("%d notices", n)
	}
	if open := l.open(); len(open) != 0 {
		t.Errorf("open: %v", open)
	}
}

// A heartbeat that is missing for more than two hours is reported, be it that none ever came.
func TestAMissingHeartbeatIsReported(t *testing.T) {
	for name, before := range map[string]func(*lab){"it stopped": func(l *lab) { l.beating(5) }, "none ever came": func(*lab) {}} {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			l.config.Deployment = &self{l: l}
			l.watch = l.another()
			l.swept()
			l.notices = nil
			before(l)
			l.ticked(90 * time.Minute)
			l.wantTold()
			l.ticked(2 * time.Hour)
			l.wantTold("The heartbeat of eu-west-1 is missing")
			l.beating(1)
			l.wantTold("Resolved: The heartbeat of eu-west-1 is received again")
		})
	}
}

func TestASweepThatDoesNotCompleteIsReported(t *testing.T) {
	l, _ := deployed(t)
	l.cloud.denied = map[string]bool{"iam:GetAccountAuthorizationDetails": true}
	l.beating(29)
	l.wantTold("rolewatch may not call iam:GetAccountAuthorizationDetails")
	l.beating(3)
	l.wantTold("No sweep has completed for 30 hours")
	l.cloud.denied = nil
	l.beating(4)
	told := l.subjects()
	slices.Sort(told)
	if want := []string{"Resolved: a sweep has completed", "Resolved: rolewatch may call iam:GetAccountAuthorizationDetails again"}; !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
}

// One alarm that is not over is reported daily, although CloudWatch sends nothing, and not any more once the stack lacks it.
func TestAnAlarmThatIsNotOverIsReportedDaily(t *testing.T) {
	l, s := deployed(t)
	l.must(l.alarm("OK", "ALARM"))
	l.beating(26)
	subject := "An alarm went off in eu-west-1: " + alarmName
	l.wantTold(subject, "Still: "+subject)
	s.breaks = func(f *selfcheck.Facts) { f.Stacks[1].Resources = role.Have(f.Stacks[1].Resources.Or(nil)[:1]) }
	l.beating(1)
	l.wantTold("Resolved: the alarm " + alarmName + " in eu-west-1")
}

// Calls that fail are repeated with the next tick, and reported after six hours.
func TestASelfCheckThatFailsIsRepeatedAndReported(t *testing.T) {
	l, s := deployed(t)
	reads := s.reads
	s.breaks = func(f *selfcheck.Facts) { f.Calls[0].Failed = "dial tcp: timeout" }
	l.beating(6)
	if s.reads-reads < 20 {
		t.Errorf("%d reads in six hours", s.reads-reads)
	}
	l.wantTold()
	l.beating(1)
	l.wantTold("rolewatch cannot check itself")
	s.breaks = nil
	l.beating(1)
	l.wantTold("Resolved: rolewatch can check itself again")
}

// A table that cannot be read stops neither the rest of the tick nor later checks.
func TestAFaultThatCannotBeStoredIsStoredLater(t *testing.T) {
	l, s := deployed(t)
	s.breaks = faults["a rule is disabled"].breaks
	l.down = errors.New("SNS is down")
	l.beating(1)
	l.down = nil
	l.beating(1)
	l.wantTold("The rule rolewatch-RuleIam in us-east-1 is disabled")
}

// canaryRecord is the record of the tag that a canary sets.
func (l *lab) canaryRecord(value string) []byte {
	return l.record("TagResource20170331v2", map[string]any{"resource": selfARN, "tags": map[string]any{selfcheck.CanaryTag: value}}, map[string]any{"eventSource": "lambda.amazonaws.com"})
}

func TestACanaryThatDoesNotArriveIsReported(t *testing.T) {
	l, s := deployed(t)
	l.config.Canary, l.config.CanaryEvery = s, 7*24*time.Hour
	l.watch = l.another()
	l.beating(8 * 24)
	l.wantTold()
	if len(s.sent) != 2 {
		t.Fatalf("sent %v in eight days", s.sent)
	}
	s.lost = true
	l.beating(6*24 + 1)
	l.wantTold("The record of a change did not arrive within 30 minutes")
	// It is sent again until one arrives.
	l.beating(4)
	l.wantTold()
	if n := len(s.sent); n < 5 || n > 7 {
		t.Fatalf("sent %d", n)
	}
	s.lost = false
	l.beating(3)
	l.wantTold("Resolved: the record of a canary arrived")
	s.fail = fmt.Errorf("tag: %w", &role.UnreadError{Why: role.Denied("lambda:TagResource")})
	l.beating(8 * 24)
	l.wantTold("rolewatch may not call lambda:TagResource", "Still: rolewatch may not call lambda:TagResource")
	s.fail = nil
	l.beating(1)
	l.wantTold("Resolved: rolewatch may call lambda:TagResource again")
}
