package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/sqsqueue"
)

const (
	elsewhere = "eu-west-1"
	homeQueue = `{"Resources":{"Queue":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"work"}},"Dead":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"dead"}}},` +
		`"Outputs":{"QueueUrl":{"Value":{"Ref":"Queue"}},"DeadLetterUrl":{"Value":{"Ref":"Dead"}}}}`
	otherQueue = `{"Resources":{"Dead":{"Type":"AWS::SQS::Queue","Properties":{"QueueName":"dead"}}},"Outputs":{"DeadLetterUrl":{"Value":{"Ref":"Dead"}}}}`
	deadRecord = `{"eventVersion":"1.09","eventTime":"2026-03-02T09:00:00Z","eventSource":"iam.amazonaws.com","eventName":"DeleteRole","awsRegion":"us-east-1",` +
		`"userIdentity":{"type":"Root"},"requestParameters":{"roleName":"orders"},"recipientAccountId":"111122223333","eventID":"%s-%d"}`
)

// deadLetters is a stack with queues in two Regions of an emulator.
type deadLetters struct {
	t    *testing.T
	sqs  map[string]*sqs.Client
	work string
	dead map[string]string
}

func makeQueues(t *testing.T, endpoint string) *deadLetters {
	t.Helper()
	d := &deadLetters{t: t, sqs: map[string]*sqs.Client{}, dead: map[string]string{}}
	for region, stack := range map[string][2]string{awstest.Region: {deploy.StackName, homeQueue}, elsewhere: {deploy.RulesStackName(elsewhere), otherQueue}} {
		cfg := awstest.Config(t, endpoint)
		cfg.Region = region
		client := cloudformation.NewFromConfig(cfg)
		_, err := client.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &stack[0], TemplateBody: &stack[1]})
		d.check(err)
		d.sqs[region] = sqs.NewFromConfig(cfg)
		find := func(name string) string {
			var url string
			awstest.Eventually(t, func() bool {
				url, err = outputOf(t.Context(), cfg, region, stack[0], name, "nothing")
				return err == nil
			}, func() string { return err.Error() })
			return url
		}
		if d.dead[region] = find(deploy.DeadLettersOutput); region == awstest.Region {
			d.work = find(deploy.QueueOutput)
		}
	}
	return d
}

func (d *deadLetters) check(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// put puts letters as the function, EventBridge and SQS do.
func (d *deadLetters) put(region string) {
	d.t.Helper()
	own := sqsqueue.New(d.sqs[region], d.work, d.dead[region])
	d.check(own.DeadLetter(d.t.Context(), []byte("\x00cut"), map[string]string{deploy.ErrorAttribute: "malformed", deploy.ItemAttribute: "m1"}))
	for i, attributes := range []map[string]types.MessageAttributeValue{
		nil, {"ERROR_CODE": {DataType: aws.String("String"), StringValue: aws.String("NO_PERMISSIONS")}},
	} {
		_, err := d.sqs[region].SendMessage(d.t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(d.dead[region]), MessageBody: aws.String(fmt.Sprintf(deadRecord, region, i)), MessageAttributes: attributes})
		d.check(err)
	}
}

// drained are the bodies of a queue's visible messages, each once, which are deleted. A message whose sending was not answered is sent again.
func (d *deadLetters) drained(region, url string) (bodies []string) {
	d.t.Helper()
	for {
		out, err := d.sqs[region].ReceiveMessage(d.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		d.check(err)
		if len(out.Messages) == 0 {
			return bodies
		}
		for _, m := range out.Messages {
			if !slices.Contains(bodies, *m.Body) {
				bodies = append(bodies, *m.Body)
			}
			_, err := d.sqs[region].DeleteMessage(d.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle})
			d.check(err)
		}
	}
}

