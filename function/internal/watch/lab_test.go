package watch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	replay "github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const (
	account    = "111122223333"
	region     = "us-east-1"
	goodTrust  = `{"Version":"2012-10-17","Statement":[{"Sid":"Lambda","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	badTrust   = `{"Version":"2012-10-17","Statement":[{"Sid":"Lambda","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	adminARN   = "arn:aws:iam::aws:policy/AdministratorAccess"
	everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	harmless   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`
)

var settle = time.Minute

// lab is a watch over a small account that a test edits, on a clock that it sets.
type lab struct {
	t      testing.TB
	now    time.Time
	cloud  *cloud
	store  *memory.Store
	queue  *memory.Queue
	config watch.Config
	// replayed is the account that the watch reads in its place, of which records tell; nil where it reads the cloud.
	replayed *replay.Account
	watch    *watch.Watch
	// counted is what the watch counted.
	counted *counters
	// messages are those published, and ids theirs in order; publishing fails while down is set.
	messages []message.Message
	notices  []string
	// outgoing is all that was published, in order.
	outgoing []message.Outgoing
	// chats are what the topics of channels took.
	chats []message.Outgoing
	// channels are the names of the channels that messages were published to, and published is each topic with the ID.
	channels, published []string
	// down is the error of all publications, and refusing those by topic.
	down     error
	refusing map[string]error
	serial   int
	// flaky says that an item which fails comes again, and doubled that every item comes twice.
	flaky, doubled bool
}

// core are the checks that most tests need: those of the trust policy, and some of danger.
func core() []*check.Check {
	return slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool {
		return !strings.HasPrefix(c.ID, "RW1") && !slices.Contains([]string{"RW301", "RW302", "RW304", "RW401"}, c.ID)
	})
}

// newLab is an empty account that is judged by these checks, or by the core when none is named.
func newLab(t testing.TB, checks ...*check.Check) *lab {
	if len(checks) == 0 {
		checks = core()
	}
	l := &lab{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), store: memory.NewStore(), counted: &counters{}}
	l.cloud = &cloud{roles: map[string]*cloudRole{}, functions: map[string][]role.Function{}, policies: map[string]string{}}
	l.queue = memory.NewQueue(func() time.Time { return l.now })
	l.config = watch.Config{
		Account: l.cloud, Store: l.store, Queue: l.queue, Publisher: memory.NewPublisher(l.tell), Metrics: l.counted,
		Rules: inforce.New(checks, inforce.Rules{}), Catalogue: "test", Settle: settle, AccountID: account, Partition: "aws",
		Regions: []string{region}, Channels: []message.Channel{message.Chat}, Configured: []message.Channel{message.Chat}, Now: func() time.Time { return l.now },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	l.watch = l.another()
	return l
}

// another is a watch over the same parts, as of another execution environment.
func (l *lab) another() *watch.Watch { return watch.New(l.config) }

func (l *lab) tell(o message.Outgoing) error {
	if l.down != nil {
		return l.down
	}
	if err := l.refusing[o.Topic]; err != nil {
		return err
	}
	l.published = append(l.published, o.Topic+" "+o.ID)
	if o.Kind == message.KindFindings && o.Topic != message.TopicFindings && o.Topic != "" {
		l.channels, l.chats = append(l.channels, o.Topic), append(l.chats, o)
		return nil
	}
	l.outgoing = append(l.outgoing, o)
	if o.Kind == message.KindOperations {
		l.notices = append(l.notices, o.Rendered.Subject+"\n"+o.Rendered.Email)
		return nil
	}
	var m message.Message
	if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
		l.t.Fatalf("the machine rendering is not a message: %v", err)
	}
	l.messages = append(l.messages, m)
	return nil
}

// role makes a role with a trust policy.
func (l *lab) role(name, trust string) *cloudRole {
	r := &cloudRole{name: name, id: "AROA" + strings.ToUpper(name), created: l.now.Add(-48 * time.Hour), trust: trust,
		inline: map[string]string{}, attached: map[string]bool{}}
	l.cloud.roles[name] = r
	return r
}

// function makes a function that uses a role, and lets the watch know by its record.
func (l *lab) function(name, roleName string) {
	f := role.Function{ARN: functionARN(name), Version: "$LATEST", Role: roleARN(roleName), LastModified: role.Have(l.now)}
	l.cloud.functions[f.ARN] = []role.Function{f}
}

func roleARN(name string) string { return "arn:aws:iam::" + account + ":role/" + name }
func functionARN(name string) string {
	return "arn:aws:lambda:" + region + ":" + account + ":function:" + name
}

// record is one CloudTrail record in EventBridge's envelope, at the lab's time.
func (l *lab) record(name string, parameters map[string]any, more ...map[string]any) []byte {
	source := "iam"
	if strings.Contains(name, "Function") || strings.HasSuffix(name, "20150331") {
		source = "lambda"
	}
	for _, m := range more {
		if of, ok := m["eventSource"].(string); ok {
			source, _, _ = strings.Cut(of, ".")
		}
	}
	l.serial++
	detail := map[string]any{
		"eventVersion": "1.09", "eventTime": l.now.Format(time.RFC3339), "eventSource": source + ".amazonaws.com",
		"eventName": name, "awsRegion": region, "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15",
		"userIdentity":      map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/mallory", "accountId": account, "userName": "mallory"},
		"requestParameters": parameters, "responseElements": nil, "eventID": fmt.Sprintf("00000000-0000-4000-8000-%012d", l.serial),
		"eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account, "eventCategory": "Management",
	}
	for _, m := range more {
		maps.Copy(detail, m)
	}
	text, err := json.Marshal(map[string]any{
		"version": "0", "id": fmt.Sprintf("e%d", l.serial), "detail-type": "AWS API Call via CloudTrail", "source": "aws." + source,
		"account": account, "time": l.now.Format(time.RFC3339), "region": region, "resources": []any{}, "detail": detail,
	}, json.Deterministic(true))
	if err != nil {
		l.t.Fatal(err)
	}
	return text
}

// sentBy is an EventBridge event as another account sends it.
func (l *lab) sentBy(sender string, event []byte) []byte {
	l.t.Helper()
	before := []byte(`{"account":"` + account + `",`)
	if !bytes.HasPrefix(event, before) {
		l.t.Fatalf("event %s", event)
	}
	return append([]byte(`{"account":"`+sender+`",`), event[len(before):]...)
}

// trustRecord is the record of a trust policy's edit, which it also makes.
func (l *lab) setTrust(name, trust string) []byte {
	l.cloud.roles[name].trust = trust
	return l.record("UpdateAssumeRolePolicy", map[string]any{"roleName": name, "policyDocument": trust})
}

// deliver hands bodies to the watch as one batch.
func (l *lab) deliver(bodies ...[]byte) []watch.Outcome {
	return l.watch.Handle(context.Background(), l.items(bodies...))
}

func (l *lab) items(bodies ...[]byte) []watch.Item {
	items := make([]watch.Item, len(bodies))
	for i, b := range bodies {
		items[i] = watch.Item{ID: fmt.Sprintf("item-%d", i), Body: b, Receives: 1}
	}
	return items
}

// must delivers a batch that has to be handled.
func (l *lab) must(bodies ...[]byte) {
	l.t.Helper()
	for i, o := range l.deliver(bodies...) {
		if o != (watch.Outcome{}) {
			l.t.Fatalf("item %d: %+v", i, o)
		}
	}
}

// pass lets time go by and hands over what falls due meanwhile.
func (l *lab) pass(d time.Duration) {
	l.t.Helper()
	end := l.now.Add(d)
	for {
		due, ok := l.queue.Next()
		if !ok || due.After(end) {
			break
		}
		if due.After(l.now) {
			l.now = due
		}
		item, _ := l.queue.Pop(l.now)
		l.take(item)
		if l.doubled {
			l.take(item)
		}
	}
	if end.After(l.now) {
		l.now = end
	}
}

// take handles an item of the queue. One that fails comes again where the lab is flaky, and fails the test elsewhere.
func (l *lab) take(item memory.Item) {
	l.t.Helper()
	outcome := l.hand(item)
	if outcome.Err != nil && l.flaky {
		l.queue.Return(item, outcome.RetryAfter)
		return
	}
	if outcome != (watch.Outcome{}) {
		l.t.Fatalf("item %s: %+v", item.ID, outcome)
	}
}

// hand hands an item of the queue to the watch.
func (l *lab) hand(item memory.Item) watch.Outcome {
	return l.watch.Handle(context.Background(), []watch.Item{{ID: item.ID, Body: item.Body, Receives: item.Receives, Since: item.Since, Attempt: item.Attempt}})[0]
}

// fails delivers a body that cannot be handled now: it is back in the queue, as it was, and taken off.
func (l *lab) fails(body []byte) {
	l.t.Helper()
	before := l.queue.Len()
	if o := l.deliver(body)[0]; o != (watch.Outcome{}) || l.queue.Len() <= before {
		l.t.Fatalf("outcome %+v, %d items wait, want more than %d", o, l.queue.Len(), before)
	}
}

func (l *lab) tick() {
	l.t.Helper()
	l.must([]byte(deploy.Tick))
}

// want compares what was told since the last call with lines of the form "opened RW102 orders".
func (l *lab) want(lines ...string) []message.Message {
	l.t.Helper()
	var got []string
	for _, m := range l.messages {
		for kind, list := range map[string]int{"opened": len(m.Opened), "changed": len(m.Changed), "resolved": len(m.Resolved)} {
			for i := range list {
				f := m.Opened
				switch kind {
				case "changed":
					f = m.Changed
				case "resolved":
					f = m.Resolved
				}
				got = append(got, strings.TrimSpace(kind+" "+f[i].Check+" "+f[i].Role[strings.LastIndex(f[i].Role, "/")+1:]+" "+string(f[i].Resolution)))
			}
		}
	}
	slices.Sort(got)
	slices.Sort(lines)
	if !slices.Equal(got, lines) {
		l.t.Fatalf("told:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
	told := l.messages
	l.messages = nil
	return told
}

// swept runs the first sweep, so that the index is whole.
func (l *lab) swept() {
	l.t.Helper()
	l.tick()
	l.pass(time.Second)
}
