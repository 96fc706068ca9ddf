package sqsqueue

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/rolewatch/rolewatch/function/deploy"
)

const (
	// received is how long a letter that is received is hidden from others. An answer that is lost on its way hides letters, too: SQS
	// repeats the answer to a repeated request only for FIFO queues.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
	received = 20 * time.Second
	// held is how long a letter is hidden that stays where it is, so that it is received once. It becomes visible when all are through.
	held = time.Hour
	// waited is how long a receive waits for a letter. A receive that waits asks all of the queue's servers, so that an empty answer
	// means an empty queue:
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
	waited = 2 * time.Second
	// mostReceived is how many messages one call receives or changes.
	mostReceived = 10
	// maxUnpacked bounds what a packed body may become. What DeadLetter packs came in one event, which has 6 MB at most:
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxUnpacked = 6 << 20
)

// errorCode is the attribute in which EventBridge says why it could not deliver an event.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
const errorCode = "ERROR_CODE"

// ErrTooLarge says that the queue does not take a body because of its size.
var ErrTooLarge = errors.New("the queue does not take a message of this size")

// lettersAPI is what is needed of SQS's client to read dead letters.
type lettersAPI interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
	ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error)
}

// Letters are a dead-letter queue that is read. It is not safe for concurrent use, but for Delete.
type Letters struct {
	client lettersAPI
	url    string
	now    func() time.Time
	// unanswered says whether SQS may have carried out a call whose answer did not arrive.
	unanswered func(middleware.Metadata) bool
	// hidden is until when letters may be hidden that no answer has named.
	hidden time.Time
}

// NewLetters is a dead-letter queue by its URL.
func NewLetters(client lettersAPI, url string) *Letters {
	return &Letters{client: client, url: url, now: time.Now, unanswered: unanswered}
}

// unanswered reports whether an attempt at a call failed otherwise than by being refused: SQS may have carried it out. An error without an
// answer has the status code zero.
func unanswered(of middleware.Metadata) bool {
	attempts, _ := retry.GetAttemptResults(of)
	return slices.ContainsFunc(attempts.Results, func(r retry.AttemptResult) bool {
		var answer *awshttp.ResponseError
		return r.Err != nil && (!errors.As(r.Err, &answer) || answer.HTTPStatusCode()/100 != http.StatusBadRequest/100)
	})
}

// Letter is a dead letter that was received.
type Letter struct {
	ID string
	// Body is what the letter was before it became one, whatever encoded it since.
	Body []byte
	// Why says why it is a dead letter.
	Why string
	// Buried is the ID of the message that the function put here itself, and Error why; empty where SQS or EventBridge put it here.
	Buried, Error string
	// Account is the account that the letter is for, in the queue of a hub; empty where none is named.
	Account string
	// Unread says why its encoding cannot be read; nil where it can.
	Unread error

	receipt string
}

// Receive gives up to ten letters, and none when the queue is empty. Others do not see them for a short time, in which each must be
// deleted or kept. Where an answer was lost, it waits until the letters in it are visible again.
func (l *Letters) Receive(ctx context.Context) ([]Letter, error) {
	var out *sqs.ReceiveMessageOutput
	for again := true; again; again = len(out.Messages) == 0 && l.now().Before(l.hidden) {
		var err error
		out, err = l.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &l.url, MaxNumberOfMessages: mostReceived, VisibilityTimeout: seconds(received), WaitTimeSeconds: seconds(waited),
			MessageAttributeNames: []string{"All"},
		})
		if err != nil {
			return nil, fmt.Errorf("receive dead letters: %w", err)
		}
		if l.unanswered(out.ResultMetadata) {
			l.hidden = l.now().Add(received)
		}
	}
	letters := make([]Letter, len(out.Messages))
	for i, m := range out.Messages {
		letters[i] = letterOf(m)
	}
	return letters, nil
}

