package watch_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// outage is a lab in which a policy was attached, and a topic did not take the message about it.
func outage(t *testing.T, topic string) *lab {
	l := newLab(t)
	l.role("orders", goodTrust)
	l.function("of-orders", "orders")
	l.swept()
	l.pass(time.Hour)
	l.refusing = map[string]error{topic: errors.New("SNS is down")}
	l.must(l.attach("orders"))
	l.outgoing, l.chats, l.messages = nil, nil, nil
	return l
}

// reports are the subjects of what a topic received, in order.
func (l *lab) reports(topic string) (out []string) {
	for _, o := range slices.Concat(l.outgoing, l.chats) {
		if o.Topic == topic {
			word, _, _ := strings.Cut(strings.TrimPrefix(o.Rendered.Subject, "[rolewatch] "), " ")
			out = append(out, word)
		}
	}
	return out
}

// What a topic did not take is published before what comes after it, and once.
func TestAfterAnOutageATopicReceivesMessagesInOrder(t *testing.T) {
	for _, topic := range []string{message.TopicFindings, message.Chat.Name} {
		for _, after := range []time.Duration{20 * time.Second, 50 * time.Second, 70 * time.Second} {
			l := outage(t, topic)
			l.now = l.now.Add(after) // What would deliver it waits in the queue.
			l.refusing = nil
			l.must(l.detach("orders"))
			want := []string{"CRITICAL", "RESOLVED"}
			if after == 50*time.Second {
				want = want[1:] // Whoever holds it may be publishing it.
			}
			if got := l.reports(topic); !slices.Equal(got, want) {
				t.Errorf("%s after %v: %q", topic, after, got)
			}
			l.pass(time.Hour)
			if got := l.reports(topic); len(got) != 2 {
				t.Errorf("%s received %q in the end", topic, got)
			}
		}
	}
}

// Another execution environment published it meanwhile: it is not published twice.
func TestWhatAnotherPublishedMeanwhileIsNotPublishedAgain(t *testing.T) {
	l := outage(t, message.TopicFindings)
	mine := l.watch
	l.refusing = nil
	l.watch = l.another()
	l.pass(10 * time.Minute)
	l.watch = mine
	l.must(l.detach("orders"))
	l.pass(time.Hour)
	if got := l.reports(message.TopicFindings); !slices.Equal(got, []string{"CRITICAL", "RESOLVED"}) {
		t.Errorf("received %q", got)
	}
}

// A message that a topic never takes keeps no other from it, and does not go before each of them for ever.
func TestAMessageThatATopicNeverTakesIsLeftToTheOutbox(t *testing.T) {
	l := newLab(t)
	for i := range 10 {
		l.role(fmt.Sprintf("r%d", i), goodTrust)
		l.function(fmt.Sprintf("f%d", i), fmt.Sprintf("r%d", i))
	}
	l.swept()
	l.pass(time.Hour)
	tries, bad := 0, ""
	l.config.Publisher = publisher(func(o message.Outgoing) error {
		if bad == "" && o.Topic == message.TopicFindings {
			bad = o.ID
		}
		if o.ID == bad && o.Topic == message.TopicFindings {
			tries++
			return errors.New("it is too long")
		}
		return l.tell(o)
	})
	l.watch = l.another()
	l.outgoing = nil
	for i := range 10 {
		l.now = l.now.Add(time.Second)
		l.must(l.attach(fmt.Sprintf("r%d", i)))
	}
	if got := l.reports(message.TopicFindings); len(got) != 9 || tries != 4 {
		t.Errorf("%d messages were published, and one tried %d times", len(got), tries)
	}
}
