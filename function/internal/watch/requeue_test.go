package watch_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/memory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

var errThrottled = errors.New("throttling: Rate exceeded")

// outages make a dependency fail in every call, and undo that.
var outages = map[string]func(l *lab, err error){
	"IAM and Lambda": func(l *lab, err error) { l.cloud.fail = err },
	"DynamoDB, reading": func(l *lab, err error) {
		l.store.Hooks.Load = func([]string) error { return err }
	},
	"DynamoDB, writing": func(l *lab, err error) {
		l.store.Hooks.BeforeCommit = func([]finding.State, []message.Outgoing) error { return err }
	},
	"DynamoDB, its answers": func(l *lab, err error) {
		l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error { return err }
	},
}

// A dependency that is down for hours costs nothing: the record is in the queue as it was all the time, no receive is used up, and the
// failure is reported with its cause once the dependency answers.
func TestAnOutageOfHoursCostsNothing(t *testing.T) {
	for name, set := range outages {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			body := l.setTrust("orders", badTrust)
			set(l, errThrottled)
			l.fails(body)
			for end := l.now.Add(5 * time.Hour); l.now.Before(end); {
				l.pass(15 * time.Minute)
				if l.queue.Len() == 0 {
					t.Fatal("the record is lost")
				}
			}
			set(l, nil)
			l.pass(16 * time.Minute)
			l.pass(2 * time.Minute)
			m := l.want("opened RW102 orders")
			if len(m) != 1 || m[0].Opened[0].Cause == nil || m[0].Opened[0].Cause.Certainty != finding.Certain {
				t.Errorf("messages %+v", m)
			}
			if l.queue.Len() != 0 {
				t.Errorf("%d items are left", l.queue.Len())
			}
		})
	}
}

// The waits of an item that fails grow from 2 s to 15 min, and after a day it is a dead letter that says why.
func TestAnItemThatFailsForADayIsADeadLetter(t *testing.T) {
	l := orders(t)
	body := l.setTrust("orders", badTrust)
	l.cloud.fail = errThrottled
	l.fails(body)
	began := l.now
	want := []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}
	var last watch.Outcome
	for tries := 0; ; tries++ {
		due, ok := l.queue.Next()
		if !ok {
			break
		}
		if tries < len(want) && due.Sub(l.now) != want[tries]*time.Second {
			t.Errorf("attempt %d waits %v, want %d s", tries+1, due.Sub(l.now), want[tries])
		}
		l.now = due
		item, _ := l.queue.Pop(l.now)
		if item.Receives != 1 || !bytes.Equal(item.Body, body) || item.Attempt != tries+1 || !item.Since.Equal(began) {
			t.Fatalf("attempt %d: %+v", tries+1, item)
		}
		last = l.hand(item)
	}
	if took := l.now.Sub(began); took < 24*time.Hour || took > 25*time.Hour {
		t.Errorf("it was given up after %v", took)
	}
	if !strings.Contains(last.Dead, errThrottled.Error()) || !strings.Contains(last.Dead, "since 2026-03-02T") {
		t.Errorf("dead letter: %q", last.Dead)
	}
}

// refusing is a queue that takes nothing.
type refusing struct{ *memory.Queue }

func (refusing) Resend(context.Context, []byte, time.Duration, time.Time, int) error {
	return errors.New("SQS is down")
}

// Where an item cannot be sent again either, the queue delivers it again by itself, after times that grow.
func TestAnItemThatCannotBeRequeuedIsDeliveredAgain(t *testing.T) {
	l := orders(t)
	l.config.Queue = refusing{l.queue}
	l.watch = l.another()
	body := l.setTrust("orders", badTrust)
	l.cloud.fail = errThrottled
	for i, seconds := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		o := l.watch.Handle(context.Background(), []watch.Item{{ID: "m", Body: body, Receives: i + 1}})[0]
		if o.Err == nil || !strings.Contains(o.Err.Error(), "SQS is down") || o.RetryAfter != seconds*time.Second {
			t.Errorf("receive %d: %+v, want %d s", i+1, o, seconds)
		}
	}
}

// Ticks that fail do not pile up: the next one does what they would have done.
func TestATickIsGivenUpWhenTheNextOneIsDue(t *testing.T) {
	l := orders(t)
	l.config.Store = noOutbox{l.store}
	l.watch = l.another()
	for range 20 {
		if err := l.queue.Send(context.Background(), []byte(deploy.Tick), 0); err != nil {
			t.Fatal(err)
		}
		l.pass(15 * time.Minute)
	}
	if n := l.queue.Len(); n == 0 || n > 2 {
		t.Errorf("%d ticks wait, want the last one or two", n)
	}
}

// noOutbox is a store whose outbox cannot be listed.
type noOutbox struct{ *memory.Store }

func (noOutbox) Outbox(context.Context, time.Time) ([]message.Outgoing, error) {
	return nil, errors.New("DynamoDB is down")
}

// hanging is an account that answers no read of a role.
type hanging struct{ *cloud }

func (hanging) Role(ctx context.Context, _ role.Ref) (role.Snapshot, error) {
	<-ctx.Done()
	return role.Snapshot{}, ctx.Err()
}

// A call that hangs is given up in time for the item to be put back into the queue.
func TestACallThatHangsIsGivenUpBeforeTheInvocationEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := orders(t)
		l.config.Account = hanging{l.cloud}
		l.watch = l.another()
		waiting := l.queue.Len()
		ctx, cancel := context.WithTimeout(context.Background(), deploy.FunctionTimeout)
		defer cancel()
		o := l.watch.Handle(ctx, []watch.Item{{ID: "m", Body: l.setTrust("orders", badTrust), Receives: 1}})[0]
		if ctx.Err() != nil || o != (watch.Outcome{}) || l.queue.Len() != waiting+1 {
			t.Errorf("outcome %+v, %d items in the queue, invocation: %v", o, l.queue.Len(), ctx.Err())
		}
	})
}
