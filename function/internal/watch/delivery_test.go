package watch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// publisher is a function that publishes.
type publisher func(message.Outgoing) error

func (p publisher) Publish(_ context.Context, out message.Outgoing) error { return p(out) }

// left has two messages in the outbox that nobody holds a lease on.
func left(t *testing.T) *lab {
	l := newLab(t)
	for _, name := range []string{"billing", "orders"} {
		l.role(name, goodTrust)
		l.function("of-"+name, name)
	}
	l.swept()
	l.pass(time.Hour)
	l.down = errors.New("SNS is down")
	l.must(l.attach("billing"))
	l.must(l.attach("orders"))
	for l.queue.Len() > 0 { // What would deliver them is lost.
		due, _ := l.queue.Next()
		l.queue.Pop(due)
	}
	l.now = l.now.Add(3 * time.Minute)
	l.down, l.published = nil, nil
	l.want()
	return l
}

// Two invocations that deliver what the outbox holds, one in the middle of the other, send nothing twice.
func TestTwoThatDeliverTheOutboxSendNothingTwice(t *testing.T) {
	for at := 1; at <= 4; at++ {
		l := left(t)
		sent := 0
		l.config.Publisher = publisher(func(o message.Outgoing) error {
			if sent++; sent == at {
				other := l.another()
				if outcome := other.Handle(context.Background(), l.items([]byte(`{"rolewatch":"tick","deliver":1}`)))[0]; outcome.Err != nil || outcome.Dead != "" {
					t.Errorf("outcome %+v", outcome)
				}
			}
			return l.tell(o)
		})
		l.watch = l.another()
		l.tick()
		l.want("opened RW302 billing", "opened RW302 orders")
		if got := l.to(); got[message.TopicFindings] != 2 || got[message.Chat.Name] != 2 || sent != 4 {
			t.Errorf("published %v in %d publications", got, sent)
		}
		stillThere, err := l.store.Outbox(context.Background(), l.now.Add(time.Hour))
		if err != nil || len(stillThere) != 0 {
			t.Errorf("%d are left in the outbox, %v", len(stillThere), err)
		}
	}
}

// What was just committed is left to whoever committed it: another invocation does not send it meanwhile.
func TestWhatWasJustCommittedIsLeftToWhoeverCommittedIt(t *testing.T) {
	l := orders(t)
	sent := 0
	l.config.Publisher = publisher(func(o message.Outgoing) error {
		if sent++; sent == 1 {
			l.another().Handle(context.Background(), l.items([]byte(`{"rolewatch":"tick","deliver":1}`)))
		}
		return l.tell(o)
	})
	l.watch = l.another()
	l.must(l.attach("orders"))
	l.want("opened RW302 orders")
	if got := l.to(); got[message.TopicFindings] != 1 || got[message.Chat.Name] != 1 {
		t.Errorf("published %v", got)
	}
}

// unreadableOutbox is a store of whose outbox one message cannot be read.
type unreadableOutbox struct {
	*memory.Store
	err error
}

func (s *unreadableOutbox) Outbox(ctx context.Context, now time.Time) ([]message.Outgoing, error) {
	list, err := s.Store.Outbox(ctx, now)
	return list, errors.Join(err, s.err)
}

// A message of the outbox that cannot be read keeps no other from being sent, and the tick says that it could not be read.
func TestAMessageThatCannotBeReadKeepsNoOtherAndIsNoSuccess(t *testing.T) {
	l := left(t)
	store := &unreadableOutbox{l.store, errors.New("read message x of the outbox: attribute body is not a binary value")}
	l.config.Store = store
	l.watch = l.another()
	l.fails([]byte(deploy.Tick))
	l.want("opened RW302 billing", "opened RW302 orders")
	store.err = nil
	l.pass(time.Minute)
	l.want()
}

// brokenQueue is a queue that does not take what a test does not want it to.
type brokenQueue struct {
	*memory.Queue
	refuses func(body string) bool
}

var errQueue = errors.New("SQS is down")

func (q *brokenQueue) Send(ctx context.Context, body []byte, delay time.Duration) error {
	if q.refuses(string(body)) {
		return errQueue
	}
	return q.Queue.Send(ctx, body, delay)
}

// Whichever slice of a change cannot be sent, the record comes again until all are.
func TestASliceThatCannotBeSentIsNotLost(t *testing.T) {
	for _, which := range []string{`"slice":1,`, `"slice":2,`, `"slice":3,`} {
		l := teamed(t, 120)
		down := true
		l.config.Queue = &brokenQueue{l.queue, func(body string) bool { return down && strings.Contains(body, which) }}
		l.watch = l.another()
		l.fails(l.setTeam(everything))
		down = false
		l.pass(time.Hour)
		l.wantMachines("opened", 120)
		if open, err := l.store.OpenRoles(context.Background()); err != nil || len(open) != 120 {
			t.Errorf("%s: %d roles have findings, %v", which, len(open), err)
		}
	}
}

// A work item that is committed and cannot be sent comes from the outbox.
func TestAConfirmingItemThatCannotBeSentComesFromTheOutbox(t *testing.T) {
	l := orders(t)
	down := true
	l.config.Queue = &brokenQueue{l.queue, func(body string) bool { return down && strings.Contains(body, `"confirm":true`) }}
	l.watch = l.another()
	l.must(l.setTrust("orders", badTrust))
	waiting, err := l.store.Outbox(context.Background(), l.now.Add(time.Hour))
	if err != nil || len(waiting) != 1 || waiting[0].Kind != message.KindWork {
		t.Errorf("the outbox holds %+v, %v", waiting, err)
	}
	down = false
	l.ticked(30 * time.Minute)
	f := l.want("opened RW102 orders")[0].Opened[0]
	if f.Cause == nil {
		t.Error("its cause is lost")
	}
}

// regional is an account with functions in several Regions.
type regional struct {
	*cloud
	asked map[string]int
}

func (r regional) FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error) {
	r.asked[region]++
	list, next, err := r.cloud.FunctionPage(ctx, region, marker)
	var out []role.Function
	for _, f := range list {
		if strings.Contains(f.ARN, ":"+region+":") {
			out = append(out, f)
		}
	}
	return out, next, err
}

// A sweep lists the functions of each Region: a role that a function of the last one uses is in scope, and its finding names it.
func TestASweepListsTheFunctionsOfEveryRegion(t *testing.T) {
	l := newLab(t)
	l.config.Regions = []string{region, "eu-west-1", "ap-south-1"}
	account := regional{l.cloud, map[string]int{}}
	l.config.Account = account
	l.watch = l.another()
	want := []string{}
	for _, in := range l.config.Regions {
		name := "role-" + in
		l.role(name, badTrust)
		arn := strings.Replace(functionARN("f"), region, in, 1)
		l.cloud.functions[arn] = []role.Function{{ARN: arn, Version: "$LATEST", Role: roleARN(name), LastModified: role.Have(l.now)}}
		want = append(want, "opened RW102 "+name)
	}
	l.swept()
	l.pass(time.Hour)
	for _, m := range l.want(want...) {
		for _, f := range m.Opened {
			if f.FunctionsTotal != 1 {
				t.Errorf("%s names %d functions", f.Role, f.FunctionsTotal)
			}
		}
	}
	for _, in := range l.config.Regions {
		if account.asked[in] == 0 {
			t.Errorf("%s was not listed", in)
		}
	}
}
