package hub

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// errBusy says that an account has had its share of a minute.
var errBusy = errors.New("the account has taken its share of this minute")

// busy are the accounts that have had their share of the present minute. It is of this execution environment; the sums are of all of them.
type busy struct {
	mu      sync.Mutex
	waiting map[string]wait
}

// wait says until when the items of an account wait, and how many of them the share of a minute is enough for.
type wait struct {
	until     time.Time
	perMinute int64
}

func (b *busy) of(account string, now time.Time) (wait, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.waiting[account]
	return w, w.until.After(now)
}

func (b *busy) set(account string, w wait, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting == nil {
		b.waiting = map[string]wait{}
	}
	for other, o := range b.waiting {
		if !o.until.After(now) {
			delete(b.waiting, other)
		}
	}
	b.waiting[account] = w
}

// took counts the time that so many items of an account took. One whose calls are throttled would keep all invocations from the others: once it
// has had its share of a minute, its items wait for the next one.
func (h *Hub) took(ctx context.Context, account string, items int, d time.Duration) {
	if d < h.Limits.Slow {
		return
	}
	now := h.Now()
	sum, err := h.Store.Count(ctx, account, "milliseconds", now, d.Milliseconds())
	if err != nil {
		h.Log.Warn("the time of an account is not counted", "account", account, "error", err.Error())
		return
	}
	if time.Duration(sum)*time.Millisecond < h.Limits.Busy {
		return
	}
	h.Log.Warn("an account waits for the next minute", "account", account, "took", (time.Duration(sum) * time.Millisecond).String())
	share := max(1, int64(items)*int64(h.Limits.Busy/time.Millisecond)/d.Milliseconds())
	h.busy.set(account, wait{until: now.Truncate(time.Minute).Add(time.Minute), perMinute: share}, now)
}

// postpone puts items of an account that has had its share back into the queue: as many for each of the next minutes as its share is enough for,
// so that they do not come again all at once, to wait again. What is too much for all of them is spread over them.
func (h *Hub) postpone(ctx context.Context, w *watch.Watch, account string, items []watch.Item, until wait) []watch.Outcome {
	now := h.Now()
	before, err := h.Store.Count(ctx, account, "postponed", now, int64(len(items)))
	if err != nil {
		h.Log.Warn("the items of an account that wait are not counted", "account", account, "error", err.Error())
	}
	before = max(0, before-int64(len(items)))
	minutes := max(1, int64(h.Limits.MostDelay/time.Minute))
	out := make([]watch.Outcome, len(items))
	for i, item := range items {
		later := time.Duration((before+int64(i))/until.perMinute%minutes) * time.Minute
		out[i] = w.Postpone(ctx, item, until.until.Sub(now)+later, errBusy)
	}
	return out
}

// noted are the times at which this execution environment did something last, so that it is not done for each record.
type noted struct {
	mu sync.Mutex
	at map[string]time.Time
}

// due reports whether something was not done for that long, and notes that it is done now.
func (n *noted) due(what string, now time.Time, every time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at, ok := n.at[what]; ok && now.Sub(at) < every {
		return false
	}
	if n.at == nil {
		n.at = map[string]time.Time{}
	}
	n.at[what] = now
	return true
}

// forget has something done the next time.
func (n *noted) forget(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.at, what)
}
