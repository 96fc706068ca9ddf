package hub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// spreadOver is the time over which the ticks of members are spread: less than from one tick to the next.
const spreadOver = deploy.TickInterval - time.Minute

// ticksAtOnce is how many ticks are sent at the same time: an organization may have 20,000 accounts.
const ticksAtOnce = 32

// handleOwn does the hub's own work. The tick of the schedule is that of the hub's own account, too.
func (h *Hub) handleOwn(ctx context.Context, item watch.Item) watch.Outcome {
	own := h.own()
	if !isJob(item.Body) {
		if err := h.tick(ctx); err != nil {
			h.Log.Error("tick", "error", err.Error())
			if err := h.Queue(h.Account).Send(ctx, job{Job: jobTick}.body(), time.Minute); err != nil {
				h.Log.Error("the next tick does what this one could not", "error", err.Error())
			}
		}
		return own.Handle(ctx, []watch.Item{item})[0]
	}
	j, err := parseJob(item.Body)
	if err != nil {
		return watch.Outcome{Dead: err.Error()}
	}
	switch j.Job {
	case jobTick:
		err = h.tick(ctx)
	case jobList:
		err = h.list(ctx)
	case jobTags:
		err = h.readTags(ctx, h.Now())
	case jobMembers:
		err = h.checkMembersSoon(ctx)
	case jobGone:
		err = h.gone(ctx, j.Account)
	case jobTied:
		err = h.noteTies(ctx, j)
	}
	if err != nil {
		return own.Failed(ctx, item, err)
	}
	return watch.Outcome{}
}

// tick has the organization listed where that is due, and sends a tick to each member, spread over the time until the next tick.
func (h *Hub) tick(ctx context.Context) error {
	d, err := h.known(ctx, 0)
	if err != nil {
		return err
	}
	var errs []error
	if h.Now().Sub(d.Listed) >= listEvery {
		errs = append(errs, h.Queue(h.Account).Send(ctx, job{Job: jobList}.body(), 0))
	}
	errs = append(errs, h.changeSweeps(ctx, func(*sweeps, time.Time) bool { return false }))
	for _, account := range d.left() {
		errs = append(errs, h.Queue(h.Account).Send(ctx, job{Job: jobGone, Account: account}.body(), 0))
	}
	return errors.Join(append(errs, h.tickMembers(ctx, d))...)
}

func (h *Hub) tickMembers(ctx context.Context, d *Directory) error {
	errs := make([]error, len(d.Watched))
	parallel.AtMost(len(d.Watched), ticksAtOnce, func(i int) {
		account := d.Watched[i]
		if account == h.Account {
			return
		}
		if err := h.Queue(account).Send(ctx, []byte(deploy.Tick), spread(account)); err != nil {
			errs[i] = fmt.Errorf("send the tick of account %s: %w", account, err)
		}
	})
	return errors.Join(errs...)
}

// spread is how long the tick of an account waits.
func spread(account string) time.Duration {
	return time.Duration(minuteOf(account)) * spreadOver / (24 * 60)
}
