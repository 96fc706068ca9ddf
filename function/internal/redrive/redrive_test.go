package redrive_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/redrive"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect")

// stored is a message in a queue.
type stored struct {
	id, body   string
	attributes map[string]types.MessageAttributeValue
	// hidden says that it was received, and kept that it is hidden for as long as a run may take.
	hidden, kept bool
}

// broker is SQS with two queues, "work" and "dead". Nothing becomes visible by itself.
type broker struct {
	mu     sync.Mutex
	queues map[string][]*stored
	serial int
	buried int
	// fail are the errors of calls by name, and limit is the size that the work queue was made with.
	fail  map[string]error
	limit int
	// function says why the deployed function cannot read a body; empty where it can.
	function func(body string) string
	// after runs after a message was sent to the work queue.
	after func()
}

func (b *broker) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if err := errors.Join(b.fail["send"], ctx.Err()); err != nil {
		return nil, err
	}
	if len(*in.MessageBody) > b.limit {
		return nil, &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes."}
	}
	b.mu.Lock()
	b.serial++
	m := &stored{id: "m" + strconv.Itoa(b.serial), body: *in.MessageBody, attributes: in.MessageAttributes}
	b.queues[*in.QueueUrl] = append(b.queues[*in.QueueUrl], m)
	b.mu.Unlock()
	if *in.QueueUrl == "work" && b.after != nil {
		b.after()
	}
	return &sqs.SendMessageOutput{MessageId: &m.id}, nil
}

func (b *broker) ChangeMessageVisibility(context.Context, *sqs.ChangeMessageVisibilityInput, ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	return nil, errors.New("nothing calls this")
}

func (b *broker) ReceiveMessage(ctx context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if err := errors.Join(b.fail["receive"], ctx.Err()); err != nil {
		return nil, err
	}
	b.bury()
	b.mu.Lock()
	defer b.mu.Unlock()
	out := &sqs.ReceiveMessageOutput{}
	for _, m := range b.queues[*in.QueueUrl] {
		if m.hidden || len(out.Messages) == int(in.MaxNumberOfMessages) {
			continue
		}
		m.hidden = true
		out.Messages = append(out.Messages, types.Message{MessageId: &m.id, ReceiptHandle: &m.id, Body: &m.body, MessageAttributes: m.attributes})
	}
	return out, nil
}

// bury has the deployed function take what it cannot read from the work queue to the dead-letter queue.
func (b *broker) bury() {
	for _, m := range slices.Clone(b.queues["work"]) {
		if why := b.function(m.body); why != "" {
			b.queues["work"] = slices.DeleteFunc(b.queues["work"], func(o *stored) bool { return o == m })
			b.put(m.body, map[string]string{deploy.ErrorAttribute: why, deploy.ItemAttribute: m.id})
		}
	}
}

func (b *broker) put(body string, attributes map[string]string) {
	b.buried++
	if err := sqsqueue.New(&broker{queues: b.queues, limit: 1 << 20, serial: 1000 + b.buried}, "work", "dead").DeadLetter(context.Background(), []byte(body), attributes); err != nil {
		panic(err)
	}
}

func (b *broker) DeleteMessage(ctx context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	if err := errors.Join(b.fail["delete"], ctx.Err()); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queues[*in.QueueUrl] = slices.DeleteFunc(b.queues[*in.QueueUrl], func(m *stored) bool { return m.id == *in.ReceiptHandle })
	return &sqs.DeleteMessageOutput{}, nil
}

func (b *broker) ChangeMessageVisibilityBatch(ctx context.Context, in *sqs.ChangeMessageVisibilityBatchInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityBatchOutput, error) {
	call := "release"
	if in.Entries[0].VisibilityTimeout > 0 {
		call = "keep"
	}
	if err := errors.Join(b.fail[call], ctx.Err()); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range in.Entries {
		for _, m := range b.queues[*in.QueueUrl] {
			if m.id == *e.ReceiptHandle {
				m.hidden, m.kept = e.VisibilityTimeout > 0, e.VisibilityTimeout > 0
			}
		}
	}
	return &sqs.ChangeMessageVisibilityBatchOutput{}, nil
}

