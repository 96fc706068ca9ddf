package hub

import (
	"cmp"
	"context"

	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// lane is what of a batch is handled one after another: the items of an account, with steps of its sweep apart, because they take the whole
// invocation; the hub's own work; or what EventBridge sent.
type lane struct {
	account              string
	sweep, work, records bool
}

// Handle takes a batch and says, item by item, what became of it. The items of different accounts are handled at the same time.
func (h *Hub) Handle(ctx context.Context, items []watch.Item) []watch.Outcome {
	outcomes := make([]watch.Outcome, len(items))
	lanes, order := map[lane][]int{}, []lane{}
	for i, item := range items {
		l := h.laneOf(item)
		if len(lanes[l]) == 0 {
			order = append(order, l)
		}
		lanes[l] = append(lanes[l], i)
	}
	parallel.AtMost(len(order), h.Limits.Accounts, func(n int) {
		indexes := lanes[order[n]]
		mine := make([]watch.Item, len(indexes))
		for i, at := range indexes {
			mine[i] = items[at]
		}
		for i, o := range h.handleLane(ctx, order[n], mine) {
			outcomes[indexes[i]] = o
		}
	})
	return outcomes
}

// laneOf is where an item is handled. A work item that names no account is of the hub's own: it was sent before there was a hub, or by the
// schedule.
func (h *Hub) laneOf(item watch.Item) lane {
	account := cmp.Or(item.Account, h.Account)
	kind, ours := watch.KindOf(item.Body), isJob(item.Body)
	switch {
	case item.Record, item.Account == "" && kind == watch.KindRecord && !ours:
		// A record in the work queue that names no account was sent before there was a hub, or is a dead letter that was redriven.
		return lane{records: true}
	case ours, item.Account == "" && kind == watch.KindTick:
		return lane{account: h.Account, work: true}
	case kind == watch.KindSweep, kind == watch.KindStart:
		return lane{account: account, sweep: true}
	}
	return lane{account: account}
}

func (h *Hub) handleLane(ctx context.Context, l lane, items []watch.Item) []watch.Outcome {
	switch {
	case l.records:
		return h.takeIn(ctx, items)
	case l.work:
		return each(items, func(item watch.Item) watch.Outcome { return h.handleOwn(ctx, item) })
	}
	m, known, err := h.member(ctx, l.account)
	own := h.own()
	switch {
	case err != nil:
		return each(items, func(item watch.Item) watch.Outcome { return own.Failed(ctx, item, err) })
	case !known:
		return each(items, func(item watch.Item) watch.Outcome { return h.unknown(ctx, m, item) })
	}
	w := h.watches.of(m, h.Watch)
	if l.account != h.Account {
		if err = h.readable(ctx, w, m); err != nil {
			return each(items, func(item watch.Item) watch.Outcome { return h.unreadable(ctx, w, m, item, err) })
		}
	}
	if l.sweep {
		h.sweeping(ctx, l.account)
		return w.Handle(ctx, items)
	}
	if until, waits := h.busy.of(l.account, h.Now()); waits {
		return h.postpone(ctx, w, l.account, items, until)
	}
	return h.bounded(ctx, w, m, items)
}

// bounded hands items to the watch of an account, which has a part of the invocation for them: what it does not reach goes back into the queue.
func (h *Hub) bounded(ctx context.Context, w *watch.Watch, m Member, items []watch.Item) []watch.Outcome {
	limited := ctx
	if _, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, h.Limits.AccountTime)
		defer cancel()
	}
	began := h.Now()
	outcomes := h.handleChanges(limited, w, m, items)
	h.took(ctx, m.ID, len(items), h.Now().Sub(began))
	return outcomes
}

// each answers each of a list of items.
func each(items []watch.Item, answer func(watch.Item) watch.Outcome) []watch.Outcome {
	out := make([]watch.Outcome, len(items))
	for i, item := range items {
		out[i] = answer(item)
	}
	return out
}
