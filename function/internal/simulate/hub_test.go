package simulate

import (
	"context"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/hub"
	"github.com/rolewatch/rolewatch/function/internal/intake"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// batchSize is that of both mappings.
const batchSize = 10

// environment is an execution environment of the function: it handles one invocation at a time, and keeps what it knows for the next one.
func (w *world) environment() *intake.Intake {
	store := w.store()
	work, records := sqsqueue.New(w.work, "work", "dead"), sqsqueue.New(w.records, "records", "dead")
	var h *hub.Hub
	h = hub.New(hub.Config{
		Account: hubAccount, Access: w.access, Store: store, Queue: func(account string) hub.Queue { return work.Of(account) },
		Lister: listing{w}, Metrics: uncounted{}, Limits: w.p.Limits, Now: time.Now, Log: w.log,
		Watch: func(m hub.Member) *watch.Watch {
			c := w.config(w.byID[m.ID])
			c.Store, c.Queue, c.AccountName, c.Others = store, work.Of(m.ID), m.Name, h.Elsewhere(m.ID)
			if m.ID != hubAccount {
				c.Store, c.MaySweep, c.SweepDone = store.Of(m.ID), h.SweepDue(m.ID), h.SweepDone(m.ID)
			}
			return watch.New(c)
		},
	})
	return &intake.Intake{Watch: h, Queue: work, Records: records, RecordsName: recordsName, Log: w.log}
}

// access assumes the reader role of an account, which takes a call of STS.
func (w *world) access(ctx context.Context, id string) error {
	if err := w.calls.wait(ctx, w.p.STS); err != nil {
		return err
	}
	a := w.byID[id]
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return &hub.UnreadableError{Why: "sts:AssumeRole was denied", SettledBy: "Deploy the member stack."}
	}
	return nil
}

// listing is AWS Organizations.
type listing struct{ w *world }

func (l listing) Next(ctx context.Context, into *organization.Listing) error {
	o, err := l.list(ctx)
	if err == nil {
		*into = organization.Listed(*o)
	}
	return err
}

func (l listing) list(ctx context.Context) (*organization.Organization, error) {
	o := &organization.Organization{ID: "o-a1b2c3d4e5", ManagementAccount: hubAccount, Units: []organization.Unit{{ID: "r-ab12", Name: "Root"}}}
	for i, a := range l.w.accounts {
		if i%20 == 0 { // A page of ListAccounts.
			if err := l.w.calls.wait(ctx, 10*l.w.p.STS); err != nil {
				return nil, err
			}
		}
		o.Accounts = append(o.Accounts, organization.Account{ID: a.id, Name: "account-" + a.id, State: "ACTIVE", Parent: "r-ab12"})
	}
	o.Accounts = append(o.Accounts, organization.Account{ID: hubAccount, Name: "tooling", State: "ACTIVE", Parent: "r-ab12"})
	return o, nil
}

func (listing) Tags(context.Context, string) (map[string]string, error) { return nil, nil }

// run has the hub list and sweep the organization, and then lets the traffic happen; it gives the report.
func (w *world) run(ctx context.Context) Report {
	running, stop := context.WithCancel(ctx)
	for range w.p.Records {
		in := w.environment()
		w.wg.Go(func() { w.records.poll(running, batchSize, deploy.HubRecordsWindow, w.timed(in.Invoke)) })
	}
	for range w.p.Work {
		in := w.environment()
		w.wg.Go(func() { w.work.poll(running, batchSize, deploy.BatchWindow, w.timed(in.Invoke)) })
	}
	in := w.environment()
	w.wg.Go(func() {
		for {
			limited, cancel := context.WithTimeout(running, deploy.FunctionTimeout)
			if _, err := w.timed(in.Invoke)(limited, []byte(deploy.Tick)); err != nil {
				w.log.Error("tick", "error", err.Error())
			}
			cancel()
			if sleep(running, deploy.TickInterval) != nil {
				return
			}
		}
	})
	_ = sleep(ctx, w.p.Before)
	w.usage.restart()
	w.calls.restart()
	start := time.Now()
	var bursts []time.Time
	for i := range w.p.Bursts {
		bursts = append(bursts, start.Add(burstAt(w.p, i)))
	}
	w.play(ctx, day(w.p), w.records)
	_ = sleep(ctx, w.p.After)
	r := w.report(bursts)
	stop()
	w.wg.Wait()
	return r
}
