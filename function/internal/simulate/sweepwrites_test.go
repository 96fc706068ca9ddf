package simulate

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// writesTable counts the write request units of a table with the indexes that it is deployed with, by the kind of item:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html. What changes of an item is written to an index
// that projects all attributes, too; the keys in the other index stay the same in a sweep that finds nothing new.
type writesTable struct {
	*table
	units    map[string]float64
	counting sync.Mutex
}

func (w *writesTable) count(it item, factor int) {
	kind, _, _ := strings.Cut(partOf(it), "#")
	sort, _, _ := strings.Cut(sortOf(it), "#")
	n := units(sizeOf(it), 1024)
	w.counting.Lock()
	defer w.counting.Unlock()
	w.units[kind+" "+sort] += n * float64(factor)
	if it[deploy.RoleIndexKey] != nil && slices.Contains(deploy.Indexes(), deploy.FormerIndex) {
		w.units[kind+" "+sort] += n
	}
}

func (w *writesTable) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	w.count(in.Item, 1)
	return w.table.PutItem(ctx, in, o...)
}

func (w *writesTable) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	out, err := w.table.UpdateItem(ctx, in, o...)
	w.mu.Lock()
	defer w.mu.Unlock()
	if it := w.at(in.Key); it != nil {
		w.count(it, 1)
	}
	return out, err
}

func (w *writesTable) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	w.mu.Lock()
	it := maps.Clone(w.at(in.Key))
	w.mu.Unlock()
	if it == nil {
		it = in.Key
	}
	w.count(it, 1)
	return w.table.DeleteItem(ctx, in, o...)
}

func (w *writesTable) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	for _, t := range in.TransactItems {
		if t.Put != nil {
			w.count(t.Put.Item, 2)
		}
		if t.Delete != nil {
			w.count(t.Delete.Key, 2)
		}
	}
	return w.table.TransactWriteItems(ctx, in, o...)
}

// TestAnUnchangedSweepWritesSoMuch sweeps an account in which nothing changes, day after day, and holds what that writes to the figures from which
// docs/cost.md is made.
func TestAnUnchangedSweepWritesSoMuch(t *testing.T) {
	const roles, risky = 100, 10
	synctest.Test(t, func(t *testing.T) {
		p := Standard()
		p.Accounts, p.Roles = 1, roles
		w := newWorld(p, t.Output())
		a := w.accounts[0]
		for i := range risky {
			a.change(i, func(r *executionRole) { r.admin = true })
		}
		counted := &writesTable{table: w.table, units: map[string]float64{}}
		queue := memory.NewQueue(time.Now)
		c := w.config(a)
		c.Store, c.Queue = dynamostore.New(counted, tableName, time.Now), queue
		in := watch.New(c)
		day := func() {
			handle := func(item watch.Item) {
				if o := in.Handle(t.Context(), []watch.Item{item})[0]; o != (watch.Outcome{}) {
					t.Fatalf("%s: %+v", item.Body, o)
				}
			}
			handle(watch.Item{ID: "tick", Body: []byte(deploy.Tick), Receives: 1})
			for end := time.Now().Add(25 * time.Hour); ; {
				due, ok := queue.Next()
				if !ok || due.After(end) {
					time.Sleep(time.Until(end))
					return
				}
				time.Sleep(time.Until(due))
				item, _ := queue.Pop(time.Now())
				handle(watch.Item{ID: item.ID, Body: item.Body, Receives: item.Receives, Since: item.Since, Attempt: item.Attempt})
			}
		}
		day()
		day()
		states, err := c.Store.Load(t.Context(), []string{a.arn(a.roles[risky].name), a.arn(a.roles[0].name)})
		if err != nil || len(states[0].Findings) > 0 || len(states[1].Findings) == 0 || states[0].Revision == 0 {
			t.Fatalf("%d and %d findings, revision %d, %v", len(states[0].Findings), len(states[1].Findings), states[0].Revision, err)
		}
		clear(counted.units)
		day()
		var lines []string
		for _, kind := range slices.Sorted(maps.Keys(counted.units)) {
			lines = append(lines, fmt.Sprintf("%s: %.0f", kind, counted.units[kind]))
		}
		t.Log(strings.Join(lines, "\n"))
		take := func(kinds ...string) (sum float64) {
			for _, kind := range kinds {
				sum += counted.units[kind]
				delete(counted.units, kind)
			}
			return sum
		}
		for what, f := range map[string]struct{ is, of, stated float64 }{
			"a function":                 {take("FUNCTION VERSION"), roles, deploy.SweepWritesPerFunction},
			"a role with findings":       {take("ROLE STATE"), risky, deploy.SweepWritesPerFinding},
			"a role, of the inventory":   {take("INVENTORY PAGE", "INVENTORY INVENTORY"), roles, deploy.SweepWritesPerRole},
			"the account, of its marks":  {take("ACCOUNT SWEEP", "ACCOUNT MARKS", "ACCOUNT EPISODES"), 1, deploy.SweepWritesPerAccount},
			"anything that is not named": {take(slices.Collect(maps.Keys(counted.units))...), 1, 0},
		} {
			if each := f.is / f.of; math.Ceil(each-1e-9) != f.stated {
				t.Errorf("%s takes %.2f write request units in a sweep, and %v are stated", what, each, f.stated)
			}
		}
		after, err := c.Store.Load(t.Context(), []string{a.arn(a.roles[risky].name)})
		if err != nil || after[0].Revision != states[0].Revision {
			t.Errorf("a role that has not changed was written: %v", err)
		}
	})
}
