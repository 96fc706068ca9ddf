package awsself

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// Canary tags a function.
type Canary struct {
	Client *lambda.Client
	ARN    string
}

// Send writes the tag. It fails with role.ErrUnread where the call is denied or not supported.
func (c Canary) Send(ctx context.Context, value string) error {
	const call = "lambda:TagResource"
	_, err := c.Client.TagResource(ctx, &lambda.TagResourceInput{Resource: &c.ARN, Tags: map[string]string{selfcheck.CanaryTag: value}})
	if why, refused := refusal(call, err); refused {
		return &role.UnreadError{Why: why}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", call, err)
	}
	return nil
}
