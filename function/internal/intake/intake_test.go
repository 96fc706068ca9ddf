package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/intake"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

// decided answers each item by its body.
type decided map[string]watch.Outcome

func (d decided) Handle(_ context.Context, items []watch.Item) []watch.Outcome {
	out := make([]watch.Outcome, len(items))
	for i, item := range items {
		out[i] = d[string(item.Body)]
	}
	return out
}

// edge notes what is asked of the queue.
type edge struct {
	calls []string
	fail  error
}

func (e *edge) Retry(_ context.Context, receipt string, after time.Duration) error {
	e.calls = append(e.calls, fmt.Sprintf("retry %s after %s", receipt, after))
	return e.fail
}

func (e *edge) DeadLetter(_ context.Context, body []byte, attributes map[string]string) error {
	e.calls = append(e.calls, fmt.Sprintf("dead %s: %s", body, attributes["error"]))
	return e.fail
}

func sqsBatch(bodies ...string) []byte {
	type record struct {
		MessageID  string            `json:"messageId"`
		Receipt    string            `json:"receiptHandle"`
		Body       string            `json:"body"`
		Attributes map[string]string `json:"attributes"`
		Source     string            `json:"eventSource"`
	}
	var records []record
	for i, b := range bodies {
		records = append(records, record{fmt.Sprintf("m%d", i), fmt.Sprintf("r%d", i), b, map[string]string{"ApproximateReceiveCount": "3"}, "aws:sqs"})
	}
	text, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		panic(err)
	}
	return text
}

