package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const (
	// sends is how many records of a batch are put into the work queue at the same time.
	sends = 8
	// markRecord is the name of the time of the last record of an account, which is noted once in recordNoted.
	markRecord  = "record"
	recordNoted = 10 * time.Minute
	// unlistedDelay is how long the record of an account waits that is not listed: until the organization is listed again.
	unlistedDelay = 2 * time.Minute
)

// MarkRecord is the name of the time at which the last record of a member arrived, to ten minutes.
const MarkRecord = markRecord

// taken is a record that was taken in.
type taken struct {
	account string
	body    []byte
	// delay is how long it waits in any case.
	delay time.Duration
}

// takeIn takes in what EventBridge sent: it is validated, counted by account, and put into the work queue. It calls the table and the queues,
// and nothing that one account could slow down.
func (h *Hub) takeIn(ctx context.Context, items []watch.Item) []watch.Outcome {
	outcomes := make([]watch.Outcome, len(items))
	records := make([]*taken, len(items))
	byAccount := map[string]int64{}
	for i, item := range items {
		r, err := h.validate(ctx, item)
		switch {
		case errors.As(err, new(*malformedError)):
			h.Metrics.Event("malformed", "dead")
			h.Log.Error("dead letter", "item", item.ID, "error", err.Error())
			outcomes[i].Dead = err.Error()
		case err != nil:
			outcomes[i] = h.again(item, err)
		case r != nil:
			records[i] = r
			byAccount[r.account]++
		}
	}
	counted := h.count(ctx, byAccount)
	for _, r := range records {
		if r == nil {
			continue
		}
		if n, ok := counted[r.account]; ok {
			r.delay = max(r.delay, h.Limits.delay(n))
			counted[r.account]--
		}
	}
	parallel.AtMost(len(records), sends, func(i int) {
		r := records[i]
		if r == nil {
			return
		}
		if err := h.Queue(r.account).Send(ctx, r.body, min(r.delay, deploy.MaxDelay)); err != nil {
			outcomes[i] = h.again(items[i], err)
		}
	})
	return outcomes
}

// again is what becomes of an item that could not be taken in: its own queue delivers it again.
func (h *Hub) again(item watch.Item, err error) watch.Outcome {
	after := deploy.RetryAfter(item.Receives)
	h.Log.Warn("not taken in", "item", item.ID, "after", after.String(), "receives", item.Receives, "error", err.Error())
	return watch.Outcome{Err: err, RetryAfter: after}
}

// count counts the records of a batch by account, and gives which one of the minute the last of them is. Where that cannot be counted, none is
// delayed: a record is worth more than the order among accounts.
func (h *Hub) count(ctx context.Context, byAccount map[string]int64) map[string]int64 {
	out := map[string]int64{}
	now := h.Now()
	for _, account := range sorted(byAccount) {
		n, err := h.Store.Count(ctx, account, "records", now, byAccount[account])
		if err != nil {
			h.Log.Warn("records are not counted", "account", account, "error", err.Error())
			continue
		}
		out[account] = n
		if h.noted.due("record:"+account, now, recordNoted) {
			if err := h.Store.Mark(ctx, account, markRecord, now); err != nil {
				h.Log.Warn("the time of a record is not noted", "account", account, "error", err.Error())
			}
		}
	}
	return out
}

func sorted(m map[string]int64) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// malformedError says why a body is neither a record nor a signal.
type malformedError struct{ err error }

func (e *malformedError) Error() string { return e.err.Error() }

// validate reads what EventBridge sent. It gives nil for what is not of concern, and for what is set aside: that is reported.
func (h *Hub) validate(ctx context.Context, item watch.Item) (*taken, error) {
	if watch.KindOf(item.Body) != watch.KindRecord || isJob(item.Body) {
		return nil, h.setAside(ctx, item, "", forgedWork())
	}
	s, ours, err := deploy.ParseSignal(item.Body)
	switch {
	case ours && err != nil:
		return nil, &malformedError{err}
	case ours && s.Command != nil:
		return h.takeCommand(ctx, item, s)
	case ours:
		return h.from(ctx, s.Account, item.Body, "a signal of the Region "+s.Region)
	}
	c, err := events.Parse(item.Body)
	if errors.Is(err, events.ErrNotListed) {
		h.Metrics.Event("other", "notListed")
		return nil, nil
	}
	if err != nil {
		return nil, &malformedError{err}
	}
	if c.Sender != "" {
		h.Metrics.Event(c.Event.Name, "otherAccount")
		return nil, h.setAside(ctx, item, c.Sender, forgedAccount(c))
	}
	return h.from(ctx, c.Account, item.Body, c.Event.Name+" (event ID "+c.ID+")")
}

// takeCommand takes in that a role is to be read again: the command function of the hub's own account says so, and of which account the role
// is stands in its ARN.
func (h *Hub) takeCommand(ctx context.Context, item watch.Item, s deploy.Signal) (*taken, error) {
	if s.Account != h.Account {
		return nil, h.setAside(ctx, item, s.Account, forgedCommand(s))
	}
	account, err := accountOfRole(s.Command.Role)
	if err != nil {
		return nil, &malformedError{fmt.Errorf("command: field role: %w", err)}
	}
	return h.from(ctx, account, watch.LookItem(s.Command.Role), "a command about the role "+s.Command.Role)
}

// from takes in what an account sent. An account that is not listed may be new: the organization is listed again, and the record waits for it.
func (h *Hub) from(ctx context.Context, account string, body []byte, what string) (*taken, error) {
	d, err := h.known(ctx, directoryFor)
	if err != nil {
		return nil, err
	}
	if d.watches(account) || organizationChange(d.member(account), watch.Item{Body: body}) != nil {
		return &taken{account: account, body: body}, nil
	}
	if _, listed := d.Find(account); listed {
		h.Log.Info("not watched", "account", account, "what", what)
		return nil, h.unwatched(ctx, account, what)
	}
	if err := h.listSoon(ctx, d); err != nil {
		return nil, err
	}
	return &taken{account: account, body: body, delay: unlistedDelay}, nil
}

// listSoon has the organization listed again, unless that was done lately.
func (h *Hub) listSoon(ctx context.Context, d *Directory) error {
	if h.Now().Sub(d.Listed) < listAgain || !h.noted.due("list", h.Now(), listAgain) {
		return nil
	}
	if err := h.Queue(h.Account).Send(ctx, job{Job: jobList}.body(), 0); err != nil {
		return fmt.Errorf("have the organization listed: %w", err)
	}
	return nil
}
