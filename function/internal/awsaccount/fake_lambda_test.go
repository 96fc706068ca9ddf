package awsaccount_test

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
)

// fakeLambda is one Region that gives one thing a page.
type fakeLambda struct {
	counting
	configs []lambdatypes.FunctionConfiguration
	aliases []lambdatypes.AliasConfiguration
	// mappings, invokes, urls and policies (by qualifier) are what is configured beside the functions.
	mappings []lambdatypes.EventSourceMappingConfiguration
	invokes  []lambdatypes.FunctionEventInvokeConfig
	urls     []lambdatypes.FunctionUrlConfig
	policies map[string]string
	// whole are the policies that GetResourcePolicy gives where they are others; nil where they are the same.
	whole map[string]string
	// updates are the runtime management configurations, by version.
	updates map[string]lambda.GetRuntimeManagementConfigOutput
	// providers are the capacity providers.
	providers []lambdatypes.CapacityProvider
	// wide lists the mappings of a function's every qualifier to who asks for the unqualified name; else a name stands for
	// itself alone.
	wide bool
	// mixed lists replicas among the others.
	mixed bool
}

func (f *fakeLambda) ListFunctions(_ context.Context, in *lambda.ListFunctionsInput, _ ...func(*lambda.Options)) (*lambda.ListFunctionsOutput, error) {
	if err := f.call("lambda:ListFunctions"); err != nil {
		return nil, err
	}
	if in.FunctionVersion != lambdatypes.FunctionVersionAll {
		return nil, apiError("InvalidParameterValueException")
	}
	// As AWS does, replicas are listed only to who asks for those of a master's Region.
	var all []lambdatypes.FunctionConfiguration
	for _, c := range f.configs {
		if (c.MasterArn != nil) == (in.MasterRegion != nil) || f.mixed {
			all = append(all, c)
		}
	}
	page, _, next := onePage(all, in.Marker)
	return &lambda.ListFunctionsOutput{Functions: page, NextMarker: next}, nil
}

