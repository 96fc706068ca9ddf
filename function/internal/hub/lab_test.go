package hub_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const (
	hubAccount = "111111111111"
	management = "999999999999"
	payments   = "222222222222"
	shop       = "333333333333"
	region     = "us-east-1"
	goodTrust  = `{"Version":"2012-10-17","Statement":[{"Sid":"Lambda","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	badTrust   = `{"Version":"2012-10-17","Statement":[{"Sid":"Lambda","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	denyAll    = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
)

// lab is a hub over accounts that a test edits, on a clock that it sets.
type lab struct {
	t      *testing.T
	now    time.Time
	store  *memory.Store
	queue  *memory.Queue
	config hub.Config
	hub    *hub.Hub
	// records is the queue of what EventBridge sends.
	records *memory.Queue
	// clouds are the accounts by ID, and unreadable says why some cannot be read.
	clouds     map[string]*cloud
	unreadable map[string]string
	// organization is what AWS Organizations lists, and unlisted why it does not.
	organization organization.Organization
	unlisted     error
	tags         map[string]map[string]string

	mu sync.Mutex
	// told are the findings of messages, and notices the subjects of notices, each with the account and since the last time that they were wanted;
	// at is when each was told.
	told, notices []string
	// texts are those of all notices.
	texts  []string
	at     map[string]time.Time
	dead   []string
	serial int
	batch  int
	// clock is the time where now is not.
	clock func() time.Time
	// chaos has calls fail; nil for none.
	chaos *chaos
	// graph is set where roles are judged with the graphs of their accounts; messages are those about findings.
	graph    bool
	messages []message.Message
}

func checks(more ...string) []*check.Check {
	return slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool {
		return !slices.Contains(append([]string{"RW101", "RW102", "RW301"}, more...), c.ID)
	})
}

// newLab is a hub with two members and the management account, which it has listed and swept.
func newLab(t *testing.T) *lab {
	l := &lab{t: t, now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), store: memory.NewStore(), clouds: map[string]*cloud{}, unreadable: map[string]string{}, at: map[string]time.Time{}, batch: 10}
	l.queue, l.records = memory.NewQueue(l.time), memory.NewQueue(l.time)
	l.organization = organization.Organization{
		ID: "o-a1b2c3d4e5", ManagementAccount: management,
		Units: []organization.Unit{{ID: "r-ab12", Name: "Root"}, {ID: "ou-ab12-work0000", Name: "Workloads", Parent: "r-ab12"}},
	}
	l.account(hubAccount, "tooling", "r-ab12")
	l.account(payments, "payments", "ou-ab12-work0000")
	l.account(shop, "shop", "ou-ab12-work0000")
	l.account(management, "management", "r-ab12")
	l.config = hub.Config{
		Account: hubAccount, Watch: l.watch, Access: l.access, Store: l.store, Queue: func(a string) hub.Queue { return l.queue.Of(a) },
		Lister: listing{l}, Metrics: noMetrics{}, Now: l.time, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	l.hub = hub.New(l.config)
	return l
}

func (l *lab) time() time.Time {
	if l.clock != nil {
		return l.clock()
	}
	return l.now
}

// begin lists the organization and sweeps every account.
func (l *lab) begin() *lab {
	l.t.Helper()
	l.tick()
	l.pass(time.Hour)
	l.told, l.notices, l.texts = nil, nil, nil
	return l
}

// account makes an account with a role that a function uses.
func (l *lab) account(id, name, parent string) *cloud {
	c := &cloud{id: id, now: l.time, created: l.now.Add(-48 * time.Hour), roles: map[string]*cloudRole{}}
	c.roles["orders"] = &cloudRole{trust: goodTrust, inline: map[string]string{}}
	c.functions = []role.Function{{ARN: "arn:aws:lambda:" + region + ":" + id + ":function:orders", Version: "$LATEST", Role: c.arn("orders"), LastModified: role.Have(l.now)}}
	l.clouds[id] = c
	l.organization.Accounts = append(l.organization.Accounts, organization.Account{ID: id, Name: name, State: "ACTIVE", Parent: parent})
	slices.SortFunc(l.organization.Accounts, func(a, b organization.Account) int { return strings.Compare(a.ID, b.ID) })
	return c
}

func (l *lab) watch(m hub.Member) *watch.Watch {
	store := l.store
	c := watch.Config{
		Account: l.clouds[m.ID], Queue: l.config.Queue(m.ID), Publisher: memory.NewPublisher(l.publish), Metrics: noMetrics{},
		Rules: inforce.New(checks(), inforce.Rules{}), Catalogue: "test", Settle: time.Minute, AckCritical: true, AccountID: m.ID, AccountName: m.Name, Partition: "aws",
		Regions: []string{region}, Channels: []message.Channel{message.Chat}, Now: l.time, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if m.ID != hubAccount {
		store = l.store.Of(m.ID)
		c.MaySweep, c.SweepDone = l.hub.SweepDue(m.ID), l.hub.SweepDone(m.ID)
	}
	c.Store = store
	if l.graph {
		c.Parameters.Organization = l.organization.ID
		c.Graph, c.Others = &danger.Graphs{Parameters: c.Parameters}, l.hub.Elsewhere(m.ID)
		c.Rules = inforce.New(checks("RW308"), inforce.Rules{})
	}
	return watch.New(c)
}

func (l *lab) access(_ context.Context, account string) error {
	if why := l.unreadable[account]; why != "" {
		return &hub.UnreadableError{Why: why, SettledBy: "Deploy the member."}
	}
	return nil
}

// listing is AWS Organizations.
type listing struct{ l *lab }

func (o listing) Next(_ context.Context, l *organization.Listing) error {
	if o.l.unlisted != nil {
		return o.l.unlisted
	}
	out := o.l.organization
	out.Accounts = slices.Clone(out.Accounts)
	*l = organization.Listed(out)
	return nil
}

func (o listing) Tags(_ context.Context, account string) (map[string]string, error) {
	return maps.Clone(o.l.tags[account]), nil
}

type noMetrics struct{}

func (noMetrics) Event(string, string)           {}
func (noMetrics) Reconciled(string)              {}
func (noMetrics) Finding(string, string, string) {}
func (noMetrics) SweepCompleted()                {}
func (noMetrics) Told(time.Duration)             {}
func (noMetrics) Requeued()                      {}

func (l *lab) publish(o message.Outgoing) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o.Kind == message.KindOperations {
		l.notices, l.texts = append(l.notices, o.Rendered.Subject), append(l.texts, strings.Join(strings.Fields(o.Rendered.Email), " "))
		return nil
	}
	if o.Topic != message.TopicFindings && o.Topic != "" {
		return nil
	}
	var m message.Message
	if err := json.Unmarshal([]byte(o.Rendered.Machine), &m); err != nil {
		l.t.Fatalf("the machine rendering is not a message: %v", err)
	}
	l.messages = append(l.messages, m)
	for _, f := range m.Opened {
		l.tell(m, "opened "+f.Check+" "+f.Role[strings.LastIndex(f.Role, "/")+1:])
	}
	for _, f := range m.Resolved {
		l.tell(m, "resolved "+f.Check+" "+f.Role[strings.LastIndex(f.Role, "/")+1:]+" "+string(f.Resolution))
	}
	return nil
}

func (l *lab) tell(m message.Message, line string) {
	line = m.AccountName + ": " + line
	l.told, l.at[line] = append(l.told, line), l.now
}

// send is what EventBridge does with records.
func (l *lab) send(bodies ...[]byte) {
	l.t.Helper()
	for _, b := range bodies {
		if err := l.records.Send(context.Background(), b, 0); err != nil {
			l.t.Fatal(err)
		}
	}
}

// tick is the schedule's.
func (l *lab) tick() {
	l.t.Helper()
	o := l.hub.Handle(context.Background(), []watch.Item{{ID: "event", Body: []byte(deploy.Tick), Receives: 1}})[0]
	if l.chaos != nil {
		l.chaos.ended = false
		return
	}
	if o != (watch.Outcome{}) {
		l.t.Fatalf("tick: %+v", o)
	}
}

// pass lets time go by, with a tick every 15 minutes, and hands over what falls due meanwhile.
func (l *lab) pass(d time.Duration) {
	l.t.Helper()
	for end := l.now.Add(d); ; {
		tick := l.now.Truncate(deploy.TickInterval).Add(deploy.TickInterval)
		next := tick
		for _, q := range []*memory.Queue{l.records, l.queue} {
			if due, ok := q.Next(); ok && due.Before(next) {
				next = due
			}
		}
		if next.After(end) {
			l.now = end
			return
		}
		if next.After(l.now) {
			l.now = next
		}
		if next.Equal(tick) {
			l.tick()
			continue
		}
		l.take(l.records, true)
		l.take(l.queue, false)
	}
}

// take hands a batch of a queue to the hub, and does with it what SQS and Lambda do.
func (l *lab) take(q *memory.Queue, records bool) {
	var batch []memory.Item
	var items []watch.Item
	for len(batch) < l.batch {
		item, ok := q.Pop(l.now)
		if !ok {
			break
		}
		batch = append(batch, item)
		items = append(items, watch.Item{ID: item.ID, Body: item.Body, Receives: item.Receives, Since: item.Since, Attempt: item.Attempt, Account: item.Account, Record: records})
	}
	if len(batch) == 0 {
		return
	}
	outcomes := l.hub.Handle(context.Background(), items)
	if l.chaos != nil && l.chaos.ended {
		l.lost(q, batch)
		return
	}
	for i, o := range outcomes {
		switch {
		case o.Dead != "":
			l.dead = append(l.dead, o.Dead)
		case o.Err != nil:
			q.Return(batch[i], max(o.RetryAfter, time.Second))
		}
	}
}

// want compares the findings that were told since the last call, in any order.
func (l *lab) want(lines ...string) {
	l.t.Helper()
	slices.Sort(l.told)
	slices.Sort(lines)
	if !slices.Equal(l.told, lines) {
		l.t.Fatalf("told:\n  %s\nwant:\n  %s", strings.Join(l.told, "\n  "), strings.Join(lines, "\n  "))
	}
	l.told = nil
}

// wantNotices compares the subjects of the notices since the last call.
func (l *lab) wantNotices(subjects ...string) {
	l.t.Helper()
	if !slices.Equal(l.notices, subjects) {
		l.t.Fatalf("notices:\n  %s\nwant:\n  %s", strings.Join(l.notices, "\n  "), strings.Join(subjects, "\n  "))
	}
	l.notices = nil
}
