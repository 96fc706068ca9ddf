package hub_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// chaos lets calls of the ports fail before or after their effect, by chance; one that ends the invocation has all calls after it fail.
type chaos struct {
	mu            sync.Mutex
	random        *rand.Rand
	rate, crashes float64
	ended         bool
	struck        map[string]int
}

var errFault = errors.New("InternalFailure")

func (c *chaos) strike(call, when string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return errFault
	}
	if c.rate == 0 || c.random.Float64() >= c.rate {
		return nil
	}
	c.ended = c.random.Float64() < c.crashes
	c.struck[call+" "+when]++
	return errFault
}

func (c *chaos) do(call string, f func() error) error {
	if err := c.strike(call, "before"); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return c.strike(call, "after")
}

type chaosQueue struct {
	*chaos
	real *memory.Queue
}

func (q chaosQueue) Send(ctx context.Context, body []byte, delay time.Duration) error {
	return q.do("Send", func() error { return q.real.Send(ctx, body, delay) })
}

func (q chaosQueue) Resend(ctx context.Context, body []byte, delay time.Duration, since time.Time, attempt int) error {
	return q.do("Resend", func() error { return q.real.Resend(ctx, body, delay, since, attempt) })
}

type chaosStore struct {
	*memory.Store
	*chaos
}

func (s chaosStore) Kept(ctx context.Context, name string) (body []byte, revision int64, err error) {
	err = s.do("Kept", func() error { body, revision, err = s.Store.Kept(ctx, name); return err })
	return body, revision, err
}

func (s chaosStore) Keep(ctx context.Context, name string, body []byte, revision int64) error {
	return s.do("Keep", func() error { return s.Store.Keep(ctx, name, body, revision) })
}

func (s chaosStore) Count(ctx context.Context, account, what string, at time.Time, n int64) (sum int64, err error) {
	err = s.do("Count", func() error { sum, err = s.Store.Count(ctx, account, what, at, n); return err })
	return sum, err
}

func (s chaosStore) Marks(ctx context.Context, account string) (marks map[string]time.Time, err error) {
	err = s.do("Marks", func() error { marks, err = s.Store.Marks(ctx, account); return err })
	return marks, err
}

func (s chaosStore) Mark(ctx context.Context, account, name string, at time.Time) error {
	return s.do("Mark", func() error { return s.Store.Mark(ctx, account, name, at) })
}

// newWorld is a lab whose ports may fail.
func newWorld(t *testing.T, seed uint64, prepare ...func(*lab)) (*lab, *chaos) {
	l := newLab(t)
	for _, one := range prepare {
		one(l)
	}
	c := &chaos{random: rand.New(rand.NewPCG(seed, 2)), struck: map[string]int{}}
	l.chaos = c
	l.config.Limits = hub.Limits{Accounts: 1}
	l.config.Store = chaosStore{l.store, c}
	l.config.Queue = func(a string) hub.Queue { return chaosQueue{c, l.queue.Of(a)} }
	l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { return c.strike("Commit", "before") }
	l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error { return c.strike("Commit", "after") }
	l.hub = hub.New(l.config)
	l.begin()
	return l, c
}

// play has members edit their roles, with faults while that lasts and an hour longer, and then a day without.
func (l *lab) play(seed uint64, c *chaos, rate, crashes float64) {
	l.t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	c.rate, c.crashes = rate, crashes
	for range 5 + random.IntN(15) {
		account := []string{payments, shop, management}[random.IntN(3)]
		switch random.IntN(6) {
		case 0:
			l.send(l.setTrust(account, "orders", badTrust))
		case 1:
			l.send(l.setTrust(account, "orders", goodTrust))
		case 2:
			l.send(l.putInline(account, "orders", everything))
		case 3:
			l.send(l.putInline(account, "orders", ""))
		case 4:
			l.unreadable[shop] = ""
		default:
			if l.unreadable[shop] = ""; rate > 0 {
				l.unreadable[shop] = "sts:AssumeRole was denied"
			}
		}
		l.pass(time.Duration(random.IntN(600)) * time.Second)
	}
	if rate > 0 {
		l.pass(time.Hour)
	}
	c.rate, l.unreadable[shop] = 0, ""
	l.pass(30 * time.Hour)
}

// end is what is stored in the end.
func (l *lab) end() (out []string) {
	l.t.Helper()
	for _, account := range []string{payments, shop, management} {
		states, err := l.store.Load(context.Background(), []string{l.clouds[account].arn("orders")})
		if err != nil {
			l.t.Fatal(err)
		}
		for _, f := range states[0].Findings {
			out = append(out, fmt.Sprintf("%s: %s %s", account, f.Check, f.Status))
		}
		open, err := l.store.Of(account).OpenRoles(context.Background())
		if err != nil || (len(open) > 0) != (len(states[0].Findings) > 0) {
			l.t.Errorf("account %s: open roles %v, findings %d, %v", account, open, len(states[0].Findings), err)
		}
		left, err := l.store.Of(account).Outbox(context.Background(), l.now.Add(time.Hour))
		if err != nil || len(left) > 0 {
			l.t.Errorf("account %s: %d things are left in the outbox, %v", account, len(left), err)
		}
	}
	return out
}

// Whatever fails, and wherever an invocation ends, intake and work queue lose nothing: once everything works again, what is stored is what a
// faultless run stores, and nothing is left in queues and outboxes.
func TestAnyFaultsEndAsAFaultlessRunDoes(t *testing.T) {
	struck, findings := map[string]int{}, 0
	for seed := range uint64(24) {
		calm, c := newWorld(t, seed)
		calm.play(seed, c, 0, 0)
		l, c := newWorld(t, seed)
		l.play(seed, c, []float64{0.02, 0.05, 0.1, 0.2}[seed%4], []float64{0, 0.2, 0.5}[seed%3])
		if diff := cmp.Diff(calm.end(), l.end()); diff != "" {
			t.Errorf("seed %d: stored (-faultless +with faults):\n%s", seed, diff)
		}
		if l.records.Len() > 0 || len(l.dead) > 0 {
			t.Errorf("seed %d: %d records wait, dead letters %q", seed, l.records.Len(), l.dead)
		}
		for call, n := range c.struck {
			struck[call] += n
		}
		findings += len(calm.end())
	}
	var never []string
	for _, call := range []string{"Send", "Kept", "Keep", "Count", "Mark", "Marks", "Commit"} {
		if struck[call+" before"] == 0 || struck[call+" after"] == 0 {
			never = append(never, call)
		}
	}
	if findings == 0 || len(never) > 0 {
		t.Errorf("%d findings; these have not failed: %v", findings, never)
	}
	t.Logf("%d findings, faults: %v", findings, struck)
}

// visible is when a batch is delivered again whose invocation did not end.
const visible = deploy.VisibilityTimeout

// lost returns a batch to its queue as it was.
func (l *lab) lost(q *memory.Queue, batch []memory.Item) {
	for _, item := range slices.Clone(batch) {
		q.Of(item.Account).Return(item, visible)
	}
	l.chaos.ended = false
	l.hub = hub.New(l.config)
}
