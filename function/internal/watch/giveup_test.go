package watch_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// days lets days pass with a tick each quarter of an hour.
func (l *lab) days(n int) {
	l.t.Helper()
	for range n {
		l.ticked(24 * time.Hour)
	}
}

// waiting is how many messages of people the outbox holds for a topic; an empty one is that of operations.
func (l *lab) waiting(topic string) (n int) {
	l.t.Helper()
	left, err := l.store.Outbox(l.t.Context(), l.now.Add(time.Hour))
	if err != nil {
		l.t.Fatal(err)
	}
	for _, o := range left {
		if o.Topic == topic && (o.Kind == message.KindFindings) == (topic != "") {
			n++
		}
	}
	return n
}

// What a topic does not take for 14 days is given up, and operations are told how many messages these are. What is younger waits, and
// what the topic takes again is no part of it.
func TestWhatATopicDoesNotTakeIsGivenUpAfterTwoWeeks(t *testing.T) {
	for _, gone := range []string{message.TopicFindings, message.Chat.Name} {
		t.Run(gone, func(t *testing.T) {
			l := orders(t)
			l.published, l.notices = nil, nil
			l.refusing = map[string]error{gone: &message.RefusedError{Topic: "arn:" + gone, What: "does not exist", Fix: "Deploy rolewatch again.", Err: errors.New("NotFound")}}
			// More than a tick tries in a row.
			for i := range 4 {
				l.must(l.attach("orders"))
				l.pass(time.Hour)
				l.must(l.detach("orders"))
				l.pass(time.Hour)
				if i == 1 {
					l.days(2)
				}
			}
			all := l.waiting(gone)
			if all < 6 {
				t.Fatalf("%d messages wait", all)
			}
			l.days(11)
			if n := l.waiting(gone); n != all {
				t.Errorf("%d of %d messages wait after 13 days", n, all)
			}
			l.notices = nil
			l.days(1)
			first := all - l.waiting(gone)
			l.days(1)
			second := all - first - l.waiting(gone)
			l.days(3)
			third := all - first - second
			if l.waiting(gone) != 0 || first == 0 || third == 0 {
				t.Errorf("given up: %d, %d and %d of %d; %d wait", first, second, third, all, l.waiting(gone))
			}
			told := 0
			for _, n := range l.notices {
				var count int
				if _, after, ok := strings.Cut(n, "rolewatch gave up "); ok {
					if _, err := fmt.Sscanf(after, "%d message", &count); err != nil || !strings.Contains(n, "its topic "+gone) {
						t.Errorf("%v: %q", err, n)
					}
					told += count
				}
			}
			if told != all {
				t.Errorf("operations were told of %d messages, of %d: %q", told, all, l.notices)
			}
			l.refusing = nil
			l.must(l.attach("orders"))
			l.pass(time.Hour)
			if n := l.to()[gone]; n != 1 {
				t.Errorf("%d messages were published to the topic once it is back", n)
			}
		})
	}
}

// Where an invocation ends between the notice and the deletion, the messages are in the notice of the next day again.
func TestNothingIsGivenUpWithoutANotice(t *testing.T) {
	l := orders(t)
	l.refusing = map[string]error{message.Chat.Name: errors.New("InternalError")}
	l.must(l.attach("orders"))
	l.days(13)
	l.notices = nil
	l.store.Hooks.Delivered = func(string) error { return errors.New("DynamoDB is down") }
	l.days(2)
	if n := l.waiting(message.Chat.Name); n != 1 {
		t.Fatalf("%d messages wait", n)
	}
	l.store.Hooks.Delivered = nil
	l.days(2)
	if n := l.waiting(message.Chat.Name); n != 0 {
		t.Errorf("%d messages wait", n)
	}
	gave := 0
	for _, n := range l.notices {
		if strings.Contains(n, "rolewatch gave up 1 message ") {
			gave++
		}
	}
	if gave < 2 {
		t.Errorf("%d notices: %q", gave, l.notices)
	}
}

// Without the topic of operations, the outbox does not grow without a limit either.
func TestTheOutboxDoesNotGrowWithoutOperations(t *testing.T) {
	l := orders(t)
	l.refusing = map[string]error{"": errors.New("NotFound")}
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	l.must(l.setTrust("orders", goodTrust+" "))
	// A day has a notice of what lasts, and from the fifteenth on one of what was given up.
	l.days(35)
	before := l.waiting("")
	l.days(30)
	if after := l.waiting(""); before < 20 || after > before+2 {
		t.Errorf("%d notices wait after 35 days, and %d after 65", before, after)
	}
}
