package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/watch"
	"github.com/rolewatch/rolewatch/function/settings"
)

// simulation is the whole watch on a virtual clock, which the records set.
type simulation struct {
	now     time.Time
	settle  time.Duration
	rules   ruling
	base    *export.Account
	account *history.Account
	members map[string]*member
	// unread are the records that were not understood, by their text: what comes again of one is not read again.
	unread map[string]*events.Change
	order  []string
	tell   func(message.Outgoing) error
	// bad is told what could not be handled.
	bad func(error)
	// failed is the first error of tell: nothing more can be told.
	failed error
}

// member is the watch of one account.
type member struct {
	watch *watch.Watch
	queue *memory.Queue
	// tick is when the schedule ticks next; never without an export, as nothing could be swept.
	tick time.Time
}

func newSimulation(base *export.Account, settle time.Duration, rules ruling, tell func(message.Outgoing) error, bad func(error)) *simulation {
	s := &simulation{settle: settle, rules: rules, base: base, members: map[string]*member{}, unread: map[string]*events.Change{}, bad: bad}
	s.tell = func(out message.Outgoing) error {
		if s.failed == nil {
			s.failed = tell(out)
		}
		return s.failed
	}
	if base == nil {
		s.account = history.New(nil)
	} else {
		s.account = history.New(base)
	}
	return s
}

// record lets the clock run to a record's time and hands it over. A straggler is handed over now.
func (s *simulation) record(ctx context.Context, r history.Record) error {
	if s.now.IsZero() {
		s.now = r.Change.Time
	}
	if err := s.run(ctx, r.Change.Time); err != nil {
		return err
	}
	if r.Change.Time.After(s.now) {
		s.now = r.Change.Time
	}
	m, err := s.member(ctx, r.Change.Account, r.Change.Partition)
	if err != nil {
		return err
	}
	if err := s.account.Apply(ctx, r.Change); err != nil {
		return err
	}
	if r.Change.Unread != "" {
		s.unread[string(r.Body)] = r.Change
	}
	return s.handle(ctx, m, memory.Item{ID: r.Change.ID, Body: r.Body, Receives: 1}, r.Change)
}

// member is the watch of an account, set up when the first record of it comes. With an export of that account it
// begins with a sweep, so that it is known who uses what and what was wrong before.
func (s *simulation) member(ctx context.Context, account, partition string) (*member, error) {
	if m := s.members[account]; m != nil {
		return m, nil
	}
	clock, rules := func() time.Time { return s.now }, s.rules.set
	m := &member{queue: memory.NewQueue(clock)}
	config := watch.Config{
		Account: s.account, Store: memory.NewStore(), Queue: m.queue, Publisher: memory.NewPublisher(s.tell), Metrics: uncounted{},
		Rules: rules, Catalogue: catalogue.Version(rules.Checks()), Parameters: s.rules.parameters, Settle: s.settle, AccountID: account, Partition: partition,
		Graph:    &danger.Graphs{Parameters: s.rules.parameters, Accepted: s.rules.accepted},
		Recorded: "CloudTrail records name only some of them",
		Channels: settings.Channels(), Now: clock, Log: slog.New(slog.DiscardHandler),
	}
	s.rules.route(&config)
	swept := s.base != nil && (s.base.ID() == account || s.base.ID() == "")
	if swept {
		config.Regions = s.base.Regions()
	}
	m.watch = watch.New(config)
	s.members[account] = m
	s.order = append(s.order, account)
	slices.Sort(s.order)
	if !swept {
		return m, nil
	}
	m.tick = s.now
	return m, s.run(ctx, s.now.Add(time.Nanosecond))
}

// run lets the clock run up to a time, less that time itself, and hands over what falls due on the way.
func (s *simulation) run(ctx context.Context, until time.Time) error {
	for {
		m, due, tick := s.next(true)
		if m == nil || !due.Before(until) {
			return nil
		}
		if err := s.step(ctx, m, due, tick); err != nil {
			return err
		}
	}
}

// finish lets the clock run until nothing is left to wait for.
func (s *simulation) finish(ctx context.Context) error {
	for {
		m, due, _ := s.next(false)
		if m == nil {
			return nil
		}
		if err := s.step(ctx, m, due, false); err != nil {
			return err
		}
	}
}

// next finds what is due first: a work item, or a tick where those count.
func (s *simulation) next(ticks bool) (m *member, due time.Time, tick bool) {
	for _, account := range s.order {
		candidate := s.members[account]
		if at, ok := candidate.queue.Next(); ok && (m == nil || at.Before(due)) {
			m, due, tick = candidate, at, false
		}
		if at := candidate.tick; ticks && !at.IsZero() && (m == nil || at.Before(due)) {
			m, due, tick = candidate, at, true
		}
	}
	return m, due, tick
}

// step hands over what falls due at a time.
func (s *simulation) step(ctx context.Context, m *member, due time.Time, tick bool) error {
	if due.After(s.now) {
		s.now = due
	}
	if tick {
		m.tick = due.Add(deploy.TickInterval)
		return s.handle(ctx, m, memory.Item{ID: "tick", Body: []byte(deploy.Tick), Receives: 1}, nil)
	}
	item, ok := m.queue.Pop(s.now)
	if !ok {
		return nil
	}
	return s.handle(ctx, m, item, s.unread[string(item.Body)])
}

// handle hands one item to the watch, with its change where that was parsed before. What has to come again goes back into
// the queue; what never can be handled is told.
func (s *simulation) handle(ctx context.Context, m *member, item memory.Item, change *events.Change) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("replay: %w", context.Cause(ctx))
	}
	outcome := m.watch.Handle(ctx, []watch.Item{{ID: item.ID, Body: item.Body, Change: change, Receives: item.Receives, Since: item.Since, Attempt: item.Attempt}})[0]
	switch {
	case s.failed != nil:
		return s.failed
	case outcome.Dead != "":
		s.bad(fmt.Errorf("handle %s: %w", item.ID, errors.New(outcome.Dead)))
	case outcome.Err != nil && item.Receives >= deploy.MaxReceives:
		s.bad(fmt.Errorf("handle %s: given up after %d tries: %w", item.ID, item.Receives, outcome.Err))
	case outcome.Err != nil:
		m.queue.Return(item, outcome.RetryAfter)
	}
	return nil
}

// uncounted is metrics that nobody reads.
type uncounted struct{}

func (uncounted) Event(string, string)   {}
func (uncounted) Reconciled(string)      {}
func (uncounted) Finding(_, _, _ string) {}
func (uncounted) SweepCompleted()        {}
func (uncounted) Told(time.Duration)     {}
func (uncounted) Requeued()              {}
