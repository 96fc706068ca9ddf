// Package redrive sends dead letters back to the queue that they came from, as they were before, and leaves those that cannot be
// handled.
package redrive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
)

// releaseWithin is how long the letters that are left may take to become visible again, when a run ends or is interrupted.
const releaseWithin = 30 * time.Second

// letters is the dead-letter queue.
type letters interface {
	// Receive gives some letters and hides them for a short time; none when the queue is empty.
	Receive(ctx context.Context) ([]sqsqueue.Letter, error)
	// Delete takes a letter out of the queue, Keep hides letters that stay, and Release makes letters visible again.
	Delete(ctx context.Context, letter sqsqueue.Letter) error
	Keep(ctx context.Context, letters []sqsqueue.Letter) error
	Release(ctx context.Context, letters []sqsqueue.Letter) error
}

// queue is the work queue.
type queue interface {
	// Redrive sends a body, for an account in the queue of a hub, and gives the ID of its message. A body that is too large for the queue is sqsqueue.ErrTooLarge.
	Redrive(ctx context.Context, body []byte, account string) (string, error)
}

// Run is one redrive of a dead-letter queue.
type Run struct {
	Letters letters
	Queue   queue
	// Readable says whether a body can be handled, and whether it is a tick of the schedule.
	Readable func(body []byte) (tick bool, err error)
	// Dry leaves everything as it is and says what would be done.
	Dry bool
}

// Count is a number of letters that have the same reason.
type Count struct {
	Why   string `json:"why"`
	Count int    `json:"count"`
}

// Result is what became of the letters: by why they were dead letters, and, of those that are left, by why they are.
type Result struct {
	Sent []Count `json:"sent"`
	Left []Count `json:"left"`
	// Ticks are those of the schedule. They are deleted, because each later tick does the same.
	Ticks int `json:"ticks"`
}

// Total counts letters.
func Total(counts []Count) int {
	n := 0
	for _, c := range counts {
		n += c.Count
	}
	return n
}

// outcome is what becomes of one letter.
type outcome struct {
	tick bool
	sent bool
	left string
}

// running is the state of a run. A letter is deleted once it was sent, and never before: when a run is interrupted in between, the
// next one sends it again, which does no harm, because CloudTrail and SQS may deliver every record twice and the function handles it
// once.
type running struct {
	Run
	mu         sync.Mutex
	sent, left map[string]int
	ticks      int
	// ids are the messages that were sent, with why they were dead letters; held are the letters that were received and are still in the queue.
	ids  map[string]string
	held map[string]sqsqueue.Letter
}

// Do goes through the queue until it is empty. What was done before an error is in the result.
func (r Run) Do(ctx context.Context) (Result, error) {
	s := &running{Run: r, sent: map[string]int{}, left: map[string]int{}, ids: map[string]string{}, held: map[string]sqsqueue.Letter{}}
	err := s.all(ctx)
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	if len(s.held) > 0 {
		err = errors.Join(err, r.Letters.Release(within, slices.Collect(maps.Values(s.held))))
	}
	return Result{Sent: counted(s.sent), Left: counted(s.left), Ticks: s.ticks}, err
}

func (s *running) all(ctx context.Context) error {
	for {
		batch, err := s.Letters.Receive(ctx)
		if err != nil || len(batch) == 0 {
			return err
		}
		errs := make([]error, len(batch))
		var all sync.WaitGroup
		for i, l := range batch {
			s.mu.Lock()
			_, again := s.held[l.ID]
			s.held[l.ID] = l // A later receipt replaces an earlier one.
			s.mu.Unlock()
			if !again {
				all.Go(func() { errs[i] = s.one(ctx, l) })
			}
		}
		all.Wait()
		// What fails for one letter fails for most, in the same words.
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		if err := s.keep(ctx, batch); err != nil {
			return err
		}
	}
}

// keep hides the letters of a batch that are left.
func (s *running) keep(ctx context.Context, batch []sqsqueue.Letter) error {
	left := slices.DeleteFunc(batch, func(l sqsqueue.Letter) bool {
		_, held := s.held[l.ID]
		return !held
	})
	if len(left) == 0 {
		return nil
	}
	return s.Letters.Keep(ctx, left)
}

// one decides on a letter, and does what was decided.
func (s *running) one(ctx context.Context, l sqsqueue.Letter) error {
	o, err := s.handle(ctx, l)
	if err != nil {
		return err
	}
	if (o.sent || o.tick) && !s.Dry {
		err = s.Letters.Delete(ctx, l)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case o.tick:
		s.ticks++
	case o.sent:
		s.sent[l.Why]++
	default:
		s.left[o.left]++
	}
	if err != nil && o.sent {
		return fmt.Errorf("it was sent and is still there; the next redrive sends it again, which does no harm: %w", err)
	}
	if err == nil && !s.Dry && (o.sent || o.tick) {
		delete(s.held, l.ID)
	}
	return err
}

func (s *running) handle(ctx context.Context, l sqsqueue.Letter) (outcome, error) {
	if l.Unread != nil {
		return outcome{left: l.Unread.Error()}, nil
	}
	tick, err := s.Readable(l.Body)
	if err != nil {
		return outcome{left: err.Error()}, nil
	}
	if tick {
		return outcome{tick: true}, nil
	}
	if s.returned(l) {
		// Without this, the letter would go round for ever: another release reads it than the one that is deployed.
		return outcome{left: "the deployed function returned it: " + l.Error}, nil
	}
	if s.Dry {
		return outcome{sent: true}, nil
	}
	id, err := s.Queue.Redrive(ctx, l.Body, l.Account)
	if errors.Is(err, sqsqueue.ErrTooLarge) {
		return outcome{left: err.Error()}, nil
	}
	if err != nil {
		return outcome{}, err
	}
	s.mu.Lock()
	s.ids[id] = l.Why
	s.mu.Unlock()
	return outcome{sent: true}, nil
}

// returned reports whether a letter is one that this run has sent. It does not count as sent then.
func (s *running) returned(l sqsqueue.Letter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	why, ok := s.ids[l.Buried]
	if !ok || l.Buried == "" {
		return false
	}
	if delete(s.ids, l.Buried); s.sent[why] > 1 {
		s.sent[why]--
	} else {
		delete(s.sent, why)
	}
	return true
}

// counted are counts, the most first.
func counted(counts map[string]int) []Count {
	out := []Count{}
	for why, n := range counts {
		out = append(out, Count{Why: why, Count: n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Why, b.Why)) })
	return out
}
