package hub

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const (
	// sweepsName is what the sweeps are kept under.
	sweepsName = "sweeps"
	// beginFor is how long a sweep has to begin, and stepFor how long it lasts after the last step that was noted; stepNoted is how often one
	// is.
	beginFor  = 15 * time.Minute
	stepFor   = 30 * time.Minute
	stepNoted = 10 * time.Minute
	// restFor is how long an account is not swept by the clock after a sweep, whenever its minute of the day is.
	restFor = 4 * time.Hour
)

// sweeps are the accounts that are swept, and those that wait for it. So many are swept at the same time, and no more, however many there are
// to do: each day all, after a new release, or after a change to a policy of the root.
type sweeps struct {
	Running []sweeping `json:"running,omitempty"`
	Waiting []sweeping `json:"waiting,omitempty"`
}

// sweeping is an account that is swept, or waits for it.
type sweeping struct {
	Account string `json:"account"`
	// Changed is when the policies of the organization changed that are to be read anew; zero where they are not.
	Changed time.Time `json:"changed,omitzero"`
	// Until is when the sweep counts as ended if nothing is heard of it, and Began says that it has begun.
	Until time.Time `json:"until,omitzero"`
	Began bool      `json:"began,omitempty"`
}

func indexOf(list []sweeping, account string) int {
	return slices.IndexFunc(list, func(s sweeping) bool { return s.Account == account })
}

// ask has an account swept that does not wait already. One that is being swept has read policies of the organization before they changed.
// Changed is when these changed; zero where they did not.
func (s *sweeps) ask(account string, changed time.Time) bool {
	if i := indexOf(s.Waiting, account); i >= 0 {
		later := changed.After(s.Waiting[i].Changed)
		if later {
			s.Waiting[i].Changed = changed
		}
		return later
	}
	if indexOf(s.Running, account) >= 0 && changed.IsZero() {
		return false
	}
	s.Waiting = append(s.Waiting, sweeping{Account: account, Changed: changed})
	return true
}

// lapse ends the sweeps of which nothing was heard. One that has not begun waits again: the item that was to begin it may be lost.
func (s *sweeps) lapse(now time.Time) (changed bool) {
	for _, r := range slices.Clone(s.Running) {
		if r.Until.After(now) {
			continue
		}
		changed = true
		s.Running = slices.DeleteFunc(s.Running, func(o sweeping) bool { return o.Account == r.Account })
		if !r.Began {
			s.ask(r.Account, r.Changed)
		}
	}
	return changed
}

// start takes those that wait, as far as there is room, and gives them. An account whose sweep still runs waits for its end.
func (s *sweeps) start(limit int, now time.Time) (started []sweeping) {
	for _, next := range slices.Clone(s.Waiting) {
		if len(s.Running) >= limit {
			break
		}
		if indexOf(s.Running, next.Account) >= 0 {
			continue
		}
		s.Waiting = slices.DeleteFunc(s.Waiting, func(o sweeping) bool { return o.Account == next.Account })
		next.Until = now.Add(beginFor)
		s.Running = append(s.Running, next)
		started = append(started, next)
	}
	return started
}

// changeSweeps changes what is swept, and sends the items that begin sweeps.
func (h *Hub) changeSweeps(ctx context.Context, change func(s *sweeps, now time.Time) bool) error {
	for range attempts {
		body, revision, err := h.Store.Kept(ctx, sweepsName)
		if err != nil {
			return fmt.Errorf("read which accounts are swept: %w", err)
		}
		var s sweeps
		if len(body) > 0 {
			if err := json.Unmarshal(body, &s); err != nil {
				h.Log.Error("which accounts are swept cannot be read: the list begins empty", "error", err.Error())
				s = sweeps{}
			}
		}
		now := h.Now()
		changed := change(&s, now)
		changed = s.lapse(now) || changed
		started := s.start(h.Limits.Sweeps, now)
		if !changed && len(started) == 0 {
			return nil
		}
		if body, err = json.Marshal(s, json.Deterministic(true)); err != nil {
			return fmt.Errorf("note which accounts are swept: %w", err)
		}
		err = h.Store.Keep(ctx, sweepsName, body, revision)
		if errors.Is(err, finding.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("note which accounts are swept: %w", err)
		}
		return h.begin(ctx, started)
	}
	return fmt.Errorf("note which accounts are swept: %w", finding.ErrConflict)
}

