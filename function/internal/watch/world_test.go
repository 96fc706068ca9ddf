package watch_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// world is a lab whose ports may fail, and whose queue delivers late, twice and in any order.
type world struct {
	*lab
	chaos  *chaos
	random *rand.Rand
	dead   []string
	// spent are the items that ended as many invocations as an item may, and redriven is how many of them were redriven.
	spent    []memory.Item
	redriven int
	steps    int
	// unused are the findings that were resolved because no function used the role: one that is opened again then, because a function
	// takes the role, has no record of its part as its cause.
	unused map[string]bool
}

func newWorld(t *testing.T, seed uint64) *world {
	// Half of them have a digest, and a finding for it.
	severity, digest := check.Critical, watch.Digest{}
	if seed%2 == 1 {
		severity, digest = check.Medium, watch.Digest{Daily: true, At: 10 * time.Hour}
	}
	w := &world{lab: newLab(t, modelChecks(severity)...), random: rand.New(rand.NewPCG(seed, 2))}
	w.chaos = &chaos{random: w.random, struck: map[string]int{}, entries: map[string]int{}, taken: map[string]int{}}
	w.cloud.policies[teamARN] = harmless
	for _, name := range modelRoles {
		w.role(name, goodTrust).attached[teamARN] = true
	}
	for i, name := range modelRoles {
		w.function(fmt.Sprintf("f%d", i+1), name)
	}
	w.config.Account, w.config.Store = chaosAccount{w.chaos, w.cloud}, chaosStore{w.chaos, w.store}
	w.config.Queue, w.config.Publisher = chaosQueue{w.chaos, w.queue}, chaosPublisher{w.chaos, memory.NewPublisher(w.tell)}
	w.config.Digest = digest
	if seed%2 == 0 {
		w.config.Graph = &danger.Graphs{}
	}
	w.watch = w.another()
	w.run(24 * time.Hour) // The next sweep falls into the history.
	return w
}

// run lets time pass, with a tick every 15 minutes.
func (w *world) run(d time.Duration) {
	w.t.Helper()
	for end := w.now.Add(d); ; {
		tick := w.now.Truncate(deploy.TickInterval).Add(deploy.TickInterval)
		due, waits := w.queue.Next()
		switch {
		case waits && !due.After(end) && !due.After(tick):
			w.now = slices.MaxFunc([]time.Time{w.now, due}, time.Time.Compare)
			w.invoke()
		case tick.After(end):
			w.now = end
			return
		default:
			w.now = tick
			if err := w.queue.Send(context.Background(), []byte(deploy.Tick), 0); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// invoke hands a batch to the watch, and does with it what SQS and Lambda do.
func (w *world) invoke() {
	var batch []memory.Item
	var items []watch.Item
	for len(batch) < 3 {
		item, ok := w.queue.Pop(w.now)
		if !ok {
			break
		}
		batch = append(batch, item)
		items = append(items, watch.Item{ID: item.ID, Body: item.Body, Receives: item.Receives, Since: item.Since, Attempt: item.Attempt})
	}
	if w.steps++; w.steps > 20000 {
		w.t.Fatalf("the queue does not come to rest at %v: %s", w.now, items[0].Body)
	}
	outcomes, crashed := w.handle(items)
	for i, item := range batch {
		switch {
		case crashed:
			w.again(item, deploy.VisibilityTimeout)
		case outcomes[i].Dead != "":
			w.dead = append(w.dead, outcomes[i].Dead)
		case outcomes[i].Err != nil:
			w.again(item, outcomes[i].RetryAfter)
		case w.chaos.rate > 0 && w.random.IntN(10) == 0:
			w.queue.Return(item, time.Duration(w.random.IntN(300))*time.Second) // Delivered twice.
		}
	}
}

func (w *world) again(item memory.Item, after time.Duration) {
	if item.Receives >= deploy.MaxReceives {
		if bytes.HasPrefix(item.Body, []byte(`{"rolewatch":"tick"`)) {
			return // The next tick does it.
		}
		w.spent = append(w.spent, item)
		return
	}
	w.queue.Return(item, after)
}

// handle is an invocation; what ends it makes the next one that of another execution environment.
func (w *world) handle(items []watch.Item) (outcomes []watch.Outcome, crashed bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ours := r.(crash); !ours {
				panic(r)
			}
			crashed = true
			w.watch = w.another()
		}
	}()
	return w.watch.Handle(context.Background(), items), false
}

// play runs a history, with faults while it lasts and an hour longer, and then a day and more without.
func (w *world) play(list []deed, rate, crashes float64) {
	w.t.Helper()
	w.chaos.rate, w.chaos.crashes = rate, crashes
	for _, d := range list {
		w.run(d.after)
		delay := time.Duration(0)
		if rate > 0 {
			delay = time.Duration(w.random.IntN(600)) * time.Second
			if w.random.IntN(8) == 0 {
				call := []string{"iam:GetRole", "iam:ListRolePolicies", "iam:ListEntitiesForPolicy", "lambda:ListVersionsByFunction", "lambda:ListCapacityProviders"}[w.random.IntN(5)]
				w.cloud.denied = map[string]bool{call: w.random.IntN(2) == 0}
			}
		}
		if err := w.queue.Send(context.Background(), d.do(w.lab), delay); err != nil {
			w.t.Fatal(err)
		}
	}
	if rate > 0 {
		w.run(time.Hour)
	}
	w.chaos.rate, w.cloud.denied = 0, nil
	for _, item := range w.spent {
		if err := w.queue.Send(context.Background(), item.Body, 0); err != nil {
			w.t.Fatal(err)
		}
	}
	w.spent, w.redriven = nil, len(w.spent)
	w.run(30 * time.Hour)
	for _, item := range w.spent {
		w.dead = append(w.dead, fmt.Sprintf("received %d times: %s", item.Receives, item.Body))
	}
}
