package memory

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// MaxDelay is the longest that a work item can wait: SQS's DelaySeconds is at most 900.
const MaxDelay = 15 * time.Minute

// Item is a work item in the queue.
type Item struct {
	ID   string
	Body []byte
	// Due is when it arrives, and Receives how often it has.
	Due      time.Time
	Receives int
	// Since is when the item could not be handled first, and Attempt how often that has happened; zero for one that is new.
	Since   time.Time
	Attempt int
	// Account is the account that the item is for, in the queue of a hub.
	Account string

	sequence int64
}

// Queue holds work items until they are due by its clock. It is safe for concurrent use.
type Queue struct {
	*waiting
	// account is what items are for that are sent through this.
	account string
}

// waiting is what a queue holds.
type waiting struct {
	now func() time.Time

	mu       sync.Mutex
	items    itemHeap
	sequence int64
}

// NewQueue is an empty queue that reads the time from now.
func NewQueue(now func() time.Time) *Queue { return &Queue{waiting: &waiting{now: now}} }

// Of is the queue, and what is sent through it is for that account.
func (q *Queue) Of(account string) *Queue { return &Queue{q.waiting, account} }

// Send puts a body into the queue, to arrive after delay, which is at most MaxDelay.
func (q *Queue) Send(ctx context.Context, body []byte, delay time.Duration) error {
	return q.Resend(ctx, body, delay, time.Time{}, 0)
}

// Resend is Send for a body that could not be handled since a time, in that many attempts.
func (q *Queue) Resend(ctx context.Context, body []byte, delay time.Duration, since time.Time, attempt int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if delay < 0 || delay > MaxDelay {
		return fmt.Errorf("send work item: a delay of %v is not between 0 and %v", delay, MaxDelay)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.push(Item{ID: "work-" + strconv.FormatInt(q.sequence+1, 10), Body: slices.Clone(body), Due: q.now().Add(delay), Since: since, Attempt: attempt, Account: q.account})
	return nil
}

// Return puts a received item back, to arrive again after delay.
func (q *Queue) Return(item Item, delay time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	item.Due = q.now().Add(delay)
	q.push(item)
}

func (q *Queue) push(item Item) {
	q.sequence++
	item.sequence = q.sequence
	heap.Push(&q.items, item)
}

// Next tells when the next item is due; false when the queue is empty.
func (q *Queue) Next() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return time.Time{}, false
	}
	return q.items[0].Due, true
}

// Pop receives the item that is due first, if it is due at that time. Items due at one time come in the order sent.
func (q *Queue) Pop(at time.Time) (Item, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 || q.items[0].Due.After(at) {
		return Item{}, false
	}
	item := heap.Pop(&q.items).(Item)
	item.Receives++
	return item, true
}

// Len counts the items that wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

type itemHeap []Item

func (h itemHeap) Len() int { return len(h) }
func (h itemHeap) Less(i, j int) bool {
	if !h[i].Due.Equal(h[j].Due) {
		return h[i].Due.Before(h[j].Due)
	}
	return h[i].sequence < h[j].sequence
}
func (h itemHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *itemHeap) Push(x any)   { *h = append(*h, x.(Item)) }
func (h *itemHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = Item{}
	*h = old[:len(old)-1]
	return last
}
