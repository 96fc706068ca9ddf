package simulate

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/snstopic"
	"github.com/rolewatch/rolewatch/function/internal/watch"
	"github.com/rolewatch/rolewatch/function/settings"
)

const (
	hubAccount      = "999900000000"
	region          = "us-east-1"
	tableName       = "rolewatch-Table"
	recordsName     = "rolewatch-Records"
	findingsTopic   = "arn:aws:sns:us-east-1:" + hubAccount + ":rolewatch-Findings"
	operationsTopic = "arn:aws:sns:us-east-1:" + hubAccount + ":rolewatch-Operations"
	// adminCheck is the check on what an AWS managed policy for administrators is attached to.
	adminCheck = "RW302"
)

// world is the organization, and what the hub consists of.
type world struct {
	p        Parameters
	log      *slog.Logger
	accounts []*account
	byID     map[string]*account
	calls    *calls
	usage    *usage
	table    *table
	records  *queue
	work     *queue
	told     *told
	rules    *inforce.Set

	// invocations counts those of the function, and busy the time that they took.
	invocations atomic.Int64
	busy        atomic.Int64
	wg          sync.WaitGroup
}

func accountID(i int) string { return fmt.Sprintf("1%011d", i) }

func newWorld(p Parameters, log io.Writer) *world {
	w := &world{p: p, log: slog.New(slog.DiscardHandler), byID: map[string]*account{}, calls: newCalls(p, time.Now), usage: newUsage(time.Now)}
	if log != nil {
		w.log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	for i := range p.Accounts {
		a := newAccount(accountID(i), p.Roles, w.calls)
		w.accounts = append(w.accounts, a)
		w.byID[a.id] = a
	}
	w.byID[hubAccount] = newAccount(hubAccount, 1, w.calls)
	after := func(median time.Duration) func(context.Context) error {
		return func(ctx context.Context) error { return w.calls.wait(ctx, median) }
	}
	w.table = newTable(after(p.Table), w.usage)
	w.records, w.work = newQueue(recordsName, after(p.Queue)), newQueue("rolewatch-Queue", after(p.Queue))
	w.told = newTold(after(p.Topic))
	known := slices.Clone(settings.Known())
	if len(p.Checks) > 0 {
		known = slices.DeleteFunc(known, func(c *check.Check) bool { return !slices.Contains(p.Checks, c.ID) })
	}
	w.rules = inforce.New(known, settings.Function{}.InForce(known))
	return w
}

func (w *world) store() *dynamostore.Store {
	s := dynamostore.New(w.table, tableName, time.Now)
	s.Log = w.log
	return s
}

func (w *world) publisher() *snstopic.Publisher {
	return snstopic.New(w.told, snstopic.Topics{Findings: findingsTopic, Operations: operationsTopic})
}

// reader is the real reader of an account.
func (w *world) reader(a *account) *awsaccount.Account {
	return awsaccount.New(iamClient{a}, map[string]lambdaClient{region: {a, region}}, awsaccount.Options{
		Partition: "aws", AccountID: a.id, Now: time.Now, Facts: awsaccount.FactsFor(w.rules.Reads()),
	})
}

// config is what the watch of each account is made with.
func (w *world) config(a *account) watch.Config {
	return watch.Config{
		Account: w.reader(a), Publisher: w.publisher(), Rules: w.rules, Catalogue: catalogue.Version(w.rules.Checks()), Graph: &danger.Graphs{},
		Settle: time.Minute, AccountID: a.id, Partition: "aws", Regions: []string{region}, Channels: settings.Channels(), Metrics: uncounted{}, Now: time.Now, Log: w.log,
	}
}

// uncounted is for metrics that nobody reads here.
type uncounted struct{}

func (uncounted) Event(string, string)           {}
func (uncounted) Reconciled(string)              {}
func (uncounted) Finding(string, string, string) {}
func (uncounted) SweepCompleted()                {}
func (uncounted) Told(time.Duration)             {}
func (uncounted) Requeued()                      {}

// timed counts an invocation.
func (w *world) timed(invoke func(context.Context, []byte) ([]byte, error)) func(context.Context, []byte) ([]byte, error) {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		begin := time.Now()
		defer func() { w.invocations.Add(1); w.busy.Add(int64(time.Since(begin))) }()
		return invoke(ctx, payload)
	}
}

// play lets the traffic happen: each call changes its account, and its record arrives in a queue of the hub.
func (w *world) play(ctx context.Context, events []event, into *queue) {
	start := time.Now()
	for serial, e := range events {
		if sleep(ctx, e.at-time.Since(start)) != nil {
			return
		}
		a := w.accounts[e.account]
		arn := a.arn(a.roles[e.role].name)
		switch e.kind {
		case kindRisk:
			w.told.expect(arn, risk{time.Now(), a.id, e.burst})
		case kindUndo:
			w.told.end(arn)
		}
		e.apply(a, serial)
		record := e.record(a, serial, time.Now(), region)
		w.wg.Go(func() {
			if w.calls.wait(ctx, w.p.Bus) == nil {
				into.put(record, nil, "", 0)
			}
		})
	}
}
