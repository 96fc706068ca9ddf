package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

const (
	other     = "eu-west-1"
	queueARN  = "arn:aws:sqs:" + region + ":" + account + ":queue"
	busARN    = "arn:aws:events:" + region + ":" + account + ":event-bus/rolewatch"
	trailARN  = "arn:aws:cloudtrail:" + region + ":" + account + ":trail/all"
	selfARN   = "arn:aws:lambda:" + region + ":" + account + ":function:rolewatch-Function"
	alarmName = "rolewatch-rules-eu-west-1-DeadLettersAlarm"
)

// self is a deployment in two Regions that a test breaks.
type self struct {
	l      *lab
	breaks func(*selfcheck.Facts)
	reads  int
	// sent are the canaries, whose records arrive after five minutes unless lost is set.
	sent []string
	lost bool
	fail error
}

func (s *self) Send(ctx context.Context, value string) error {
	if s.fail != nil {
		return s.fail
	}
	s.sent = append(s.sent, value)
	if s.lost {
		return nil
	}
	return s.l.queue.Send(ctx, s.l.canaryRecord(value), 5*time.Minute)
}

func (s *self) Read(context.Context) *selfcheck.Facts {
	s.reads++
	f := whole(s.l.now)
	if s.breaks != nil {
		s.breaks(f)
	}
	return f
}

// whole is a deployment in which nothing is wrong.
func whole(now time.Time) *selfcheck.Facts {
	rule := func(id, target string) selfcheck.Rule {
		return selfcheck.Rule{ID: id, Name: "rolewatch-" + id, State: role.Have("ENABLED"), Targets: role.Have([]string{target}), Wanted: target}
	}
	onBus := rule("OtherRuleLambda", queueARN)
	onBus.Bus = "rolewatch"
	topic := func(id string) selfcheck.Topic {
		return selfcheck.Topic{ID: id, ARN: "arn:aws:sns:" + region + ":" + account + ":rolewatch-" + id, Subscriptions: role.Have(selfcheck.Subscriptions{
			Confirmed: []string{"arn:aws:sns:" + region + ":" + account + ":rolewatch-" + id + ":1"},
		})}
	}
	return &selfcheck.Facts{
		Now: now, Partition: "aws", Account: account, Home: region, Watched: []string{region, other},
		Stacks: []selfcheck.Stack{
			{Name: "rolewatch", Region: region, DeadLetters: role.Have(0), Rules: []selfcheck.Rule{rule("RuleIam", queueARN), rule("Schedule", selfARN), onBus},
				Resources: role.Have([]selfcheck.Resource{{ID: "SubscriptionA", Type: "AWS::SNS::Subscription", Name: "arn:aws:sns:" + region + ":" + account + ":rolewatch-Findings:1"}})},
			{Name: "rolewatch-rules-" + other, Region: other, DeadLetters: role.Have(0), Rules: []selfcheck.Rule{rule("RuleLambda", busARN)},
				Resources: role.Have([]selfcheck.Resource{{ID: "Heartbeat", Type: "AWS::Scheduler::Schedule", Name: "rolewatch-Heartbeat"}, {ID: "Alarm", Type: "AWS::CloudWatch::Alarm", Name: alarmName}})},
		},
		Trails:   []selfcheck.Trails{{Region: region, List: role.Have([]selfcheck.Trail{trail()})}, {Region: other, List: role.Have([]selfcheck.Trail{trail()})}},
		Function: role.Have(selfcheck.Function{Name: "rolewatch-Function", ARN: selfARN, State: "Active", LastUpdate: "Successful"}),
		Mapping:  role.Have(selfcheck.Mapping{ID: "uuid", State: "Enabled"}),
		Bus:      role.Have(busARN),
		Topics:   []selfcheck.Topic{topic("Findings"), topic("Operations")},
		Table:    role.Have(selfcheck.Table{Name: "table", Status: "ACTIVE", Indexes: []selfcheck.Index{{Name: "role", Status: "ACTIVE"}}}),
		Calls:    []selfcheck.Call{{Name: "events:DescribeRule", Region: region}, {Name: "cloudtrail:GetEventSelectors", Region: region}},
	}
}

func trail() selfcheck.Trail {
	return selfcheck.Trail{
		Name: "all", ARN: trailARN, Home: region, MultiRegion: true, Services: true, Logging: role.Have(true),
		Selectors: role.Have(selfcheck.Selectors{Basic: []selfcheck.BasicSelector{{Management: true, ReadWrite: "All"}}}),
	}
}

