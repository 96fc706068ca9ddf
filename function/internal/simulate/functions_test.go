package simulate

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// lambdaClient is the client of Lambda for an account in its one Region. Each role has one function, of the same name, and nothing is configured
// beside them.
type lambdaClient struct {
	*account
	region string
}

func (c lambdaClient) config(name string) types.FunctionConfiguration {
	arn := "arn:aws:lambda:" + c.region + ":" + c.id + ":function:" + name
	return types.FunctionConfiguration{
		FunctionName: aws.String(name), FunctionArn: aws.String(arn + ":$LATEST"), Version: aws.String("$LATEST"), Role: aws.String(c.arn(name)),
		Runtime: types.RuntimePython313, Handler: aws.String("app.handler"), State: types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful,
		PackageType: types.PackageTypeZip, Architectures: []types.Architecture{types.ArchitectureArm64},
	}
}

func (c lambdaClient) ListFunctions(ctx context.Context, _ *lambda.ListFunctionsInput, _ ...func(*lambda.Options)) (*lambda.ListFunctionsOutput, error) {
	if err := c.calls.lambda(ctx, c.account); err != nil {
		return nil, err
	}
	out := &lambda.ListFunctionsOutput{}
	for _, r := range c.all() {
		out.Functions = append(out.Functions, c.config(r.name))
	}
	return out, nil
}

// nameOf is the name of a function that is given by its name or ARN.
func nameOf(function *string) string {
	parts := strings.Split(aws.ToString(function), ":")
	if len(parts) >= 7 {
		return parts[6]
	}
	return parts[0]
}

func (c lambdaClient) ListVersionsByFunction(ctx context.Context, in *lambda.ListVersionsByFunctionInput, _ ...func(*lambda.Options)) (*lambda.ListVersionsByFunctionOutput, error) {
	if err := c.calls.lambda(ctx, c.account); err != nil {
		return nil, err
	}
	return &lambda.ListVersionsByFunctionOutput{Versions: []types.FunctionConfiguration{c.config(nameOf(in.FunctionName))}}, nil
}

func (c lambdaClient) GetFunctionConfiguration(ctx context.Context, in *lambda.GetFunctionConfigurationInput, _ ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error) {
	if err := c.calls.lambda(ctx, c.account); err != nil {
		return nil, err
	}
	f := c.config(nameOf(in.FunctionName))
	return &lambda.GetFunctionConfigurationOutput{
		FunctionName: f.FunctionName, FunctionArn: f.FunctionArn, Version: f.Version, Role: f.Role, Runtime: f.Runtime, State: f.State, LastUpdateStatus: f.LastUpdateStatus,
	}, nil
}

func (c lambdaClient) ListAliases(ctx context.Context, _ *lambda.ListAliasesInput, _ ...func(*lambda.Options)) (*lambda.ListAliasesOutput, error) {
	return &lambda.ListAliasesOutput{}, c.calls.lambda(ctx, c.account)
}

func (c lambdaClient) ListEventSourceMappings(ctx context.Context, _ *lambda.ListEventSourceMappingsInput, _ ...func(*lambda.Options)) (*lambda.ListEventSourceMappingsOutput, error) {
	return &lambda.ListEventSourceMappingsOutput{}, c.calls.lambda(ctx, c.account)
}

func (c lambdaClient) ListCapacityProviders(ctx context.Context, _ *lambda.ListCapacityProvidersInput, _ ...func(*lambda.Options)) (*lambda.ListCapacityProvidersOutput, error) {
	return &lambda.ListCapacityProvidersOutput{}, c.calls.lambda(ctx, c.account)
}

func (c lambdaClient) ListFunctionEventInvokeConfigs(ctx context.Context, _ *lambda.ListFunctionEventInvokeConfigsInput, _ ...func(*lambda.Options)) (*lambda.ListFunctionEventInvokeConfigsOutput, error) {
	return &lambda.ListFunctionEventInvokeConfigsOutput{}, c.calls.lambda(ctx, c.account)
}

func (c lambdaClient) ListFunctionUrlConfigs(ctx context.Context, _ *lambda.ListFunctionUrlConfigsInput, _ ...func(*lambda.Options)) (*lambda.ListFunctionUrlConfigsOutput, error) {
	return &lambda.ListFunctionUrlConfigsOutput{}, c.calls.lambda(ctx, c.account)
}

func (c lambdaClient) GetRuntimeManagementConfig(ctx context.Context, _ *lambda.GetRuntimeManagementConfigInput, _ ...func(*lambda.Options)) (*lambda.GetRuntimeManagementConfigOutput, error) {
	return &lambda.GetRuntimeManagementConfigOutput{UpdateRuntimeOn: types.UpdateRuntimeOnAuto}, c.calls.lambda(ctx, c.account)
}

func (c lambdaClient) ListTags(ctx context.Context, _ *lambda.ListTagsInput, _ ...func(*lambda.Options)) (*lambda.ListTagsOutput, error) {
	return &lambda.ListTagsOutput{}, c.calls.lambda(ctx, c.account)
}

func (c lambdaClient) GetEventSourceMapping(ctx context.Context, _ *lambda.GetEventSourceMappingInput, _ ...func(*lambda.Options)) (*lambda.GetEventSourceMappingOutput, error) {
	if err := c.calls.lambda(ctx, c.account); err != nil {
		return nil, err
	}
	return nil, &types.ResourceNotFoundException{}
}

func (c lambdaClient) GetPolicy(ctx context.Context, _ *lambda.GetPolicyInput, _ ...func(*lambda.Options)) (*lambda.GetPolicyOutput, error) {
	if err := c.calls.lambda(ctx, c.account); err != nil {
		return nil, err
	}
	return nil, &types.ResourceNotFoundException{}
}

func (c lambdaClient) GetResourcePolicy(ctx context.Context, _ *lambda.GetResourcePolicyInput, _ ...func(*lambda.Options)) (*lambda.GetResourcePolicyOutput, error) {
	if err := c.calls.lambda(ctx, c.account); err != nil {
		return nil, err
	}
	return nil, &types.ResourceNotFoundException{}
}
