package simulate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	lambdaevents "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// queue is a queue of SQS: messages become visible after a delay, are hidden while they are received, and come again unless they are deleted.
type queue struct {
	arn  string
	wait func(context.Context) error

	mu      sync.Mutex
	visible []*sent
	hidden  map[string]*sent
	serial  int
	// more is closed, and replaced, when a message becomes visible.
	more chan struct{}
	// sends and dead count messages, and oldest is the greatest age at which one was received first.
	sends, dead int
	oldest      time.Duration
}

// sent is a message.
type sent struct {
	id, body   string
	attributes map[string]types.MessageAttributeValue
	group      string
	receives   int
	due        time.Time
	timer      *time.Timer
}

func newQueue(name string, wait func(context.Context) error) *queue {
	return &queue{arn: "arn:aws:sqs:us-east-1:" + hubAccount + ":" + name, wait: wait, hidden: map[string]*sent{}, more: make(chan struct{})}
}

// SendMessage implements the client of SQS.
func (q *queue) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if err := q.wait(ctx); err != nil {
		return nil, err
	}
	q.put(*in.MessageBody, in.MessageAttributes, aws.ToString(in.MessageGroupId), time.Duration(in.DelaySeconds)*time.Second)
	return &sqs.SendMessageOutput{}, nil
}

// SendMessageBatch implements the client of SQS.
func (q *queue) SendMessageBatch(ctx context.Context, in *sqs.SendMessageBatchInput, _ ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error) {
	if err := q.wait(ctx); err != nil {
		return nil, err
	}
	out := &sqs.SendMessageBatchOutput{}
	for _, e := range in.Entries {
		q.put(*e.MessageBody, e.MessageAttributes, aws.ToString(e.MessageGroupId), time.Duration(e.DelaySeconds)*time.Second)
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{Id: e.Id})
	}
	return out, nil
}

func (q *queue) put(body string, attributes map[string]types.MessageAttributeValue, group string, delay time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.serial++
	q.sends++
	q.later(&sent{id: strconv.Itoa(q.serial), body: body, attributes: maps.Clone(attributes), group: group}, delay)
}

// later makes a message visible after a time.
func (q *queue) later(m *sent, delay time.Duration) {
	m.due = time.Now().Add(delay)
	if delay <= 0 {
		q.show(m)
		return
	}
	m.timer = time.AfterFunc(delay, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if m.receives > 0 {
			if q.hidden[m.id] != m {
				return
			}
			delete(q.hidden, m.id)
		}
		q.show(m)
	})
}

func (q *queue) show(m *sent) {
	q.visible = append(q.visible, m)
	close(q.more)
	q.more = make(chan struct{})
}

// ChangeMessageVisibility implements the client of SQS.
func (q *queue) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	if err := q.wait(ctx); err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.hidden[*in.ReceiptHandle]
	if m == nil {
		return nil, errors.New("the receipt is not valid")
	}
	m.timer.Stop()
	if in.VisibilityTimeout == 0 {
		delete(q.hidden, m.id)
	}
	q.later(m, time.Duration(in.VisibilityTimeout)*time.Second)
	return &sqs.ChangeMessageVisibilityOutput{}, nil
}

// receive takes up to so many messages that are visible.
func (q *queue) receive(most int) (batch []*sent, more chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(most, len(q.visible))
	for _, m := range q.visible[:n] {
		if m.receives == 0 {
			q.oldest = max(q.oldest, time.Since(m.due))
		}
		m.receives++
		if m.receives > deploy.MaxReceives {
			q.dead++
			continue
		}
		q.hidden[m.id] = m
		q.later(m, deploy.VisibilityTimeout)
		batch = append(batch, m)
	}
	q.visible = slices.Delete(q.visible, 0, n)
	return batch, q.more
}

func (q *queue) remove(m *sent) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m.timer.Stop()
	delete(q.hidden, m.id)
}

// waiting counts the messages that are there, visible or not.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.visible) + len(q.hidden)
}

// poll is one of the concurrent invocations of an event source mapping: it collects a batch and invokes the function with it.
func (q *queue) poll(ctx context.Context, batch int, window time.Duration, invoke func(context.Context, []byte) ([]byte, error)) {
	for ctx.Err() == nil {
		got := q.collect(ctx, batch, window)
		if len(got) == 0 {
			continue
		}
		failed, err := q.invoke(ctx, got, invoke)
		if err != nil {
			continue // All of the batch comes again when its visibility timeout is over.
		}
		for _, m := range got {
			if !slices.Contains(failed, m.id) {
				q.remove(m)
			}
		}
	}
}

// collect waits for a message, and then for as many as the batch takes, no longer than the window.
func (q *queue) collect(ctx context.Context, most int, window time.Duration) (got []*sent) {
	var end <-chan time.Time
	for {
		batch, more := q.receive(most - len(got))
		if got = append(got, batch...); len(got) == most {
			return got
		}
		if len(got) > 0 && end == nil {
			timer := time.NewTimer(window)
			defer timer.Stop()
			end = timer.C
		}
		select {
		case <-ctx.Done():
			return got
		case <-end:
			return got
		case <-more:
		}
	}
}

func (q *queue) invoke(ctx context.Context, batch []*sent, invoke func(context.Context, []byte) ([]byte, error)) (failed []string, err error) {
	event := lambdaevents.SQSEvent{}
	for _, m := range batch {
		record := lambdaevents.SQSMessage{
			MessageId: m.id, ReceiptHandle: m.id, Body: m.body, EventSourceARN: q.arn, EventSource: "aws:sqs",
			Attributes: map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.receives)}, MessageAttributes: map[string]lambdaevents.SQSMessageAttribute{},
		}
		if m.group != "" {
			record.Attributes["MessageGroupId"] = m.group
		}
		for name, value := range m.attributes {
			record.MessageAttributes[name] = lambdaevents.SQSMessageAttribute{StringValue: value.StringValue, DataType: *value.DataType}
		}
		event.Records = append(event.Records, record)
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("write batch: %w", err)
	}
	// An invocation ends when the function's timeout is over, whatever becomes of the batch.
	ctx, cancel := context.WithTimeout(ctx, deploy.FunctionTimeout)
	defer cancel()
	answer, err := invoke(ctx, payload)
	if err != nil {
		return nil, err
	}
	var read struct {
		Failures []lambdaevents.SQSBatchItemFailure `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(answer, &read); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	for _, f := range read.Failures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed, nil
}