// begin sends the items that begin sweeps. One that cannot be sent begins when its time has lapsed.
func (h *Hub) begin(ctx context.Context, started []sweeping) error {
	var errs []error
	for _, s := range started {
		if err := h.Queue(s.Account).Send(ctx, watch.SweepItem(s.Changed), 0); err != nil {
			errs = append(errs, fmt.Errorf("begin the sweep of account %s: %w", s.Account, err))
		}
	}
	return errors.Join(errs...)
}

// askSweeps has accounts swept.
func (h *Hub) askSweeps(ctx context.Context, accounts []string, organization time.Time) error {
	return h.changeSweeps(ctx, func(s *sweeps, _ time.Time) (changed bool) {
		for _, account := range accounts {
			changed = s.ask(account, organization) || changed
		}
		return changed
	})
}

// sweeping notes that a step of a sweep is handled. That it cannot be noted keeps no step back.
func (h *Hub) sweeping(ctx context.Context, account string) {
	if !h.noted.due("sweep:"+account, h.Now(), stepNoted) {
		return
	}
	err := h.changeSweeps(ctx, func(s *sweeps, now time.Time) bool {
		i := indexOf(s.Running, account)
		if i < 0 {
			return false
		}
		s.Running[i].Until, s.Running[i].Began = now.Add(stepFor), true
		return true
	})
	if err != nil {
		h.noted.forget("sweep:" + account)
		h.Log.Warn("a step of a sweep is not noted", "account", account, "error", err.Error())
	}
}

// sweepDone notes that the sweep of an account has ended, and has the next one begin.
func (h *Hub) sweepDone(ctx context.Context, account string) error {
	h.noted.forget("sweep:" + account)
	return h.changeSweeps(ctx, func(s *sweeps, _ time.Time) bool {
		n := len(s.Running)
		s.Running = slices.DeleteFunc(s.Running, func(o sweeping) bool { return o.Account == account })
		return len(s.Running) != n
	})
}

// SweepDue is for the watch of a member: it asks for a sweep that is due, and has none start at once.
func (h *Hub) SweepDue(account string) func(ctx context.Context, last watch.Sweep) (bool, error) {
	return func(ctx context.Context, last watch.Sweep) (bool, error) {
		if last.Complete > 0 && !dueAt(account, last.CompletedAt, h.Now()) {
			return false, nil
		}
		return false, h.askSweeps(ctx, []string{account}, time.Time{})
	}
}

// SweepDone is for the watch of a member.
func (h *Hub) SweepDone(account string) func(context.Context) error {
	return func(ctx context.Context) error { return h.sweepDone(ctx, account) }
}

// dueAt reports whether an account is to be swept by the clock: once a day, at a minute of the day that comes from its ID, so that the sweeps
// of an organization are spread over the day.
func dueAt(account string, last, now time.Time) bool {
	at := now.UTC().Truncate(24 * time.Hour).Add(time.Duration(minuteOf(account)) * time.Minute)
	if at.After(now) {
		at = at.AddDate(0, 0, -1)
	}
	return last.Before(at) && now.Sub(last) >= restFor
}

// minuteOf is a minute of the day.
func minuteOf(account string) int {
	n, err := strconv.ParseUint(account, 10, 64)
	if err != nil {
		return 0
	}
	// Accounts that were created together have IDs that have nothing in common, but IDs that are made up are often consecutive.
	return int(n * 2654435761 % (24 * 60))
}