func (f *fakeLambda) ListVersionsByFunction(_ context.Context, in *lambda.ListVersionsByFunctionInput, _ ...func(*lambda.Options)) (*lambda.ListVersionsByFunctionOutput, error) {
	if err := f.call("lambda:ListVersionsByFunction"); err != nil {
		return nil, err
	}
	var all []lambdatypes.FunctionConfiguration
	for _, c := range f.configs {
		if *c.FunctionName == *in.FunctionName {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, &lambdatypes.ResourceNotFoundException{}
	}
	page, _, next := onePage(all, in.Marker)
	return &lambda.ListVersionsByFunctionOutput{Versions: page, NextMarker: next}, nil
}

func (f *fakeLambda) ListAliases(_ context.Context, in *lambda.ListAliasesInput, _ ...func(*lambda.Options)) (*lambda.ListAliasesOutput, error) {
	if err := f.call("lambda:ListAliases"); err != nil {
		return nil, err
	}
	var all []lambdatypes.AliasConfiguration
	for _, a := range f.aliases {
		if a.AliasArn == nil || strings.HasPrefix(*a.AliasArn, functionARN+*in.FunctionName+":") {
			all = append(all, a)
		}
	}
	page, _, next := onePage(all, in.Marker)
	return &lambda.ListAliasesOutput{Aliases: page, NextMarker: next}, nil
}

func (f *fakeLambda) ListEventSourceMappings(_ context.Context, in *lambda.ListEventSourceMappingsInput, _ ...func(*lambda.Options)) (*lambda.ListEventSourceMappingsOutput, error) {
	if err := f.call("lambda:ListEventSourceMappings"); err != nil {
		return nil, err
	}
	var all []lambdatypes.EventSourceMappingConfiguration
	for _, m := range f.mappings {
		_, name, _ := strings.Cut(*m.FunctionArn, ":function:")
		unqualified, _, _ := strings.Cut(name, ":")
		if in.FunctionName == nil || *in.FunctionName == name || f.wide && *in.FunctionName == unqualified {
			all = append(all, m)
		}
	}
	page, _, next := onePage(all, in.Marker)
	return &lambda.ListEventSourceMappingsOutput{EventSourceMappings: page, NextMarker: next}, nil
}

func (f *fakeLambda) GetEventSourceMapping(_ context.Context, in *lambda.GetEventSourceMappingInput, _ ...func(*lambda.Options)) (*lambda.GetEventSourceMappingOutput, error) {
	if err := f.call("lambda:GetEventSourceMapping"); err != nil {
		return nil, err
	}
	for _, m := range f.mappings {
		if *m.UUID == *in.UUID {
			return &lambda.GetEventSourceMappingOutput{UUID: m.UUID, FunctionArn: m.FunctionArn, EventSourceArn: m.EventSourceArn}, nil
		}
	}
	return nil, &lambdatypes.ResourceNotFoundException{}
}

func (f *fakeLambda) ListFunctionEventInvokeConfigs(_ context.Context, in *lambda.ListFunctionEventInvokeConfigsInput, _ ...func(*lambda.Options)) (*lambda.ListFunctionEventInvokeConfigsOutput, error) {
	if err := f.call("lambda:ListFunctionEventInvokeConfigs"); err != nil {
		return nil, err
	}
	page, _, next := onePage(f.invokes, in.Marker)
	return &lambda.ListFunctionEventInvokeConfigsOutput{FunctionEventInvokeConfigs: page, NextMarker: next}, nil
}

func (f *fakeLambda) ListCapacityProviders(_ context.Context, in *lambda.ListCapacityProvidersInput, _ ...func(*lambda.Options)) (*lambda.ListCapacityProvidersOutput, error) {
	if err := f.call("lambda:ListCapacityProviders"); err != nil {
		return nil, err
	}
	page, _, next := onePage(f.providers, in.Marker)
	return &lambda.ListCapacityProvidersOutput{CapacityProviders: page, NextMarker: next}, nil
}

func (f *fakeLambda) GetRuntimeManagementConfig(_ context.Context, in *lambda.GetRuntimeManagementConfigInput, _ ...func(*lambda.Options)) (*lambda.GetRuntimeManagementConfigOutput, error) {
	if err := f.call("lambda:GetRuntimeManagementConfig"); err != nil {
		return nil, err
	}
	version := awsfacts.LatestVersion
	if in.Qualifier != nil {
		version = *in.Qualifier
	}
	out, ok := f.updates[version]
	if !ok {
		return nil, &lambdatypes.ResourceNotFoundException{}
	}
	return &out, nil
}

func (f *fakeLambda) ListFunctionUrlConfigs(_ context.Context, in *lambda.ListFunctionUrlConfigsInput, _ ...func(*lambda.Options)) (*lambda.ListFunctionUrlConfigsOutput, error) {
	if err := f.call("lambda:ListFunctionUrlConfigs"); err != nil {
		return nil, err
	}
	page, _, next := onePage(f.urls, in.Marker)
	return &lambda.ListFunctionUrlConfigsOutput{FunctionUrlConfigs: page, NextMarker: next}, nil
}

func (f *fakeLambda) GetPolicy(_ context.Context, in *lambda.GetPolicyInput, _ ...func(*lambda.Options)) (*lambda.GetPolicyOutput, error) {
	if err := f.call("lambda:GetPolicy"); err != nil {
		return nil, err
	}
	text, ok := f.policies[aws.ToString(in.Qualifier)]
	if !ok {
		return nil, &lambdatypes.ResourceNotFoundException{}
	}
	return &lambda.GetPolicyOutput{Policy: &text}, nil
}

// GetResourcePolicy gives the same policies as GetPolicy, but for those of whole.
func (f *fakeLambda) GetResourcePolicy(_ context.Context, in *lambda.GetResourcePolicyInput, _ ...func(*lambda.Options)) (*lambda.GetResourcePolicyOutput, error) {
	if err := f.call("lambda:GetResourcePolicy"); err != nil {
		return nil, err
	}
	arn, err := awsfacts.ParseFunctionARN(aws.ToString(in.ResourceArn))
	if err != nil {
		return nil, apiError("ValidationException")
	}
	text, ok := f.policies[arn.Qualifier]
	if f.whole != nil {
		text, ok = f.whole[arn.Qualifier]
	}
	if !ok {
		return nil, &lambdatypes.ResourceNotFoundException{}
	}
	return &lambda.GetResourcePolicyOutput{Policy: &text}, nil
}

func (f *fakeLambda) GetFunctionConfiguration(_ context.Context, in *lambda.GetFunctionConfigurationInput, _ ...func(*lambda.Options)) (*lambda.GetFunctionConfigurationOutput, error) {
	if err := f.call("lambda:GetFunctionConfiguration"); err != nil {
		return nil, err
	}
	for _, c := range f.configs {
		if *c.FunctionName == *in.FunctionName && (in.Qualifier == nil || aws.ToString(c.Version) == *in.Qualifier) {
			return &lambda.GetFunctionConfigurationOutput{State: lambdatypes.StateFailed, StateReasonCode: lambdatypes.StateReasonCodeInsufficientRolePermissions}, nil
		}
	}
	return nil, &lambdatypes.ResourceNotFoundException{}
}

func (f *fakeLambda) ListTags(context.Context, *lambda.ListTagsInput, ...func(*lambda.Options)) (*lambda.ListTagsOutput, error) {
	if err := f.call("lambda:ListTags"); err != nil {
		return nil, err
	}
	return &lambda.ListTagsOutput{Tags: map[string]string{"team": "shop"}}, nil
}
