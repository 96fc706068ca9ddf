package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/rolewatch/rolewatch/function/internal/awsself"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
	"github.com/rolewatch/rolewatch/function/internal/snstopic"
	"github.com/rolewatch/rolewatch/function/settings"
)

// pollEvery is how often the table is asked whether the record of a canary has arrived.
const pollEvery = 2 * time.Second

// sendCanary tags the function, and waits until the function has noted the record.
func (d *deployment) sendCanary(ctx context.Context, facts *selfcheck.Facts) (selfcheck.Result, error) {
	fn, known := facts.Function.Get()
	switch {
	case !known:
		return selfcheck.Result{}, fmt.Errorf("send a canary: the function is not known: %s", facts.Function.Why())
	case d.store == nil:
		return selfcheck.Result{}, fmt.Errorf("send a canary: %s", d.noStore)
	}
	sent := d.now().UTC().Truncate(time.Millisecond)
	fmt.Fprintf(d.err, "rolewatch: tagging the function %s with %s, and waiting for the record, %s at most\n", fn.Name, selfcheck.CanaryTag, d.flags.wait)
	err := awsself.Canary{Client: lambda.NewFromConfig(d.cfg), ARN: fn.ARN}.Send(ctx, sent.Format(time.RFC3339Nano))
	if err != nil {
		return selfcheck.Result{}, fmt.Errorf("send a canary: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, d.flags.wait)
	defer cancel()
	for {
		marks, err := d.store.Marks(waiting, d.account)
		if err == nil && !marks[selfcheck.MarkCanarySent].Before(sent) {
			return selfcheck.Arrived(marks[selfcheck.MarkCanaryArrived].Sub(sent)), nil
		}
		if err != nil && waiting.Err() == nil {
			return selfcheck.Result{}, fmt.Errorf("wait for the canary: %w", err)
		}
		select {
		case <-waiting.Done():
			if ctx.Err() != nil {
				return selfcheck.Result{}, fmt.Errorf("wait for the canary: %w", ctx.Err())
			}
			return facts.Lost(sent, d.flags.wait), nil
		case <-time.After(pollEvery):
		}
	}
}

// sendTest publishes a message to each topic of the stack.
func (d *deployment) sendTest(ctx context.Context, facts *selfcheck.Facts) []selfcheck.Result {
	fmt.Fprintf(d.err, "rolewatch: publishing a test message to %d topics\n", len(facts.Topics))
	client := sns.NewFromConfig(d.cfg)
	now := d.now()
	rendered := message.Operations(message.Notice{
		Account: d.account, Region: facts.Home, Subject: "Test: messages of rolewatch arrive",
		Text: "This is a test that rolewatch doctor sent at " + now.UTC().Format(time.DateTime) + " UTC. No action is necessary.",
	}, settings.Channels())
	rendered.Attributes["test"] = []string{"true"}
	var channels []snstopic.ChannelTopic
	for _, c := range settings.Channels() {
		channels = append(channels, snstopic.ChannelTopic{Channel: c})
	}
	var out []selfcheck.Result
	for _, t := range facts.Topics {
		topic := snstopic.New(client, snstopic.Topics{Operations: t.ARN, Channels: channels})
		err := topic.Publish(ctx, message.Outgoing{ID: "test", Kind: message.KindOperations, Rendered: &rendered, Created: now})
		out = append(out, facts.Sent(t, errors.Unwrap(err)))
	}
	return out
}