// bodies are those that scenarios name.
func bodies() map[string]string {
	record := `{"eventVersion":"1.09","eventTime":"2026-03-02T09:00:00Z","eventSource":"iam.amazonaws.com","eventName":"DeleteRole","awsRegion":"us-east-1",` +
		`"userIdentity":{"type":"Root","accountId":"111122223333"},"requestParameters":{"roleName":"orders"},"recipientAccountId":"111122223333","eventID":"%s"}`
	return map[string]string{
		"record": fmt.Sprintf(record, "e1"), "other": `{"eventVersion":"1.09","eventSource":"s3.amazonaws.com","eventName":"PutObject","eventTime":"2026-03-02T09:00:00Z"}`,
		"newer": fmt.Sprintf(record, "e2"), "work": `{"rolewatch":"look","roles":["arn:aws:iam::111122223333:role/orders"]}`, "tick": deploy.Tick,
		"cut": `{"eventVersion":`, "bytes": "\x00\xff", "empty": "", "job": `{"rolewatch":"dance"}`,
		"large": strings.TrimSuffix(fmt.Sprintf(record, "e3"), "}") + `,"note":"` + strings.Repeat("x", 300_000) + `"}`,
	}
}

// name is that of a body.
func name(body string) string {
	for n, b := range bodies() {
		if b == body {
			return n
		}
	}
	return fmt.Sprintf("unknown %.40q", body)
}

// do plays one line of a scenario: "letter BODY N [NAME=VALUE]..." puts letters with attributes into the dead-letter queue; "fail CALL"
// and "work CALL" break and fix a call; "limit N" is the size that the work queue takes; "interrupt" ends the next run when it has sent
// one letter, before it deletes it; "redrive" and "dry" run.
func (b *broker) do(t *testing.T, line string) []string {
	t.Helper()
	words := strings.Fields(line)
	switch words[0] {
	case "letter":
		n, err := strconv.Atoi(words[2])
		body, ok := bodies()[words[1]]
		if err != nil || !ok {
			t.Fatalf("%q: %v", line, err)
		}
		attributes := map[string]string{}
		for _, a := range words[3:] {
			key, value, _ := strings.Cut(a, "=")
			attributes[key] = value
		}
		for range n {
			b.put(body, attributes)
		}
	case "fail":
		b.fail[words[1]] = errors.New(words[1] + " is denied")
	case "work":
		delete(b.fail, words[1])
	case "limit":
		b.limit, _ = strconv.Atoi(words[1])
	case "interrupt":
		return b.run(t, false, true)
	case "redrive", "dry":
		return b.run(t, words[0] == "dry", false)
	default:
		t.Fatalf("no such word: %q", line)
	}
	return nil
}

// run redrives, and shows the result, what is in the work queue since, and what is visible in the dead-letter queue.
func (b *broker) run(t *testing.T, dry, interrupted bool) []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.after = nil
	if interrupted {
		b.after = cancel
	}
	result, err := redrive.Run{Letters: sqsqueue.NewLetters(b, "dead"), Queue: sqsqueue.New(b, "work", "dead"), Readable: watch.Readable, Dry: dry}.Do(ctx)
	var out []string
	for what, counts := range map[string][]redrive.Count{"sent": result.Sent, "left": result.Left} {
		for _, c := range counts {
			out = append(out, fmt.Sprintf("%s %d: %s", what, c.Count, c.Why))
		}
	}
	slices.Sort(out)
	if result.Ticks > 0 {
		out = append(out, fmt.Sprintf("ticks: %d", result.Ticks))
	}
	if err != nil {
		out = append(out, "error: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	var work []string
	for _, m := range b.queues["work"] {
		work = append(work, name(m.body))
	}
	slices.Sort(work)
	hidden := 0
	for _, m := range b.queues["dead"] {
		if m.hidden {
			hidden++
		}
	}
	b.queues["work"] = nil
	return append(out, fmt.Sprintf("work queue: %s; dead-letter queue: %d, hidden %d", strings.Join(work, " "), len(b.queues["dead"]), hidden))
}

// TestScenarios plays the files in testdata. After each run stands what it came to, in lines that begin with ">".
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("find scenarios: %d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) != 1 {
				t.Fatalf("%d parts, %v", len(archive.Files), err)
			}
			b := &broker{queues: map[string][]*stored{}, fail: map[string]error{}, limit: 1 << 20}
			b.function = func(body string) string {
				if name(body) == "newer" {
					return "parse event: not known to this release"
				}
				return ""
			}
			var got []string
			shown := 0
			for line := range strings.Lines(string(archive.Files[0].Data)) {
				line = strings.TrimSpace(line)
				if strings.HasPrefix(line, ">") {
					continue
				}
				got = append(got, line)
				if line == "" || strings.HasPrefix(line, "#") {
					continue
				}
				for _, one := range b.do(t, line) {
					got = append(got, "> "+one)
					shown++
				}
			}
			if shown == 0 {
				t.Fatal("nothing was shown")
			}
			text := []byte(strings.Join(got, "\n") + "\n")
			if *update {
				archive.Files[0].Data = text
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(archive.Files[0].Data), string(text)); diff != "" {
				t.Errorf("came otherwise (-want +got):\n%s", diff)
			}
		})
	}
}
