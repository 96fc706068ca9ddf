// Package eventbus sends the signals of the command function to EventBridge's default bus, where a rule puts them into the queue.
package eventbus

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// api is what is needed of EventBridge's client.
type api interface {
	PutEvents(context.Context, *eventbridge.PutEventsInput, ...func(*eventbridge.Options)) (*eventbridge.PutEventsOutput, error)
}

// Bus is the default bus of a Region. It is safe for concurrent use.
type Bus struct{ client api }

// New is the default bus of the Region of a client.
func New(client api) *Bus { return &Bus{client: client} }

// Recheck asks that a role, by its ARN, is read again.
func (b *Bus) Recheck(ctx context.Context, role string) error {
	detail, err := json.Marshal(deploy.Command{Role: role}, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("ask for %s to be read again: %w", role, err)
	}
	out, err := b.client.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		Source: aws.String(deploy.CommandSource), DetailType: aws.String(deploy.CommandType), Detail: aws.String(string(detail)),
	}}})
	if err != nil {
		return fmt.Errorf("ask for %s to be read again: %w", role, err)
	}
	for _, e := range out.Entries {
		if e.ErrorCode != nil {
			return fmt.Errorf("ask for %s to be read again: %s: %s", role, *e.ErrorCode, aws.ToString(e.ErrorMessage))
		}
	}
	return nil
}
