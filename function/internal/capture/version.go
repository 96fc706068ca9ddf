package capture

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// version is an entry of list-functions, with its function's tags where they were read.
type version struct {
	types.FunctionConfiguration
	Tags map[string]string `json:",omitzero"`
	// RuntimeManagementConfig is there where it was read: of a version with a customer-managed runtime.
	RuntimeManagementConfig *runtimeManagement `json:",omitzero"`
}

// runtimeManagement is the answer of GetRuntimeManagementConfig, less the function's ARN.
type runtimeManagement struct {
	UpdateRuntimeOn   types.UpdateRuntimeOn
	RuntimeVersionArn *string `json:",omitzero"`
}

// runtime takes over when Lambda updates a customer-managed runtime.
func (r *regional) runtime(ctx context.Context, f *version) error {
	const call = "lambda:GetRuntimeManagementConfig"
	if f.RuntimeConfig == nil {
		return nil
	}
	got, err := r.client.GetRuntimeManagementConfig(ctx, &lambda.GetRuntimeManagementConfigInput{FunctionName: f.FunctionName, Qualifier: f.Version})
	why, refused := awsaccount.Refused(call, err)
	var gone *types.ResourceNotFoundException
	switch {
	case err == nil:
		f.RuntimeManagementConfig = &runtimeManagement{got.UpdateRuntimeOn, got.RuntimeVersionArn}
	case errors.As(err, &gone):
	case refused:
		r.lack("runtime-management", r.region, "Runtime management of functions", why)
	default:
		return fmt.Errorf("%s of %s: %w", call, aws.ToString(f.FunctionName), err)
	}
	return nil
}