func TestBatches(t *testing.T) {
	busy := watch.Outcome{Err: errors.New("throttled"), RetryAfter: 8 * time.Second}
	dead := watch.Outcome{Dead: "not JSON"}
	for _, c := range []struct {
		name, want string
		payload    []byte
		outcomes   decided
		fail       error
		calls      string
	}{
		{"all is handled", `{"batchItemFailures":[]}`, sqsBatch("a", "b"), decided{}, nil, ""},
		{"an empty batch", `{"batchItemFailures":[]}`, []byte(`{"Records":[]}`), decided{}, nil, ""},
		{"one comes again", `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, sqsBatch("a", "b"), decided{"b": busy}, nil, "retry r1 after 8s"},
		{"one comes again though its visibility cannot be set", `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`, sqsBatch("a", "b"), decided{"b": busy},
			errors.New("SQS is down"), "retry r1 after 8s"},
		{"poison is buried at once", `{"batchItemFailures":[]}`, sqsBatch("a", "b"), decided{"a": dead}, nil, "dead a: not JSON"},
		{"poison that cannot be buried comes again", `{"batchItemFailures":[{"itemIdentifier":"m0"}]}`, sqsBatch("a"), decided{"a": dead},
			errors.New("SQS is down"), "dead a: not JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &edge{fail: c.fail}
			in := intake.Intake{Watch: c.outcomes, Queue: e, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
			got, err := in.Invoke(context.Background(), c.payload)
			if err != nil || string(got) != c.want {
				t.Errorf("answer %s, %v; want %s", got, err, c.want)
			}
			if calls := strings.Join(e.calls, ", "); calls != c.calls {
				t.Errorf("calls %q, want %q", calls, c.calls)
			}
		})
	}
}

// taken notes the items that it is handed.
type taken []watch.Item

func (n *taken) Handle(_ context.Context, items []watch.Item) []watch.Outcome {
	*n = append(*n, items...)
	return make([]watch.Outcome, len(items))
}

// A message that was sent again says since when and how often; one of a release that did not write that, or one whose attributes
// are in another form, is new.
func TestTheAttemptsOfAMessageAreRead(t *testing.T) {
	since := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for attributes, want := range map[string]watch.Item{
		`{}`: {},
		`{"since":{"stringValue":"2026-03-02T09:00:00Z","dataType":"String"},"attempt":{"stringValue":"7","dataType":"Number"}}`:  {Since: since, Attempt: 7},
		`{"since":{"stringValue":"yesterday","dataType":"String"},"attempt":{"stringValue":"7","dataType":"Number"}}`:             {},
		`{"since":{"stringValue":"2026-03-02T09:00:00Z","dataType":"String"},"attempt":{"stringValue":"-1","dataType":"Number"}}`: {},
		`{"since":{"stringValue":"2026-03-02T09:00:00Z","dataType":"String"}}`:                                                    {},
	} {
		var got taken
		in := intake.Intake{Watch: &got, Queue: &edge{}, Log: slog.New(slog.DiscardHandler)}
		if _, err := in.Invoke(context.Background(), []byte(`{"Records":[{"messageId":"m","body":"a","messageAttributes":`+attributes+`}]}`)); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || !got[0].Since.Equal(want.Since) || got[0].Attempt != want.Attempt {
			t.Errorf("%s: %+v", attributes, got)
		}
	}
}

func TestABatchThatCannotBeReadIsAnError(t *testing.T) {
	in := intake.Intake{Watch: decided{}, Queue: &edge{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if _, err := in.Invoke(context.Background(), []byte(`{"Records":[{"body":17}]}`)); err == nil {
		t.Error("no error: the batch would be lost")
	}
}

func TestABareEvent(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome watch.Outcome
		failed  bool
		calls   int
	}{
		{"is handled", watch.Outcome{}, false, 0},
		{"fails", watch.Outcome{Err: errors.New("throttled")}, true, 0},
		{"is poison", watch.Outcome{Dead: "malformed"}, false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &edge{}
			in := intake.Intake{Watch: decided{deploy.Tick: c.outcome}, Queue: e, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
			_, err := in.Invoke(context.Background(), []byte(deploy.Tick))
			if (err != nil) != c.failed || len(e.calls) != c.calls {
				t.Errorf("error %v, calls %q", err, e.calls)
			}
		})
	}
}

func TestMetricsAreEmbeddedAndForgottenOnceWritten(t *testing.T) {
	var out bytes.Buffer
	m := &intake.Metrics{Out: &out, Now: func() time.Time { return time.UnixMilli(1772442000000) }}
	m.Event("AttachRolePolicy", "look")
	m.Event("AttachRolePolicy", "look")
	m.Finding("RW302", "high", "opened")
	m.Reconciled("told")
	m.SweepCompleted()
	m.Told(1500 * time.Millisecond)
	m.Requeued()
	m.Flush()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := []string{
		`{"Event":"AttachRolePolicy","Events":2,"Outcome":"look"}`,
		`{"Check":"RW302","Findings":1,"Severity":"high","Transition":"opened","_aws":{"CloudWatchMetrics":[{"Dimensions":[["Severity","Transition"]],"Metrics":[{"Name":"Findings","Unit":"Count"}],"Namespace":"rolewatch"}],"Timestamp":1772442000000}}`,
		`{"Decision":"told","Looks":1}`,
		`{"Requeued":1,"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"Requeued","Unit":"Count"}],"Namespace":"rolewatch"}],"Timestamp":1772442000000}}`,
		`{"SweepCompleted":1,"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"SweepCompleted","Unit":"Count"}],"Namespace":"rolewatch"}],"Timestamp":1772442000000}}`,
		`{"TimeToTell":[1.5],"_aws":{"CloudWatchMetrics":[{"Dimensions":[[]],"Metrics":[{"Name":"TimeToTell","Unit":"Seconds"}],"Namespace":"rolewatch"}],"Timestamp":1772442000000}}`,
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("wrote\n%s\nwant\n%s", out.String(), strings.Join(want, "\n"))
	}
	out.Reset()
	m.Flush()
	if out.Len() != 0 {
		t.Errorf("wrote again: %s", out.String())
	}
}

// TestABatchThatChangesNothingHasNoMetric holds what an hour without a finding costs: every batch counts events and reconciles,
// and none of their lines is in the embedded metric format.
func TestABatchThatChangesNothingHasNoMetric(t *testing.T) {
	var out bytes.Buffer
	m := &intake.Metrics{Out: &out, Now: time.Now}
	for _, e := range events.Catalog() {
		for _, outcome := range []string{"look", "noLook", "failed"} {
			m.Event(e.Name, outcome)
		}
	}
	m.Event("other", "notListed")
	m.Event("malformed", "dead")
	for o := reconcile.Reported; o <= reconcile.Conflict; o++ {
		m.Reconciled(o.String())
	}
	m.Flush()
	if n := strings.Count(out.String(), "\n"); n < 100 {
		t.Fatalf("only %d lines were written", n)
	}
	if strings.Contains(out.String(), `"_aws"`) {
		t.Errorf("a metric was written: %s", out.String())
	}
}

// A hub has two queues: what came by that of records is marked, is retried there, and each item has the account that its message names.
func TestTheQueuesOfAHub(t *testing.T) {
	batch := func(queue string) []byte {
		return fmt.Appendf(nil, `{"Records":[{"messageId":"m1","receiptHandle":"r1","body":"a","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:111122223333:%s",
			"attributes":{"ApproximateReceiveCount":"1"},"messageAttributes":{"account":{"dataType":"String","stringValue":"222233334444"}}}]}`, queue)
	}
	for queue, record := range map[string]bool{"rolewatch-Records-1A": true, "rolewatch-Queue-1A": false, "other-rolewatch-Records-1A": false} {
		seen, work, records := &taken{}, &edge{}, &edge{}
		in := intake.Intake{Watch: seen, Queue: work, Records: records, RecordsName: "rolewatch-Records-1A", Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		if _, err := in.Invoke(t.Context(), batch(queue)); err != nil {
			t.Fatal(err)
		}
		if item := (*seen)[0]; item.Record != record || item.Account != "222233334444" {
			t.Errorf("%s: %+v", queue, item)
		}
		in.Watch = decided{"a": {Err: errors.New("throttled"), RetryAfter: time.Second}}
		if _, err := in.Invoke(t.Context(), batch(queue)); err != nil {
			t.Fatal(err)
		}
		if (len(records.calls) == 1) != record || (len(work.calls) == 1) == record {
			t.Errorf("%s: the queue of records was called %q, the work queue %q", queue, records.calls, work.calls)
		}
	}
}
