package awsaccount_test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// fakeLambda is one Region that gives one thing a page.
type fakeLambda struct {
	counting
	configs []lambdatypes.FunctionConfiguration
	aliases []lambdatypes.AliasConfiguration
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
	page, _, next := onePage(f.aliases, in.Marker)
	return &lambda.ListAliasesOutput{Aliases: page, NextMarker: next}, nil
}
