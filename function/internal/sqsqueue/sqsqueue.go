// Package sqsqueue is the SQS queue that changes come from. It sends work items, delayed or not, requeues messages, and moves what
// can never be handled to the dead-letter queue, unchanged.
package sqsqueue

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// The limits are those of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html.
const (
	maxVisibility = 12 * time.Hour
	// maxMessage is what a message may have, attributes included, and anyQueue what every queue takes: a queue may have
	// been made with the limit of old.
	maxMessage = 1 << 20
	anyQueue   = 256 << 10
	// maxAttribute keeps an attribute short: attributes count toward a message's size.
	maxAttribute = 1024
)

// encoding is the attribute of a dead letter that says how its body is encoded.
const (
	encoding      = "encoding"
	encodedBase64 = "base64"
	encodedGzip   = "gzip+base64"
)

// api is what is needed of SQS's client.
type api interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
	ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error)
}

// Queue is a queue with its dead-letter queue. It is safe for concurrent use.
type Queue struct {
	client          api
	url, deadLetter string
	// account is what messages are for that are sent through this; empty where the queue has those of one account.
	account string
}

// Of is the queue of a hub, and what is sent through it is for that account: the attribute deploy.AccountAttribute says so. The account is the
// group of the message, too, so that SQS delivers the messages of other accounts before those of one that has many in the queue
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html).
func (q *Queue) Of(account string) *Queue {
	return &Queue{client: q.client, url: q.url, deadLetter: q.deadLetter, account: account}
}

// New is a queue by its URL and that of its dead-letter queue.
func New(client api, url, deadLetterURL string) *Queue {
	return &Queue{client: client, url: url, deadLetter: deadLetterURL}
}

// seconds rounds up, so that nothing comes before its time.
func seconds(d time.Duration) int32 { return int32((d + time.Second - 1) / time.Second) }

// Send puts a JSON body into the queue, to arrive after delay, which is at most 15 minutes.
func (q *Queue) Send(ctx context.Context, body []byte, delay time.Duration) error {
	return q.send(ctx, body, delay, nil)
}

// Resend is Send for a body that could not be handled since a time, in that many attempts. The body stays as it is: a release that
// does not know the attributes reads it.
func (q *Queue) Resend(ctx context.Context, body []byte, delay time.Duration, since time.Time, attempt int) error {
	if attempt == 0 {
		return q.send(ctx, body, delay, nil)
	}
	return q.send(ctx, body, delay, map[string]types.MessageAttributeValue{
		deploy.SinceAttribute:   {DataType: aws.String("String"), StringValue: aws.String(since.UTC().Format(time.RFC3339))},
		deploy.AttemptAttribute: {DataType: aws.String("Number"), StringValue: aws.String(strconv.Itoa(attempt))},
	})
}

func (q *Queue) send(ctx context.Context, body []byte, delay time.Duration, attributes map[string]types.MessageAttributeValue) error {
	if delay < 0 || delay > deploy.MaxDelay {
		return fmt.Errorf("send work item: a delay of %v is not between 0 and %v", delay, deploy.MaxDelay)
	}
	text := escape(string(body))
	if len(text) > maxMessage {
		return fmt.Errorf("send work item: it has %d bytes, a message holds %d", len(text), maxMessage)
	}
	in := q.addressed(&sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &text, DelaySeconds: seconds(delay), MessageAttributes: attributes})
	if _, err := q.client.SendMessage(ctx, in); err != nil {
		return fmt.Errorf("send work item: %w", err)
	}
	return nil
}

// addressed gives a message the account that it is for.
func (q *Queue) addressed(in *sqs.SendMessageInput) *sqs.SendMessageInput {
	if q.account == "" {
		return in
	}
	if in.MessageAttributes == nil {
		in.MessageAttributes = map[string]types.MessageAttributeValue{}
	}
	in.MessageAttributes[deploy.AccountAttribute] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(q.account)}
	in.MessageGroupId = aws.String(q.account)
	return in
}

// Retry makes a received message visible again after a time. One that is gone, or whose receipt is over, comes back by
// itself or not at all: that is no error.
func (q *Queue) Retry(ctx context.Context, receipt string, after time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: &receipt, VisibilityTimeout: seconds(min(max(after, 0), maxVisibility)),
	})
	if err != nil && !vanished(err) {
		return fmt.Errorf("change visibility: %w", err)
	}
	return nil
}

// vanished tells whether SQS says that a message is not in flight any more. Some of its answers are only told apart by
// their text.
func vanished(err error) bool {
	var gone *types.MessageNotInflight
	var over *types.ReceiptHandleIsInvalid
	if errors.As(err, &gone) || errors.As(err, &over) {
		return true
	}
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == "InvalidParameterValue" &&
		(strings.Contains(e.ErrorMessage(), "does not exist") || strings.Contains(e.ErrorMessage(), "has expired"))
}

// DeadLetter puts a body into the dead-letter queue, intact. What SQS does not take as text goes in base64, and what is
// empty or too large for every queue packed as well; the attribute encoding then says which. Characters of attributes that SQS does
// not take are replaced.
func (q *Queue) DeadLetter(ctx context.Context, body []byte, attributes map[string]string) error {
	values := map[string]types.MessageAttributeValue{}
	room := 0
	set := func(name, value string) {
		values[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		room += len(name) + len(value) + len("String")
	}
	for name, value := range attributes {
		if value = clean(value); value != "" {
			set(name, value)
		}
	}
	text := string(body)
	if !utf8.ValidString(text) || strings.ContainsFunc(text, barred) {
		text = base64.StdEncoding.EncodeToString(body)
		set(encoding, encodedBase64)
	}
	if text == "" || len(text)+room > anyQueue {
		text = packed(body)
		set(encoding, encodedGzip)
	}
	if len(text)+room > maxMessage {
		return fmt.Errorf("send dead letter: it has %d bytes, packed still %d, a message holds %d", len(body), len(text), maxMessage)
	}
	_, err := q.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.deadLetter, MessageBody: &text, MessageAttributes: values})
	if err != nil {
		return fmt.Errorf("send dead letter: %w", err)
	}
	return nil
}

func packed(body []byte) string {
	var buf bytes.Buffer
	// A buffer takes everything.
	w := gzip.NewWriter(&buf)
	_, _ = w.Write(body)
	_ = w.Close()
	return base64.StdEncoding.EncodeToString(buf.Bytes())
}

// barred are the characters that SQS takes in no message, be it in the body or in an attribute: all but those of XML 1.0
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html).
func barred(r rune) bool {
	switch r {
	case '\t', '\n', '\r':
		return false
	}
	return r < 0x20 || r >= 0xd800 && r < 0xe000 || r == 0xfffe || r == 0xffff
}

// escape writes barred characters of JSON as JSON escapes. In JSON, they stand in strings only.
func escape(body string) string {
	if !strings.ContainsFunc(body, barred) {
		return body
	}
	var b strings.Builder
	for _, r := range body {
		if barred(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// clean makes an attribute's value of a text that may hold anything.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if barred(r) {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
	if len(text) > maxAttribute {
		text = strings.ToValidUTF8(text[:maxAttribute], "")
	}
	return text
}
