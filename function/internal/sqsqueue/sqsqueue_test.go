package sqsqueue_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
)

var ctx = context.Background()

// fake keeps what it is sent, and fails as it is told to.
type fake struct {
	sent []*sqs.SendMessageInput
	seen []*sqs.ChangeMessageVisibilityInput
	fail error
}

func (f *fake) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f.sent = append(f.sent, in)
	return &sqs.SendMessageOutput{}, f.fail
}

func (f *fake) ChangeMessageVisibility(_ context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	f.seen = append(f.seen, in)
	return &sqs.ChangeMessageVisibilityOutput{}, f.fail
}

func queue(f *fake) *sqsqueue.Queue { return sqsqueue.New(f, "url", "dead") }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestADelayIsRoundedUpAndOneThatSQSDoesNotKnowRefused(t *testing.T) {
	f := &fake{}
	for delay, want := range map[time.Duration]int32{0: 0, 1: 1, time.Second: 1, 1500 * time.Millisecond: 2, 15 * time.Minute: 900} {
		must(t, queue(f).Send(ctx, []byte("{}"), delay))
		last := f.sent[len(f.sent)-1]
		if last.DelaySeconds != want || *last.QueueUrl != "url" {
			t.Errorf("%v: %d seconds to %s", delay, last.DelaySeconds, *last.QueueUrl)
		}
	}
	n := len(f.sent)
	for _, delay := range []time.Duration{-1, 15*time.Minute + 1, time.Hour} {
		if err := queue(f).Send(ctx, []byte("{}"), delay); err == nil || len(f.sent) != n {
			t.Errorf("%v: %v", delay, err)
		}
	}
	for after, want := range map[time.Duration]int32{-time.Second: 0, 0: 0, 1: 1, 2 * time.Second: 2, 5 * time.Minute: 300, 24 * time.Hour: 43200} {
		must(t, queue(f).Retry(ctx, "receipt", after))
		if last := f.seen[len(f.seen)-1]; last.VisibilityTimeout != want || *last.ReceiptHandle != "receipt" || *last.QueueUrl != "url" {
			t.Errorf("%v: %+v", after, last)
		}
	}
}

