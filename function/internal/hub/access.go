package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const (
	// accessFor is how long an account that could not be read is not tried again.
	accessFor = time.Minute
	// newFor is how long the role of an account may be missing that was just listed: a StackSet deploys it meanwhile.
	newFor = time.Hour
	// scopeReader is what is tried where an account is read.
	scopeReader = "reader"
	// keyAccount begins the keys of episodes of an account that cannot be read.
	keyAccount = "account:"
)

// accesses are the accounts that could not be read lately, and why.
type accesses struct {
	mu     sync.Mutex
	failed map[string]failedAccess
}

type failedAccess struct {
	at  time.Time
	why *UnreadableError
}

// tryAccess says whether an account can be read.
func (h *Hub) tryAccess(ctx context.Context, account string) error {
	now := h.Now()
	h.access.mu.Lock()
	known, ok := h.access.failed[account]
	h.access.mu.Unlock()
	if ok && now.Sub(known.at) < accessFor {
		return known.why
	}
	err := h.Access(ctx, account)
	var why *UnreadableError
	h.access.mu.Lock()
	defer h.access.mu.Unlock()
	if !errors.As(err, &why) {
		delete(h.access.failed, account)
		return err
	}
	if h.access.failed == nil {
		h.access.failed = map[string]failedAccess{}
	}
	h.access.failed[account] = failedAccess{now, why}
	return why
}

// readable tries whether a member can be read. Where it could not be before, a sweep finds what has changed meanwhile.
func (h *Hub) readable(ctx context.Context, w *watch.Watch, m Member) error {
	if err := h.tryAccess(ctx, m.ID); err != nil {
		return err
	}
	if !h.noted.due("reader:"+m.ID, h.Now(), readerNoted) {
		return nil
	}
	_, over, err := w.Noted(ctx, scopeReader)
	if err != nil {
		h.noted.forget("reader:" + m.ID)
		return err
	}
	if over {
		h.Log.Info("an account can be read again", "account", m.ID)
		return errors.Join(h.askSweeps(ctx, []string{m.ID}, time.Time{}), h.soon(ctx))
	}
	return nil
}

// readerNoted is how often it is noted that an account can be read.
const readerNoted = 10 * time.Minute

// unreadable is what becomes of an item of an account that cannot be read. Nothing of the account is judged meanwhile.
func (h *Hub) unreadable(ctx context.Context, w *watch.Watch, m Member, item watch.Item, err error) watch.Outcome {
	var why *UnreadableError
	if !errors.As(err, &why) {
		return w.Failed(ctx, item, err)
	}
	h.noted.forget("reader:" + m.ID)
	if !m.Since.IsZero() && h.Now().Sub(m.Since) >= newFor {
		began, _, err := w.Noted(ctx, scopeReader, unreadableTrouble(m, why))
		if err == nil && began {
			err = h.soon(ctx)
		}
		if err != nil {
			return w.Failed(ctx, item, err)
		}
	}
	switch watch.KindOf(item.Body) {
	case watch.KindTick:
		item.Body = watch.DeliverItem()
		return w.Handle(ctx, []watch.Item{item})[0]
	case watch.KindStored:
		return w.Handle(ctx, []watch.Item{item})[0]
	case watch.KindStart:
		// It is asked for again when the account can be read.
		if err := h.sweepDone(ctx, m.ID); err != nil {
			return w.Failed(ctx, item, err)
		}
		return watch.Outcome{}
	}
	return w.AwaitRead(ctx, item, why)
}

func unreadableTrouble(m Member, why *UnreadableError) episode.Trouble {
	return episode.Trouble{
		Key: keyAccount + m.ID, Subject: "rolewatch cannot read account " + m.String(), Over: "rolewatch can read account " + m.String() + " again",
		Text: fmt.Sprintf("rolewatch cannot read account %s: %s. Findings of the account are neither opened nor resolved until it can. Records of the account wait for up to four hours; "+
			"when the account can be read again, a sweep finds what has changed meanwhile. %s", m.String(), why.Why, why.SettledBy),
	}
}

// soon has the members checked before the next listing of the organization, because one of them can no longer be read or can be again. Of many of
// them this is done once.
func (h *Hub) soon(ctx context.Context) error {
	if !h.noted.due("members", h.Now(), soonEvery) {
		return nil
	}
	err := h.Queue(h.Account).Send(ctx, job{Job: jobMembers}.body(), soonAfter)
	if err != nil {
		h.noted.forget("members")
	}
	return err
}
