package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// told is everything that came out on the findings topic so far.
type told struct {
	mu       sync.Mutex
	messages map[string]message.Message
	// lines are the transitions of each role, by its ARN, and at is when the last of them came.
	lines map[string][]line
	at    map[string]time.Time
	// repeated are the IDs of messages that came once more.
	repeated []string
	// wanted are the transitions that were last waited for, by role.
	wanted map[string][]string
}

// line is a transition, "opened RW102", and the ID of the message that has it.
type line struct{ text, message string }

// listen drains the inbox until the test ends.
func (s *stack) listen(t *testing.T) *told {
	all := &told{messages: map[string]message.Message{}, lines: map[string][]line{}, at: map[string]time.Time{}, wanted: map[string][]string{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			out, err := s.sqs.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &s.inbox, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
			if err != nil {
				continue
			}
			for _, m := range out.Messages {
				var got message.Message
				if err := json.Unmarshal([]byte(*m.Body), &got); err != nil {
					t.Errorf("the inbox holds what is not a message: %v: %.200s", err, *m.Body)
				}
				all.add(got)
				_, _ = s.sqs.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &s.inbox, ReceiptHandle: m.ReceiptHandle})
			}
		}
	}()
	return all
}

// add keeps a message, once: SNS and SQS deliver at least once.
func (a *told) add(m message.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, seen := a.messages[m.ID]; seen {
		a.repeated = append(a.repeated, m.ID)
		return
	}
	a.messages[m.ID] = m
	for of, text := range transitions(m) {
		a.lines[of] = append(a.lines[of], line{text, m.ID})
		a.at[of] = time.Now()
	}
}

// about gives the transitions of each role's findings so far, as "opened RW102", and the last message that has any of the role.
func (a *told) about(role string) (lines []string, last message.Message) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.aboutARN(roleARN(role))
}

// aboutARN is about for a role by its ARN, whatever its account; whoever calls it holds the lock.
func (a *told) aboutARN(arn string) (lines []string, last message.Message) {
	for _, l := range a.lines[arn] {
		lines = append(lines, l.text)
		last = a.messages[l.message]
	}
	return lines, last
}

// everything gives the transitions of all roles so far, by the ARN of the role, and the IDs of messages that came once more.
func (a *told) everything() (lines map[string][]string, repeated []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines = map[string][]string{}
	for role, list := range a.lines {
		for _, l := range list {
			lines[role] = append(lines[role], l.text)
		}
	}
	return lines, slices.Clone(a.repeated)
}

// cameAt is when the last transition of a role came.
func (a *told) cameAt(role string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at[roleARN(role)]
}

// transitions gives a message's transitions in its order, each with the ARN of its role.
func transitions(m message.Message) func(yield func(role, line string) bool) {
	return func(yield func(role, line string) bool) {
		for kind, f := range findingsOf(m) {
			if !yield(f.Role, kind+" "+f.Check) {
				return
			}
		}
	}
}

// findingsOf gives a message's findings in its order, each with what happened to it.
func findingsOf(m message.Message) func(yield func(kind string, f finding.Finding) bool) {
	return func(yield func(kind string, f finding.Finding) bool) {
		for _, k := range []struct {
			kind string
			list []finding.Finding
		}{{"opened", m.Opened}, {"changed", m.Changed}, {"resolved", m.Resolved}} {
			for _, f := range k.list {
				if !yield(k.kind, f) {
					return
				}
			}
		}
	}
}

// wait waits until these transitions, and no others, were reported of a role, and gives the last message.
func (a *told) wait(t *testing.T, role string, want ...string) message.Message {
	t.Helper()
	return a.waitARN(t, roleARN(role), want...)
}

// waitARN is wait for a role by its ARN, whatever its account.
func (a *told) waitARN(t *testing.T, arn string, want ...string) message.Message {
	t.Helper()
	a.mu.Lock()
	a.wanted[arn] = want
	a.mu.Unlock()
	var lines []string
	var last message.Message
	missing := func() string { return fmt.Sprintf("reported of %s: %q, want %q", arn, lines, want) }
	awstest.Eventually(t, func() bool {
		a.mu.Lock()
		lines, last = a.aboutARN(arn)
		a.mu.Unlock()
		if len(lines) > len(want) {
			t.Fatal(missing())
		}
		return slices.Equal(lines, want)
	}, missing)
	return last
}

// nothingElse fails when anything was reported that was not waited for.
func (a *told) nothingElse(t *testing.T) {
	t.Helper()
	got, _ := a.everything()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !maps.EqualFunc(got, a.wanted, slices.Equal[[]string]) {
		t.Errorf("reported at the end: %q, want %q", got, a.wanted)
	}
}

// quiet waits until everything that is under way is done: nothing is in the function's queue, be it visible, delayed or being handled,
// and every message that was sent is received.
func (s *stack) quiet(t *testing.T) {
	t.Helper()
	s.empties(t, s.outputs["QueueUrl"])
	s.empties(t, s.inbox)
}

// empties waits until a queue has no message.
func (s *stack) empties(t *testing.T, url string) {
	t.Helper()
	var counts []string
	awstest.Eventually(t, func() bool {
		counts = s.counts(t, url)
		return !slices.ContainsFunc(counts, func(n string) bool { return n != "0" })
	}, func() string {
		return fmt.Sprintf("%s of %v messages, want none", url[strings.LastIndexByte(url, '/')+1:], counts)
	})
}

// counts gives how many messages a queue has: visible, in flight, delayed. The emulator's numbers are exact.
func (s *stack) counts(t *testing.T, url string) []string {
	t.Helper()
	counts, err := s.countsOf(t.Context(), url)
	must(t, err)
	return counts
}

func (s *stack) countsOf(ctx context.Context, url string) ([]string, error) {
	names := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	out, err := s.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return nil, err
	}
	var counts []string
	for _, name := range names {
		counts = append(counts, out.Attributes[string(name)])
	}
	return counts, nil
}

// taken waits until a record's change to a role is in the role's stored state.
func (s *stack) taken(t *testing.T, name, record string) {
	t.Helper()
	var change struct {
		Time time.Time `json:"eventTime"`
	}
	must(t, json.Unmarshal([]byte(record), &change))
	var newest time.Time
	awstest.Eventually(t, func() bool {
		newest = s.stored(t, name).Newest
		return !newest.Before(change.Time)
	}, func() string {
		return fmt.Sprintf("the newest change of %s is of %s, want %s", name, newest, change.Time)
	})
}

// stored reads the state of a role from the table.
func (s *stack) stored(t *testing.T, name string) finding.State {
	t.Helper()
	ref, err := role.ParseRef(roleARN(name))
	must(t, err)
	states, err := dynamostore.New(s.dynamodb, s.outputs["TableName"], time.Now).Load(t.Context(), []string{ref.Key()})
	must(t, err)
	return states[0]
}
