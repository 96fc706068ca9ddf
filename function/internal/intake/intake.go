// Package intake turns what Lambda is invoked with into watch's items, and their outcomes into answers: SQS batches
// with partial answers, bare EventBridge events, and our own ticks.
package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	lambdaevents "github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// handler is what intake needs of watch.
type handler interface {
	Handle(ctx context.Context, items []watch.Item) []watch.Outcome
}

// queue is what intake needs of the queue that its batches come from.
type queue interface {
	// Retry makes a message visible again after that time.
	Retry(ctx context.Context, receipt string, after time.Duration) error
	// DeadLetter puts a body into the dead-letter queue, intact.
	DeadLetter(ctx context.Context, body []byte, attributes map[string]string) error
}

// Intake answers invocations.
type Intake struct {
	Watch handler
	Queue queue
	// Records is the queue of a hub that takes what EventBridge sends, and RecordsName its name; nil elsewhere.
	Records     queue
	RecordsName string
	Log         *slog.Logger
	// Flush writes out what an invocation counted; it may be nil.
	Flush func()
}

// Answer is a partial-batch answer. An empty list means that everything was handled; Lambda's event source mapping takes
// null for a failure of the whole batch, so the list is never nil.
type Answer struct {
	BatchItemFailures []lambdaevents.SQSBatchItemFailure `json:"batchItemFailures"`
}

// Invoke handles one invocation.
func (in *Intake) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	if in.Flush != nil {
		defer in.Flush()
	}
	var batch lambdaevents.SQSEvent
	if isBatch(payload) {
		if err := json.Unmarshal(payload, &batch); err != nil {
			return nil, fmt.Errorf("read SQS batch: %w", err)
		}
		return json.Marshal(Answer{BatchItemFailures: in.batch(ctx, batch.Records)})
	}
	return []byte("null"), in.single(ctx, payload)
}

// isBatch tells an SQS batch from an event: only a batch starts with a list of Records.
func isBatch(payload []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(payload, " \t\r\n{"), []byte(`"Records"`))
}

// single handles a bare event. What fails is an error, so that Lambda tries again.
func (in *Intake) single(ctx context.Context, payload []byte) error {
	o := in.Watch.Handle(ctx, []watch.Item{{ID: "event", Body: payload, Receives: 1}})[0]
	if o.Dead != "" {
		return in.bury(ctx, payload, o.Dead, "event", "")
	}
	return o.Err
}

func (in *Intake) batch(ctx context.Context, messages []lambdaevents.SQSMessage) []lambdaevents.SQSBatchItemFailure {
	items := make([]watch.Item, len(messages))
	for i, m := range messages {
		items[i] = watch.Item{ID: m.MessageId, Body: []byte(m.Body), Receives: receives(m), Account: attribute(m, deploy.AccountAttribute), Record: in.isRecord(m)}
		items[i].Since, items[i].Attempt = attempted(m)
	}
	failures := []lambdaevents.SQSBatchItemFailure{}
	for i, o := range in.Watch.Handle(ctx, items) {
		m := messages[i]
		if o.Dead != "" {
			o.Err = in.bury(ctx, items[i].Body, o.Dead, m.MessageId, items[i].Account)
		} else if o.Err != nil {
			if err := in.queueOf(items[i]).Retry(ctx, m.ReceiptHandle, o.RetryAfter); err != nil {
				in.Log.Warn("visibility not set", "item", m.MessageId, "error", err.Error())
			}
		}
		if o.Err != nil {
			failures = append(failures, lambdaevents.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return failures
}

// isRecord reports whether a message came by the queue of records of a hub. Its ARN ends in the name of the queue.
func (in *Intake) isRecord(m lambdaevents.SQSMessage) bool {
	return in.Records != nil && strings.HasSuffix(m.EventSourceARN, ":"+in.RecordsName)
}

// queueOf is the queue that delivered an item.
func (in *Intake) queueOf(item watch.Item) queue {
	if item.Record {
		return in.Records
	}
	return in.Queue
}

// bury puts what can never be handled into the dead-letter queue at once.
func (in *Intake) bury(ctx context.Context, body []byte, why, id, account string) error {
	err := in.Queue.DeadLetter(ctx, body, map[string]string{deploy.ErrorAttribute: why, deploy.ItemAttribute: id, deploy.AccountAttribute: account})
	if err != nil {
		return errors.Join(errors.New(why), fmt.Errorf("send to the dead-letter queue: %w", err))
	}
	return nil
}

func receives(m lambdaevents.SQSMessage) int {
	n, err := strconv.Atoi(m.Attributes["ApproximateReceiveCount"])
	if err != nil {
		return 1
	}
	return n
}

// attempted is when a message that was sent again could not be handled first, and how often that has happened. A message whose
// attributes are not in that form is taken for a new one.
func attempted(m lambdaevents.SQSMessage) (since time.Time, attempt int) {
	since, err := time.Parse(time.RFC3339, attribute(m, deploy.SinceAttribute))
	if err != nil {
		return time.Time{}, 0
	}
	if attempt, err = strconv.Atoi(attribute(m, deploy.AttemptAttribute)); err != nil || attempt < 1 {
		return time.Time{}, 0
	}
	return since, attempt
}

// attribute is an attribute of a message that is a text; empty where it has none.
func attribute(m lambdaevents.SQSMessage, name string) string {
	if v := m.MessageAttributes[name].StringValue; v != nil {
		return *v
	}
	return ""
}