// What could not be handled goes back with its body as it was: only the attributes say that it is not new.
func TestWhatIsSentAgainKeepsItsBody(t *testing.T) {
	f := &fake{}
	body := `{"version":"0","detail":{"eventName":"UpdateAssumeRolePolicy"}}`
	since := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	must(t, queue(f).Resend(ctx, []byte(body), time.Minute, since, 7))
	sent := f.sent[0]
	if *sent.MessageBody != body || sent.DelaySeconds != 60 || *sent.QueueUrl != "url" || len(sent.MessageAttributes) != 2 {
		t.Errorf("sent %+v", sent)
	}
	for name, want := range map[string]string{deploy.SinceAttribute: "2026-03-02T09:00:00Z", deploy.AttemptAttribute: "7"} {
		if got := aws.ToString(sent.MessageAttributes[name].StringValue); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	must(t, queue(f).Resend(ctx, []byte(body), 0, time.Time{}, 0))
	if n := len(f.sent[1].MessageAttributes); n != 0 {
		t.Errorf("one that is new has %d attributes", n)
	}
}

func TestAWorkItemKeepsItsMeaningWhereSQSTakesNoCharacter(t *testing.T) {
	f := &fake{}
	name := "a\uffffb\ufffec \U0001f600 é"
	body, err := json.Marshal(map[string]string{"userAgent": name})
	must(t, err)
	must(t, queue(f).Send(ctx, body, 0))
	sent := *f.sent[0].MessageBody
	var got map[string]string
	must(t, json.Unmarshal([]byte(sent), &got))
	if got["userAgent"] != name || strings.ContainsAny(sent, "\uffff\ufffe") {
		t.Errorf("sent %q", sent)
	}
	if err := queue(f).Send(ctx, bytes.Repeat([]byte("x"), 1<<20+1), 0); err == nil || !strings.Contains(err.Error(), "1048577") || len(f.sent) != 1 {
		t.Errorf("a body that is too large: %v", err)
	}
}

func TestAMessageThatIsGoneIsNotMissed(t *testing.T) {
	reason := func(code, text string) error { return &smithy.GenericAPIError{Code: code, Message: text} }
	prefix := "Value x for parameter ReceiptHandle is invalid. Reason: "
	for _, c := range []struct {
		err  error
		gone bool
	}{
		{&types.MessageNotInflight{}, true},
		{&types.ReceiptHandleIsInvalid{}, true},
		{reason("InvalidParameterValue", prefix+"Message does not exist or is not available for visibility timeout change."), true},
		{reason("InvalidParameterValue", prefix+"The receipt handle has expired."), true},
		{reason("InvalidParameterValue", "Value 99999 for parameter VisibilityTimeout is invalid."), false},
		{reason("RequestThrottled", "does not exist"), false},
		{&types.QueueDoesNotExist{}, false},
		{context.DeadlineExceeded, false},
	} {
		if err := queue(&fake{fail: c.err}).Retry(ctx, "r", 0); (err == nil) != c.gone || !c.gone && !errors.Is(err, c.err) {
			t.Errorf("%v: %v", c.err, err)
		}
	}
}

// opened is a dead letter's body as it was before SQS.
func opened(t *testing.T, text string, attributes map[string]types.MessageAttributeValue) []byte {
	t.Helper()
	how, ok := attributes["encoding"]
	if !ok {
		return []byte(text)
	}
	b, err := base64.StdEncoding.DecodeString(text)
	must(t, err)
	if *how.StringValue == "gzip+base64" {
		r, err := gzip.NewReader(bytes.NewReader(b))
		must(t, err)
		b, err = io.ReadAll(r)
		must(t, err)
	}
	return b
}

// letters are bodies that are all to arrive as they are, by how they are sent.
var letters = map[string]struct {
	body     string
	encoding string
}{
	"plain":                    {`{"a":"é 😀"}` + " \t\r\n<truncated", ""},
	"empty":                    {"", "gzip+base64"},
	"a control character":      {"{\x00}", "base64"},
	"a character that is none": {"a\uffff", "base64"},
	"no UTF-8":                 {"a\xff\xfe", "base64"},
	"large":                    {strings.Repeat("0123456789", 30_000), "gzip+base64"},
	"large and no UTF-8":       {strings.Repeat("\xff123456789", 24_000), "gzip+base64"},
}

func TestADeadLetterArrivesIntact(t *testing.T) {
	for name, c := range letters {
		f := &fake{}
		must(t, queue(f).DeadLetter(ctx, []byte(c.body), map[string]string{"error": "parse: \x00 \uffff \xff " + strings.Repeat("é", 3000), "item": "id", "none": ""}))
		sent := f.sent[0]
		if *sent.QueueUrl != "dead" || !bytes.Equal(opened(t, *sent.MessageBody, sent.MessageAttributes), []byte(c.body)) {
			t.Errorf("%s: to %s: %.60q", name, *sent.QueueUrl, *sent.MessageBody)
		}
		if got := aws.ToString(sent.MessageAttributes["encoding"].StringValue); got != c.encoding {
			t.Errorf("%s: encoding %q, want %q", name, got, c.encoding)
		}
		why := aws.ToString(sent.MessageAttributes["error"].StringValue)
		if !strings.HasPrefix(why, "parse: \ufffd \ufffd \ufffd é") || !utf8.ValidString(why) || len(why) > 1024 || len(why) < 1000 {
			t.Errorf("%s: error %.40q of %d bytes", name, why, len(why))
		}
		if _, there := sent.MessageAttributes["none"]; there || len(*sent.MessageBody) > 256<<10 {
			t.Errorf("%s: attributes %v", name, sent.MessageAttributes)
		}
	}
}

func TestADeadLetterThatNothingMakesSmallEnoughIsAnError(t *testing.T) {
	noise := make([]byte, 1<<20)
	_, _ = rand.Read(noise)
	f := &fake{}
	if err := queue(f).DeadLetter(ctx, noise, nil); err == nil || !strings.Contains(err.Error(), "1048576") || len(f.sent) != 0 {
		t.Errorf("%v", err)
	}
	down := errors.New("down")
	for name, send := range map[string]func(*sqsqueue.Queue) error{
		"work item":   func(q *sqsqueue.Queue) error { return q.Send(ctx, []byte("{}"), 0) },
		"dead letter": func(q *sqsqueue.Queue) error { return q.DeadLetter(ctx, []byte("{}"), nil) },
	} {
		if err := send(queue(&fake{fail: down})); !errors.Is(err, down) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnEmulators(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...awstest.Option) string{"moto": awstest.Moto, "ministack": awstest.Ministack} {
		t.Run(name, func(t *testing.T) { emulated(t, sqs.NewFromConfig(awstest.Config(t, start(t)))) })
	}
}

func emulated(t *testing.T, client *sqs.Client) {
	make := func(name string) string {
		t.Helper()
		out, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "600"}})
		must(t, err)
		return *out.QueueUrl
	}
	url, dead := make("changes"), make("dead")
	// receive gives a message that is visible now, nil when none is. SQS delivers at least once, and a message whose sending
	// was not answered is sent again: a twin, the same content under another ID, is left out.
	first := map[string]string{}
	receive := func(url string) *types.Message {
		t.Helper()
		for {
			out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &url, MessageAttributeNames: []string{"All"}})
			must(t, err)
			if len(out.Messages) == 0 {
				return nil
			}
			m := &out.Messages[0]
			content := url + *m.Body
			if item, ok := m.MessageAttributes["item"]; ok {
				content += aws.ToString(item.StringValue)
			}
			if id, seen := first[content]; !seen || id == *m.MessageId {
				first[content] = *m.MessageId
				return m
			}
			_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			must(t, err)
		}
	}
	await := func(url, what string) (m *types.Message) {
		t.Helper()
		awstest.Eventually(t, func() bool { m = receive(url); return m != nil }, func() string { return what + " did not come" })
		return m
	}
	q := sqsqueue.New(client, url, dead)

	// A delayed item waits. A delay of minutes is one that no machine is too slow for.
	must(t, q.Send(ctx, []byte(deploy.Tick), deploy.MaxDelay))
	if m := receive(url); m != nil {
		t.Fatalf("came at once: %s", *m.Body)
	}
	must(t, q.Send(ctx, []byte(`{"rolewatch":"look"}`), 1500*time.Millisecond))
	m := await(url, "the delayed item")
	if *m.Body != `{"rolewatch":"look"}` {
		t.Fatalf("came early: %s", *m.Body)
	}
	// It is hidden for ten minutes, unless it is to come again sooner.
	if m := receive(url); m != nil {
		t.Fatalf("came again at once: %s", *m.Body)
	}
	must(t, q.Retry(ctx, *m.ReceiptHandle, time.Second))
	m = await(url, "the item that is to come again")
	_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
	must(t, err)
	if err := q.Retry(ctx, *m.ReceiptHandle, time.Second); err != nil {
		t.Errorf("retry of what is gone: %v", err)
	}

	ran := 0
	for name, c := range letters {
		must(t, q.DeadLetter(ctx, []byte(c.body), map[string]string{"error": "why: \x01", "item": name}))
		m := await(dead, "the dead letter of "+name)
		if !bytes.Equal(opened(t, *m.Body, m.MessageAttributes), []byte(c.body)) || aws.ToString(m.MessageAttributes["error"].StringValue) != "why: \ufffd" {
			t.Errorf("%s: %.60q, %v", name, *m.Body, m.MessageAttributes)
		}
		ran++
	}
	if ran == 0 {
		t.Fatal("no letter")
	}
	if m := receive(url); m != nil {
		t.Errorf("in the queue itself: %s", *m.Body)
	}
}
