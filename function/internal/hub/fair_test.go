package hub_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// sweepsSpy notes how many accounts are swept at the same time, at most.
type sweepsSpy struct {
	*memory.Store
	mu   sync.Mutex
	most int
}

func (s *sweepsSpy) Keep(ctx context.Context, name string, body []byte, revision int64) error {
	var sweeps struct {
		Running []struct {
			Account string `json:"account"`
		} `json:"running"`
	}
	if name == "sweeps" {
		if err := json.Unmarshal(body, &sweeps); err != nil {
			return err
		}
	}
	err := s.Store.Keep(ctx, name, body, revision)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.most = max(s.most, len(sweeps.Running))
	}
	return err
}

// A change of a policy of the root is reconciled in all accounts below it, a few at a time.
func TestAnSCPAtTheRoot(t *testing.T) {
	l := newLab(t)
	var members []string
	for i := range 12 {
		id := fmt.Sprintf("5000000000%02d", i)
		l.account(id, "a"+id[10:], "ou-ab12-work0000").roles["orders"].inline["all"] = everything
		members = append(members, id)
	}
	spy := &sweepsSpy{Store: l.store}
	l.config.Limits, l.config.Store = hub.Limits{Sweeps: 4}, spy
	l.hub = hub.New(l.config)
	l.begin()
	for _, id := range members {
		l.clouds[id].scp, l.clouds[id].forgotten = denyAll, 0
	}
	l.send(l.record(management, "UpdatePolicy", map[string]any{"policyId": "p-guard"}, map[string]any{
		"responseElements": map[string]any{"policy": map[string]any{"policySummary": map[string]any{"type": "SERVICE_CONTROL_POLICY"}}},
	}))
	l.pass(30 * time.Minute)
	if spy.most != 4 {
		t.Errorf("%d accounts were swept at the same time", spy.most)
	}
	var want []string
	for _, id := range members {
		want = append(want, "a"+id[10:]+": resolved RW301 orders mended")
		if l.clouds[id].forgotten == 0 {
			t.Errorf("account %s used policies that were read before", id)
		}
	}
	l.want(want...)
}

// An account that sends 10,000 events does not delay the risk of another one.
func TestAnAccountThatSendsTenThousandEvents(t *testing.T) {
	l := newLab(t).begin()
	for range 10_000 {
		l.send(l.record(shop, "UpdateAssumeRolePolicy", map[string]any{"roleName": "other", "policyDocument": goodTrust}))
	}
	began := l.now
	l.send(l.putInline(payments, "orders", everything))
	for l.records.Len() > 0 {
		l.take(l.records, true)
	}
	// The budget of a minute waits in the queue with the record of the other account, and the rest is due later.
	due := 0
	for {
		at, ok := l.queue.Next()
		if !ok || at.After(began) {
			break
		}
		if item, _ := l.queue.Pop(began); item.Account == payments {
			break
		}
		due++
	}
	if due > hub.DefaultLimits.Records {
		t.Errorf("%d records are due before the one of the other account", due)
	}
	if n := l.queue.Len(); n < 8_900 {
		t.Errorf("%d records wait", n)
	}
	last := began
	for l.queue.Len() > 0 {
		at, _ := l.queue.Next()
		if item, _ := l.queue.Pop(at); item.Account == shop && bytes.Contains(item.Body, []byte("eventID")) {
			last = at
		}
	}
	if waits := last.Sub(began); waits > hub.DefaultLimits.MostDelay || waits < hub.DefaultLimits.MostDelay/2 {
		t.Errorf("the last record waits %v", waits)
	}
}

// queue, and once the account has taken its share of a minute, its items wait for the next one.
func TestAnAccountWhoseReadsHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.now = time.Now()
		l.config.Limits = hub.Limits{Busy: 40 * time.Second}
		l.hub = hub.New(l.config)
		l.begin()
		time.Sleep(time.Until(l.now))
		l.clock = time.Now
		l.clouds[shop].onRead = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		invoke := func(items ...watch.Item) []watch.Outcome {
			ctx, cancel := context.WithTimeout(t.Context(), deploy.FunctionTimeout)
			defer cancel()
			return l.hub.Handle(ctx, items)
		}
		slow := watch.Item{ID: "s", Account: shop, Body: l.setTrust(shop, "orders", badTrust), Receives: 1}
		outcomes := invoke(slow, watch.Item{ID: "p", Account: payments, Body: l.putInline(payments, "orders", everything), Receives: 1})
		for i, o := range outcomes {
			if o != (watch.Outcome{}) {
				t.Errorf("item %d: %+v", i, o)
			}
		}
		l.want("payments: opened RW301 orders")
		if took := time.Since(began); took > hub.DefaultLimits.AccountTime {
			t.Errorf("the batch took %v", took)
		}
		item, ok := l.queue.Pop(time.Now().Add(deploy.MaxDelay))
		if !ok || item.Account != shop || item.Attempt != 1 {
			t.Fatalf("in the queue: %+v, %v", item, ok)
		}
		// Its share of this minute is taken, and of the next ones when it goes on.
		for range 3 {
			invoke(slow)
		}
		began = time.Now()
		reads := l.clouds[shop].reads
		invoke(slow)
		if took := time.Since(began); took != 0 || l.clouds[shop].reads != reads {
			t.Errorf("the account was tried again in the same minute, for %v", took)
		}
		// What waits comes again spread over the next ten minutes: the account's share of one is enough for a single item.
		for l.queue.Len() > 0 {
			at, _ := l.queue.Next()
			l.queue.Pop(at)
		}
		for range 30 {
			invoke(slow)
		}
		minutes := map[int]int{}
		for l.queue.Len() > 0 {
			at, _ := l.queue.Next()
			l.queue.Pop(at)
			minutes[int(at.Sub(began.Truncate(time.Minute))/time.Minute)]++
		}
		if len(minutes) != 10 || slices.Max(slices.Collect(maps.Values(minutes))) != 3 {
			t.Errorf("items come again by minute: %v", minutes)
		}
	})
}

// A change to the organization counts although the management account is not watched itself.
func TestAnSCPWhereTheManagementAccountIsNotWatched(t *testing.T) {
	l := newLab(t)
	l.config.Choice.Except = []string{management}
	l.hub = hub.New(l.config)
	l.begin()
	for _, account := range []string{payments, shop} {
		l.clouds[account].forgotten = 0
	}
	l.send(l.record(management, "AttachPolicy", map[string]any{"policyId": "p-guard", "targetId": payments}, map[string]any{}))
	l.send(l.setTrust(management, "orders", badTrust))
	l.pass(10 * time.Minute)
	l.want()
	l.wantNotices("[rolewatch] rolewatch receives records of account 999999999999, which it does not watch")
	// Every execution environment knows when they changed.
	for account, changed := range map[string]bool{payments: true, shop: false} {
		marks, err := l.store.Marks(t.Context(), account)
		if at := marks[watch.MarkPolicies]; err != nil || at.IsZero() == changed || l.now.Sub(at) > 11*time.Minute && changed {
			t.Errorf("policies of %s changed at %v, %v", account, at, err)
		}
	}
	if l.clouds[payments].forgotten == 0 || l.clouds[shop].forgotten != 0 {
		t.Errorf("policies were read anew for %d and %d", l.clouds[payments].forgotten, l.clouds[shop].forgotten)
	}
}