// eachTrail edits the trail wherever it is seen.
func eachTrail(edit func(*selfcheck.Trail)) func(*selfcheck.Facts) {
	return func(f *selfcheck.Facts) {
		for i := range f.Trails {
			t := trail()
			edit(&t)
			f.Trails[i].List = role.Have([]selfcheck.Trail{t})
		}
	}
}

// deployed is a lab with a deployment, swept and checked once.
func deployed(t *testing.T) (*lab, *self) {
	l := orders(t)
	s := &self{l: l}
	l.config.Deployment, l.config.FunctionARN = s, selfARN
	l.watch = l.another()
	l.beat()
	l.swept()
	l.wantTold()
	l.pass(10 * time.Minute)
	return l, s
}

// beat delivers the heartbeat of the other Region.
func (l *lab) beat() {
	l.t.Helper()
	l.must(l.signal("rolewatch", "rolewatch heartbeat", map[string]any{"deadLetters": "q", "rules": []any{}}))
}

// beating lets hours pass, as ticked does, with a heartbeat in each.
func (l *lab) beating(hours int) {
	l.t.Helper()
	for range hours {
		l.beat()
		l.ticked(time.Hour)
	}
}

// faults are what may be wrong with the deployment, and the subject of which operations are told.
var faults = map[string]struct {
	breaks     func(*selfcheck.Facts)
	says, over string
}{
	"the trail is stopped": {eachTrail(func(t *selfcheck.Trail) { t.Logging = role.Have(false) }), "The trail all is stopped", "a trail delivers the records of API calls again"},
	"the trail logs reads alone": {
		eachTrail(func(t *selfcheck.Trail) {
			t.Selectors = role.Have(selfcheck.Selectors{Basic: []selfcheck.BasicSelector{{Management: true, ReadWrite: "ReadOnly"}}})
		}), "The trail all does not log management write events of IAM and Lambda", "a trail delivers the records of API calls again",
	},
	"there is no trail": {func(f *selfcheck.Facts) {
		f.Trails[0].List, f.Trails[1].List = role.Have([]selfcheck.Trail{}), role.Have([]selfcheck.Trail(nil))
	}, "There is no trail of management events", "a trail delivers the records of API calls again"},
	"a trail of the home Region alone": {func(f *selfcheck.Facts) {
		t := trail()
		t.MultiRegion = false
		f.Trails[0].List, f.Trails[1].List = role.Have([]selfcheck.Trail{t}), role.Have([]selfcheck.Trail(nil))
	}, "There is no trail of management events", "a trail delivers the records of API calls again"},
	"a rule is disabled": {func(f *selfcheck.Facts) { f.Stacks[0].Rules[0].State = role.Have("DISABLED") },
		"The rule rolewatch-RuleIam in us-east-1 is disabled", "The rule rolewatch-RuleIam in us-east-1 is enabled again"},
	"a rule is deleted": {func(f *selfcheck.Facts) { f.Stacks[1].Rules[0].State = role.None[string]() },
		"The rule rolewatch-RuleLambda in eu-west-1 does not exist", "The rule rolewatch-RuleLambda in eu-west-1 exists again"},
	"a rule has no target": {func(f *selfcheck.Facts) { f.Stacks[0].Rules[2].Targets = role.Have([]string{}) },
		"The rule rolewatch-OtherRuleLambda in us-east-1 does not send to queue", "The rule rolewatch-OtherRuleLambda in us-east-1 sends to queue again"},
	"a rule has another target": {func(f *selfcheck.Facts) { f.Stacks[1].Rules[0].Targets = role.Have([]string{queueARN}) },
		"The rule rolewatch-RuleLambda in eu-west-1 does not send to rolewatch", "The rule rolewatch-RuleLambda in eu-west-1 sends to rolewatch again"},
	"the schedule is disabled": {func(f *selfcheck.Facts) { f.Stacks[0].Rules[1].State = role.Have("DISABLED") },
		"The rule rolewatch-Schedule in us-east-1 is disabled", "The rule rolewatch-Schedule in us-east-1 is enabled again"},
	"the mapping is disabled": {func(f *selfcheck.Facts) { f.Mapping = role.Have(selfcheck.Mapping{ID: "uuid", State: "Disabled"}) },
		"The event source mapping of the function is disabled", "The event source mapping of the function is enabled again"},
	"the mapping is deleted": {func(f *selfcheck.Facts) { f.Mapping = role.None[selfcheck.Mapping]() },
		"The event source mapping of the function does not exist", "The event source mapping of the function exists again"},
	"the bus is deleted": {func(f *selfcheck.Facts) { f.Bus = role.None[string]() },
		"The event bus rolewatch in us-east-1 does not exist", "The event bus rolewatch in us-east-1 exists again"},
	"a stack is deleted": {func(f *selfcheck.Facts) {
		f.Stacks[1].Resources, f.Stacks[1].Rules, f.Stacks[1].DeadLetters = role.None[[]selfcheck.Resource](), nil, role.NotRead[int](role.Because("no stack"))
	}, "The stack rolewatch-rules-eu-west-1 in eu-west-1 does not exist", "The stack rolewatch-rules-eu-west-1 in eu-west-1 exists again"},
	"a subscription is pending": {func(f *selfcheck.Facts) {
		f.Topics[0].Subscriptions = role.Have(selfcheck.Subscriptions{Confirmed: []string{"arn:aws:sns:" + region + ":" + account + ":rolewatch-Findings:1"}, Pending: []string{"sam@example.com"}})
	}, "A subscription of the topic rolewatch-Findings is not confirmed", "the subscriptions of the topic rolewatch-Findings are confirmed"},
	"nobody is subscribed to operations": {func(f *selfcheck.Facts) { f.Topics[1].Subscriptions = role.Have(selfcheck.Subscriptions{}) },
		"Nobody is subscribed to operations", "somebody is subscribed to operations"},
	"a subscription is gone": {func(f *selfcheck.Facts) {
		f.Topics[0].Subscriptions = role.Have(selfcheck.Subscriptions{Confirmed: []string{"arn:aws:sns:" + region + ":" + account + ":rolewatch-Findings:2"}})
	}, "Subscriptions of the stack are gone: 1", "the subscriptions of the stack are there again"},
	"a topic is deleted": {func(f *selfcheck.Facts) {
		f.Topics[1].Subscriptions = role.None[selfcheck.Subscriptions]()
		f.Topics = append(f.Topics, selfcheck.Topic{ID: "Operations2", ARN: "a:b", Subscriptions: role.Have(selfcheck.Subscriptions{Confirmed: []string{"x"}})})
	},
		"The topic rolewatch-Operations does not exist", "The topic rolewatch-Operations exists again"},
	"another Region has dead letters": {func(f *selfcheck.Facts) { f.Stacks[1].DeadLetters = role.Have(3) },
		"The dead-letter queue in eu-west-1 is not empty", "The dead-letter queue in eu-west-1 is empty again"},
	"the index is not whole": {func(f *selfcheck.Facts) {
		f.Table = role.Have(selfcheck.Table{Name: "table", Status: "ACTIVE", Indexes: []selfcheck.Index{{Name: "role", Status: "CREATING", Backfilling: true}}})
	}, "The index of the table table is not there or not whole", "the index of the table is whole again"},
	"a call is denied": {func(f *selfcheck.Facts) { f.Calls[1].Refused = role.Denied("cloudtrail:GetEventSelectors") },
		"rolewatch may not call cloudtrail:GetEventSelectors", "rolewatch may call cloudtrail:GetEventSelectors again"},
}

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
	if tried < 20 {
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
		for i := range f.Trails {
			f.Trails[i].List = role.NotRead[[]selfcheck.Trail](unread)
		}
		f.Function, f.Mapping = role.NotRead[selfcheck.Function](unread), role.NotRead[selfcheck.Mapping](unread)
		f.Bus, f.Table = role.NotRead[string](unread), role.NotRead[selfcheck.Table](unread)
	}
	s.breaks = blind
	l.beating(2)
	l.wantTold()
	s.breaks = func(f *selfcheck.Facts) {
		for _, tt := range []string{"a rule is disabled", "the trail is stopped", "the mapping is disabled"} {
			faults[tt].breaks(f)
		}
	}
	l.beating(1)
	if n := len(l.subjects()); n != 3 {
		t.Fatalf("%d notices", n)
	}
	s.breaks = blind
	l.beating(3)
	l.wantTold()
	s.breaks = nil
	l.beating(1)
	if n := len(l.subjects()); n != 3 {
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
