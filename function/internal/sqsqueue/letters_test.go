package sqsqueue

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go/middleware"
)

// losing is a queue with one letter, whose first answer is lost: until the letter is visible again, the queue seems to be empty.
type losing struct {
	now      time.Time
	visible  time.Time
	lost     bool
	receives int
	asked    []int32
}

func (q *losing) ReceiveMessage(_ context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	q.receives++
	q.asked = append(q.asked, in.VisibilityTimeout)
	out := &sqs.ReceiveMessageOutput{}
	if q.lost {
		// The client repeats the call: the first time, the letter went out; the second time, there is none.
		q.visible = q.now.Add(time.Duration(in.VisibilityTimeout) * time.Second)
		q.lost = false
		out.ResultMetadata.Set("unanswered", true)
	} else if !q.now.Before(q.visible) {
		out.Messages = []types.Message{{MessageId: aws.String("m1"), ReceiptHandle: aws.String("r1"), Body: aws.String("letter")}}
	}
	q.now = q.now.Add(time.Duration(in.WaitTimeSeconds) * time.Second)
	return out, nil
}

func (*losing) DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	return nil, errors.New("nothing calls this")
}

func (*losing) ChangeMessageVisibilityBatch(context.Context, *sqs.ChangeMessageVisibilityBatchInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	return nil, errors.New("nothing calls this")
}

func TestAnAnswerThatIsLostHidesNoLetter(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, lost := range map[string]bool{"lost": true, "not lost": false} {
		q := &losing{now: start, visible: start, lost: lost}
		l := NewLetters(q, "dead")
		l.now = func() time.Time { return q.now }
		l.unanswered = func(of middleware.Metadata) bool { return of.Has("unanswered") }
		got, err := l.Receive(t.Context())
		if err != nil || len(got) != 1 || got[0].ID != "m1" {
			t.Errorf("%s: %+v, %v after %d calls", name, got, err, q.receives)
		}
		for _, hidden := range q.asked {
			if time.Duration(hidden)*time.Second > time.Minute {
				t.Errorf("%s: an answer that is lost hides a letter for %d seconds", name, hidden)
			}
		}
	}
}

// An empty queue whose answers all arrive is asked once.
func TestAnEmptyQueueIsAskedOnce(t *testing.T) {
	q := &losing{visible: time.Now().Add(time.Hour)}
	if got, err := NewLetters(q, "dead").Receive(t.Context()); err != nil || len(got) != 0 || q.receives != 1 {
		t.Errorf("%+v, %v after %d calls", got, err, q.receives)
	}
}

// A call that failed without an answer, or with one that the service failed, may have been carried out. One that was refused was not.
func TestWhatMayHaveBeenCarriedOut(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		want   bool
	}{"no answer": {0, true}, "503": {503, true}, "a redirect": {302, true}, "throttled": {400, false}, "answered": {200, false}} {
		first := true
		client := sqs.NewFromConfig(aws.Config{
			Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
			Retryer: func() aws.Retryer { return noWait{} },
			HTTPClient: doer(func(r *http.Request) (*http.Response, error) {
				status := 200
				if first {
					first = false
					if status = c.status; status == 0 {
						return nil, errors.New("connection reset by peer")
					}
				}
				return &http.Response{StatusCode: status, Header: http.Header{"X-Amzn-Query-Error": {"RequestThrottled;Sender"}}, Body: http.NoBody, Request: r}, nil
			}),
		})
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String("https://sqs.us-east-1.amazonaws.com/1/dead")})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := unanswered(out.ResultMetadata); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// noWait repeats what failed once, at once.
type noWait struct{ aws.NopRetryer }

func (noWait) IsErrorRetryable(err error) bool              { return err != nil }
func (noWait) MaxAttempts() int                             { return 2 }
func (noWait) RetryDelay(int, error) (time.Duration, error) { return 0, nil }
func (noWait) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}
