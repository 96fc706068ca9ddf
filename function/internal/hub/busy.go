package hub

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errBusy says that an account has had its share of a minute.
var errBusy = errors.New("the account has taken its share of this minute")

// busy is until when the items of an account wait that takes long. It is of this execution environment; the sum is of all of them.
type busy struct {
	mu      sync.Mutex
	waiting map[string]time.Time
}

func (b *busy) until(account string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting[account]
}

// took counts the time that an account took. One whose calls are throttled would keep all invocations from the others: once it has had its
// share of a minute, its items wait for the next one.
func (h *Hub) took(ctx context.Context, account string, d time.Duration) {
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
	h.busy.mu.Lock()
	defer h.busy.mu.Unlock()
	if h.busy.waiting == nil {
		h.busy.waiting = map[string]time.Time{}
	}
	for other, until := range h.busy.waiting {
		if !until.After(now) {
			delete(h.busy.waiting, other)
		}
	}
	h.busy.waiting[account] = now.Truncate(time.Minute).Add(time.Minute)
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
