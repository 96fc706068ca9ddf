package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// gone is the answer of a topic that does not exist.
func gone(topic string) error {
	return &message.RefusedError{Topic: "arn:" + topic, What: "does not exist", Fix: "Deploy rolewatch again.", Err: errors.New("NotFound")}
}

// takenAgain is a lab whose topic for chat refused a message and took it later, which could not be noted: nothing waits, and the episode is open.
func takenAgain(t *testing.T) *lab {
	l := orders(t)
	l.refusing = map[string]error{message.Chat.Name: gone(message.Chat.Name)}
	l.must(l.attach("orders"))
	l.pass(time.Minute)
	l.wantTold("rolewatch cannot publish to its topic " + message.Chat.Name)
	l.refusing = nil
	l.store.Hooks.CommitEpisodes = func([]message.Outgoing) error { return errors.New("the table is down") }
	l.ticked(15 * time.Minute)
	if n := l.waiting(message.Chat.Name); n != 0 {
		t.Fatalf("%d messages wait", n)
	}
	l.wantTold()
	l.store.Hooks.CommitEpisodes = nil
	return l
}

// That a topic works again may not be noted when it takes what waited: a later tick sees that nothing waits, and ends the episode.
func TestTheEpisodeOfATopicEndsWhenNothingWaits(t *testing.T) {
	l := takenAgain(t)
	l.ticked(2 * time.Hour)
	l.wantTold("Resolved: rolewatch can publish to its topic " + message.Chat.Name + " again")
}

// A message that another execution environment may still send waits, too: the episode does not end before it.
func TestTheEpisodeOfATopicWaitsForALeasedMessage(t *testing.T) {
	l := takenAgain(t)
	l.role("billing", goodTrust)
	l.function("bill", "billing")
	l.now = l.now.Add(2 * time.Hour)
	l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error { return errors.New("the answer was lost") }
	l.deliver(l.attach("billing"))
	l.store.Hooks.AfterCommit = nil
	l.tick()
	l.wantTold()
	l.ticked(2 * time.Hour)
	l.wantTold("Resolved: rolewatch can publish to its topic " + message.Chat.Name + " again")
}

// A topic that takes none of many messages keeps those for another topic no longer than itself.
func TestATopicThatTakesNothingKeepsNoOtherWaiting(t *testing.T) {
	l := orders(t)
	l.refusing = map[string]error{message.Chat.Name: gone(message.Chat.Name)}
	for i := range failsInARow + 2 {
		name := fmt.Sprintf("r%d", i)
		l.role(name, goodTrust)
		l.function("f-"+name, name)
		l.must(l.attach(name))
	}
	l.messages = nil
	l.store.Hooks.AfterCommit = func([]finding.State, []message.Outgoing) error { return errors.New("the answer was lost") }
	l.deliver(l.attach("orders"))
	l.store.Hooks.AfterCommit = nil
	for ok := true; ok; _, ok = l.queue.Pop(l.now.Add(time.Hour)) {
		// Nothing but the tick sends what waits.
	}
	l.now = l.now.Add(5 * time.Minute)
	l.tick()
	l.want("opened RW302 orders")
}

// A topic for which nothing waits because all was given up does not work.
func TestTheEpisodeOfATopicStaysWhereEverythingWasGivenUp(t *testing.T) {
	l := orders(t)
	l.refusing = map[string]error{message.Chat.Name: gone(message.Chat.Name)}
	l.must(l.attach("orders"))
	l.days(14)
	l.notices = nil
	l.ticked(12 * time.Hour)
	if n := l.waiting(message.Chat.Name); n != 0 {
		t.Fatalf("%d messages wait", n)
	}
	if i := slices.IndexFunc(l.notices, func(n string) bool { return strings.Contains(n, "Resolved: ") }); i >= 0 {
		t.Errorf("operations were told %q", l.notices[i])
	}
}

// A message waits for its topic for 14 days to the minute, and operations are told of a topic that fails after 30 minutes to the minute.
func TestTheTimesOfWhatWaitsForATopic(t *testing.T) {
	l := orders(t)
	l.notices = nil
	l.refusing = map[string]error{message.Chat.Name: errors.New("InternalError")}
	began := l.now
	l.must(l.attach("orders"))
	at := func(after time.Duration, told bool, waiting int) {
		t.Helper()
		l.pass(began.Add(after).Sub(l.now))
		l.tick()
		if n := l.waiting(message.Chat.Name); n != waiting || (len(l.notices) > 0) != told {
			t.Errorf("after %v, %d messages wait, and operations were told %q", after, n, l.notices)
		}
	}
	at(30*time.Minute-time.Second, false, 1)
	l.pass(time.Minute)
	l.notices = nil
	l = orders(t)
	l.notices = nil
	l.refusing = map[string]error{message.Chat.Name: errors.New("InternalError")}
	began = l.now
	l.must(l.attach("orders"))
	at(30*time.Minute, true, 1)
	at(deploy.DeadLetterRetention-time.Hour, true, 1)
	at(deploy.DeadLetterRetention, true, 0)
}

// failsInARow is how many messages a topic does not take before the others wait for the next try.
const failsInARow = 5

// A topic that fails for many messages keeps those of the other topics from nothing, and has one work item for the next try.
func TestATopicThatFailsForManyMessagesIsTriedOnceMore(t *testing.T) {
	l := orders(t)
	l.down = errors.New("SNS is down")
	const all = failsInARow + 3
	for i := range all {
		name := fmt.Sprintf("r%d", i)
		l.role(name, goodTrust)
		l.must(l.attach(name))
	}
	for l.queue.Len() > 0 {
		due, _ := l.queue.Next()
		l.queue.Pop(due)
	}
	l.pass(2 * time.Minute)
	l.down, l.published = nil, nil
	l.refusing = map[string]error{message.Chat.Name: errors.New("InternalError"), message.TopicFindings: errors.New("InternalError")}
	l.must([]byte(`{"rolewatch":"tick","deliver":1}`))
	if n := l.queue.Len(); n != 1 {
		t.Errorf("%d items deliver what is left", n)
	}
	delete(l.refusing, message.TopicFindings)
	l.pass(20 * time.Minute)
	if got := l.to(); got[message.TopicFindings] != all || got[message.Chat.Name] != 0 {
		t.Errorf("published %v, want %d to %s", got, all, message.TopicFindings)
	}
}

// Whoever commits a message has time to publish it, and less than the time for which nobody else does.
func TestAPublicationHasItsTime(t *testing.T) {
	l := orders(t)
	l.config.Publisher = timed(func(ctx context.Context) error {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left < 30*time.Second || left > time.Minute {
			return fmt.Errorf("%v are left, %v", left, ok)
		}
		return nil
	})
	l.watch = l.another()
	l.must(l.attach("orders"))
	if n := l.waiting(message.TopicFindings); n != 0 {
		t.Error("the message was not published")
	}
}

// timed is a publisher that looks at the time that it has.
type timed func(context.Context) error

func (p timed) Publish(ctx context.Context, _ message.Outgoing) error { return p(ctx) }
