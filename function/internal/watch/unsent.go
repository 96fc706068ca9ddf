package watch

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

const (
	// maxUnsent is how many messages are remembered for a topic, the newest, and sentFirst how many of them go before another message. One
	// that the topic has not taken then for firstTries times is left to the outbox.
	maxUnsent  = 50
	sentFirst  = 10
	firstTries = 3
)

// unsent are messages that could not be published, by topic and in order: they are published before the next message to the topic. Otherwise
// people read that a finding is over, and a minute later that it was opened. It is memory alone: what is forgotten stands in the outbox.
type unsent struct {
	mu   sync.Mutex
	left map[string][]unsentMessage
}

// unsentMessage is a message, until when nobody else publishes it, and how often it went before another one in vain.
type unsentMessage struct {
	message.Outgoing
	held  time.Time
	tries int
}

// add remembers a message that could not be published.
func (u *unsent) add(e unsentMessage) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.left == nil {
		u.left = map[string][]unsentMessage{}
	}
	list := slices.DeleteFunc(u.left[e.Topic], func(o unsentMessage) bool { return o.ID == e.ID })
	list = append(list, e)
	slices.SortStableFunc(list, func(a, b unsentMessage) int { return message.ByCommit(a.Outgoing, b.Outgoing) })
	u.left[e.Topic] = list[max(0, len(list)-maxUnsent):]
}

// before takes the messages that go before another one.
func (u *unsent) before(o message.Outgoing) []unsentMessage {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.left[o.Topic]) == 0 {
		return nil
	}
	list := slices.DeleteFunc(u.left[o.Topic], func(e unsentMessage) bool { return e.ID == o.ID })
	n := 0
	for n < min(len(list), sentFirst) && message.ByCommit(list[n].Outgoing, o) < 0 {
		n++
	}
	first := slices.Clone(list[:n])
	u.left[o.Topic] = slices.Delete(list, 0, n)
	return first
}

// deliverEarlier publishes what could not be published before a message was committed, as long as the topic takes it.
func (w *Watch) deliverEarlier(ctx context.Context, o message.Outgoing) {
	earlier := w.unsent.before(o)
	for i, e := range earlier {
		now := w.Now()
		if !e.held.After(now) {
			mine, err := w.Store.Lease(ctx, e.ID, now, w.leased())
			if err != nil || !mine {
				continue // Somebody else has published it, or does.
			}
			e.held = heldFrom(now)
		}
		if err := w.deliver(ctx, e.Outgoing); err != nil {
			w.Log.Error("left in the outbox", "id", e.ID, "error", err.Error())
			if e.tries++; e.tries < firstTries {
				w.unsent.add(e)
			}
			for _, rest := range earlier[i+1:] {
				w.unsent.add(rest)
			}
			return
		}
	}
}

// heldFrom is until when nobody else publishes what was leased a moment before a time.
func heldFrom(at time.Time) time.Time { return at.Add(deliverFor) }
