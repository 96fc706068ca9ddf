package watch_test

import (
	"context"
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
		Trails:    []selfcheck.Trails{{Region: region, List: role.Have([]selfcheck.Trail{trail()})}, {Region: other, List: role.Have([]selfcheck.Trail{trail()})}},
		Function:  role.Have(selfcheck.Function{Name: "rolewatch-Function", ARN: selfARN, State: "Active", LastUpdate: "Successful"}),
		Recursion: role.Have("Allow"),
		Mapping:   role.Have(selfcheck.Mapping{ID: "uuid", State: "Enabled"}),
		Bus:       role.Have(busARN),
		Topics:    []selfcheck.Topic{topic("Findings"), topic("Operations")},
		Keys:      []selfcheck.Key{{ID: "1234abcd", State: role.Have("Enabled")}},
		Table:     role.Have(selfcheck.Table{Name: "table", Status: "ACTIVE", Indexes: []selfcheck.Index{{Name: "role", Status: "ACTIVE"}}}),
		Calls:     []selfcheck.Call{{Name: "events:DescribeRule", Region: region}, {Name: "cloudtrail:GetEventSelectors", Region: region}},
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
	"the function cannot run": {func(f *selfcheck.Facts) {
		f.Function = role.Have(selfcheck.Function{Name: "rolewatch-Function", ARN: selfARN, State: "Failed", LastUpdate: "Successful", Why: "the key is disabled"})
	}, "The function rolewatch-Function cannot run", "The function rolewatch-Function runs again"},
	"Lambda stops retries": {func(f *selfcheck.Facts) { f.Recursion = role.Have("Terminate") },
		"Lambda stops the retries of the function rolewatch-Function", "The function rolewatch-Function may retry for a day again"},
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
	"the key is disabled": {func(f *selfcheck.Facts) { f.Keys[0].State = role.Have("Disabled") },
		"The key 1234abcd of the topics is disabled", "The key 1234abcd of the topics is enabled again"},
	"the key is scheduled for deletion": {func(f *selfcheck.Facts) { f.Keys[0].State = role.Have("PendingDeletion") },
		"The key 1234abcd of the topics is scheduled for deletion", "The key 1234abcd of the topics is enabled again"},
	"the key is not ready": {func(f *selfcheck.Facts) { f.Keys[0].State = role.Have("Unavailable") },
		"The key 1234abcd of the topics has the state Unavailable", "The key 1234abcd of the topics is enabled again"},
	"the key is deleted": {func(f *selfcheck.Facts) { f.Keys[0].State = role.None[string]() },
		"The key 1234abcd of the topics does not exist", "The key 1234abcd of the topics is enabled again"},
	"the table's key is disabled": {func(f *selfcheck.Facts) {
		f.Table = role.Have(selfcheck.Table{Name: "table", Status: "INACCESSIBLE_ENCRYPTION_CREDENTIALS"})
	}, "The table table has the status INACCESSIBLE_ENCRYPTION_CREDENTIALS", "The table table is active again"},
	"another Region has dead letters": {func(f *selfcheck.Facts) { f.Stacks[1].DeadLetters = role.Have(3) },
		"The dead-letter queue in eu-west-1 is not empty", "The dead-letter queue in eu-west-1 is empty again"},
	"the index is not whole": {func(f *selfcheck.Facts) {
		f.Table = role.Have(selfcheck.Table{Name: "table", Status: "ACTIVE", Indexes: []selfcheck.Index{{Name: "role", Status: "CREATING", Backfilling: true}}})
	}, "The index of the table table is not there or not whole", "the index of the table is whole again"},
	"a call is denied": {func(f *selfcheck.Facts) { f.Calls[1].Refused = role.Denied("cloudtrail:GetEventSelectors") },
		"rolewatch may not call cloudtrail:GetEventSelectors", "rolewatch may call cloudtrail:GetEventSelectors again"},
}