// TestDeadLettersAreRedriven finds the queues of stacks in two Regions, and sends what can be handled to the home Region's queue.
func TestDeadLettersAreRedriven(t *testing.T) {
	for name, start := range map[string]func(testing.TB, ...awstest.Option) string{"moto": awstest.Moto, "ministack": awstest.Ministack} {
		t.Run(name, func(t *testing.T) {
			endpoint := start(t)
			// The first answer with letters of each command is lost: the client repeats the call, and the letters are hidden.
			lose := false
			proxy := awstest.NewProxy(t, func(c awstest.Call) (awstest.Fate, func()) {
				if lose && c.Operation == "ReceiveMessage" {
					lose = false
					return awstest.Unanswered, nil
				}
				return awstest.Answered, nil
			})
			proxy.To(endpoint)
			talkTo(t, proxy.URL)
			d := makeQueues(t, endpoint)
			d.put(awstest.Region)
			d.put(elsewhere)
			out, errs, code := runLine(t, "redrive", "--dry-run", "--region", awstest.Region, "--region", elsewhere)
			if code != exitFound || strings.Count(out, "2 to be sent to the work queue\n") != 2 || len(d.drained(awstest.Region, d.work)) != 0 {
				t.Fatalf("exit code %d: %s%s", code, out, errs)
			}
			lose = true
			out, errs, code = runLine(t, "redrive", "--region", elsewhere)
			if lose {
				t.Error("no answer was lost")
			}
			want := elsewhere + `: 3 dead letters
  2 sent to the work queue
    1 EventBridge could not deliver it: NO_PERMISSIONS
    1 the function failed to handle it in 10 deliveries
  1 left in the dead-letter queue
    1 parse event: not valid JSON: invalid character '\x00' at start of value (line 1, byte 0)
`
			if code != exitFound || out != want {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
			if got := d.drained(elsewhere, d.dead[elsewhere]); len(got) != 1 {
				t.Errorf("left and visible: %q", got)
			}
			out, errs, code = runLine(t, "redrive", "--queue", d.work, "--dead-letters", d.dead[awstest.Region], "--format", "json")
			if code != exitFound || !strings.Contains(out, `"sent":[{"why":"EventBridge`) || !strings.Contains(out, `"left":[{"why":"parse`) {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
			if got := d.drained(awstest.Region, d.work); len(got) != 4 || got[0] != fmt.Sprintf(deadRecord, elsewhere, 0) && got[0] != fmt.Sprintf(deadRecord, elsewhere, 1) {
				t.Errorf("the work queue has %q", got)
			}
			d.drained(awstest.Region, d.dead[awstest.Region])
			if out, errs, code = runLine(t, "redrive"); code != exitDone || out != awstest.Region+": 0 dead letters\n" {
				t.Errorf("an empty queue: exit code %d: %s%s", code, out, errs)
			}
			if _, errs, code = runLine(t, "redrive", "--region", "ap-south-1"); code != exitError || !strings.Contains(errs, "rolewatch-rules-ap-south-1") || !strings.Contains(errs, "--dead-letters") {
				t.Errorf("a Region without a stack: exit code %d: %s", code, errs)
			}
		})
	}
}

func TestRedriveRefusesWhatCannotBeMeant(t *testing.T) {
	for _, args := range [][]string{
		{"redrive", "all"}, {"redrive", "--home", "here"}, {"redrive", "--region", "here"}, {"redrive", "--queue", "work"}, {"redrive", "--dead-letters", "dead"},
		{"redrive", "--dead-letters", "https://sqs.us-east-1.amazonaws.com/1/dead", "--region", "us-east-1", "--region", "us-west-2"},
	} {
		if _, errs, code := runLine(t, args...); code != exitUsage {
			t.Errorf("%q: exit code %d: %s", args, code, errs)
		}
	}
}

func TestAQueueIsAskedInItsOwnRegion(t *testing.T) {
	for queue, want := range map[string]string{
		"https://sqs.eu-west-1.amazonaws.com/111122223333/dead": "eu-west-1", "https://sqs.cn-north-1.amazonaws.com.cn/111122223333/dead": "cn-north-1",
		"http://localhost:4566/000000000000/dead": "us-east-1", "": "us-east-1",
	} {
		if got := sqsIn(aws.Config{}, queue, "us-east-1").Options().Region; got != want {
			t.Errorf("%s: %s, want %s", queue, got, want)
		}
	}
}