func letterOf(m types.Message) Letter {
	attribute := func(name string) string { return aws.ToString(m.MessageAttributes[name].StringValue) }
	l := Letter{
		ID: aws.ToString(m.MessageId), receipt: aws.ToString(m.ReceiptHandle), Body: []byte(aws.ToString(m.Body)),
		Error: attribute(deploy.ErrorAttribute), Buried: attribute(deploy.ItemAttribute), Account: attribute(deploy.AccountAttribute),
	}
	switch code := attribute(errorCode); {
	case l.Error != "":
		l.Why = "the function could not read it: " + l.Error
	case code != "":
		l.Why = "EventBridge could not deliver it: " + code
	default:
		l.Why = fmt.Sprintf("the function failed to handle it in %d deliveries", deploy.MaxReceives)
	}
	if how := attribute(encoding); how != "" {
		if body, err := unpacked(l.Body, how); err != nil {
			l.Unread = err
		} else {
			l.Body = body
		}
	}
	return l
}

// unpacked undoes what DeadLetter did to a body.
func unpacked(text []byte, how string) ([]byte, error) {
	if how != encodedBase64 && how != encodedGzip {
		return nil, fmt.Errorf("read dead letter: attribute %s: %q is not known", encoding, how)
	}
	body, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || how == encodedBase64 {
		return body, wrapped(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, wrapped(err)
	}
	body, err = io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err == nil && len(body) > maxUnpacked {
		err = fmt.Errorf("it has more than %d bytes", maxUnpacked)
	}
	return body, wrapped(err)
}

func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read dead letter: attribute %s: %w", encoding, err)
}

// Delete takes a letter out of the queue.
func (l *Letters) Delete(ctx context.Context, letter Letter) error {
	_, err := l.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &l.url, ReceiptHandle: &letter.receipt})
	if err != nil && !vanished(err) {
		return fmt.Errorf("delete dead letter %s: %w", letter.ID, err)
	}
	return nil
}

// Keep hides letters that stay where they are, until they are released.
func (l *Letters) Keep(ctx context.Context, letters []Letter) error {
	if err := l.hide(ctx, letters, held); err != nil {
		return fmt.Errorf("keep dead letters from being received again: %w", err)
	}
	return nil
}

// Release makes letters visible again.
func (l *Letters) Release(ctx context.Context, letters []Letter) error {
	if err := l.hide(ctx, letters, 0); err != nil {
		return fmt.Errorf("make %d dead letters visible again, which otherwise takes up to %v: %w", len(letters), held, err)
	}
	return nil
}

// hide makes letters visible after a time. One that is gone, or was received by somebody else since, is not ours to hide.
func (l *Letters) hide(ctx context.Context, letters []Letter, after time.Duration) error {
	var errs []error
	for some := range slices.Chunk(letters, mostReceived) {
		in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &l.url}
		for i, letter := range some {
			in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
				Id: aws.String(strconv.Itoa(i)), ReceiptHandle: aws.String(letter.receipt), VisibilityTimeout: seconds(after),
			})
		}
		_, err := l.client.ChangeMessageVisibilityBatch(ctx, in)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Redrive puts the body of a dead letter into the queue, for the account that it was for, and gives the ID of its message.
func (q *Queue) Redrive(ctx context.Context, body []byte, account string) (string, error) {
	text := escape(string(body))
	if len(text) > maxMessage {
		return "", fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, len(text), maxMessage)
	}
	out, err := q.client.SendMessage(ctx, q.Of(account).addressed(&sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &text}))
	if err != nil && refusesSize(err) {
		return "", fmt.Errorf("%w: %d bytes", ErrTooLarge, len(text))
	}
	if err != nil {
		return "", fmt.Errorf("send to the work queue: %w", err)
	}
	return aws.ToString(out.MessageId), nil
}

// refusesSize reports whether SQS refused a message because the queue was made with a smaller limit. SQS says so by its text alone:
// "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes."
func refusesSize(err error) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == "InvalidParameterValue" && strings.Contains(e.ErrorMessage(), "must be shorter than")
}
