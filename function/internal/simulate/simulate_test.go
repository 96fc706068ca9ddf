package simulate

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/intake"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

func TestOneAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Standard()
		p.Accounts, p.Events, p.Bursts, p.BurstEvents, p.Duration = 1, 400, 1, 200, 2*time.Hour
		w := newWorld(p, t.Output())
		ctx, cancel := context.WithCancel(t.Context())
		environment := func() *intake.Intake {
			q := sqsqueue.New(w.work, "q", "dead")
			config := w.config(w.accounts[0])
			config.Store, config.Queue = w.store(), q
			return &intake.Intake{Watch: watch.New(config), Queue: q, Log: w.log}
		}
		for range 2 {
			in := environment()
			w.wg.Go(func() { w.work.poll(ctx, 10, deploy.BatchWindow, w.timed(in.Invoke)) })
		}
		in := environment()
		w.wg.Go(func() {
			for sleep(ctx, deploy.TickInterval) == nil {
				if _, err := in.Invoke(ctx, []byte(deploy.Tick)); err != nil {
					t.Error(err)
				}
			}
		})
		w.play(ctx, day(p), w.work)
		time.Sleep(30 * time.Minute)
		cancel()
		w.wg.Wait()
		for _, r := range w.told.done {
			t.Log(r.account, r.burst, r.after)
		}
		t.Logf("%d invocations, %v busy, IAM %d, most %d, throttled %d, writes %v reads %v, open %d, sends %d, ops %d, waiting %d dead %d", w.invocations.Load(), time.Duration(w.busy.Load()), w.calls.total.iam, w.calls.most, w.calls.total.throttled, w.usage.writes, w.usage.reads, len(w.told.open), w.told.sends, w.told.operations, w.work.waiting(), w.work.dead)
	})
}
