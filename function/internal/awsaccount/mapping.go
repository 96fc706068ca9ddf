package awsaccount

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
)

// MappingFunction gives the ARN of the function that an event source mapping of a Region invokes, unqualified; empty when there
// is no such mapping. It fails with role.ErrUnread when it may not read the mapping.
func (a *Account) MappingFunction(ctx context.Context, region, id string) (string, error) {
	client, err := a.lambda(region)
	if err != nil {
		return "", fmt.Errorf("read event source mapping %s: %w", id, err)
	}
	out, err := client.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: aws.String(id)})
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", failed("lambda:GetEventSourceMapping", err)
	}
	f, err := awsfacts.ParseFunctionARN(aws.ToString(out.FunctionArn))
	if err != nil {
		return "", fmt.Errorf("read event source mapping %s: %w", id, err)
	}
	return f.Unqualified(), nil
}
