package awsself

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// configuration reads how a function of the home Region is configured.
func (r *run) configuration(ctx context.Context, name string) role.Maybe[*lambda.GetFunctionConfigurationOutput] {
	client := lambda.NewFromConfig(r.cfg, func(o *lambda.Options) { o.Region = r.Home })
	return called(r, "lambda:GetFunctionConfiguration", r.Home, func() (*lambda.GetFunctionConfigurationOutput, error) {
		return client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &name})
	})
}

func (r *run) function(ctx context.Context, home selfcheck.Stack) role.Maybe[selfcheck.Function] {
	name, ok := home.Find(deploy.FunctionID, typeFunction)
	if !ok {
		return unfound[selfcheck.Function](home)
	}
	got := r.configuration(ctx, name)
	out, known := got.Get()
	if !known {
		return failed[selfcheck.Function](got)
	}
	why := aws.ToString(out.StateReason)
	if why == "" {
		why = aws.ToString(out.LastUpdateStatusReason)
	}
	return role.Have(selfcheck.Function{
		Name: name, ARN: aws.ToString(out.FunctionArn), State: string(out.State), LastUpdate: string(out.LastUpdateStatus), Why: why,
		Role: aws.ToString(out.Role),
	})
}

func (r *run) recursion(ctx context.Context, home selfcheck.Stack) role.Maybe[string] {
	name, ok := home.Find(deploy.FunctionID, typeFunction)
	if !ok {
		return unfound[string](home)
	}
	client := lambda.NewFromConfig(r.cfg, func(o *lambda.Options) { o.Region = r.Home })
	got := called(r, "lambda:GetFunctionRecursionConfig", r.Home, func() (*lambda.GetFunctionRecursionConfigOutput, error) {
		return client.GetFunctionRecursionConfig(ctx, &lambda.GetFunctionRecursionConfigInput{FunctionName: &name})
	})
	out, known := got.Get()
	if !known {
		return failed[string](got)
	}
	return role.Have(string(out.RecursiveLoop))
}

// Environment gives the variables of the function's environment; absent where the stack does not exist.
func (r *Reader) Environment(ctx context.Context) role.Maybe[map[string]string] {
	now := &run{Reader: r, facts: &selfcheck.Facts{}, limit: make(chan struct{}, most)}
	home := selfcheck.Stack{Name: r.Stack, Region: r.Home, Resources: now.resources(ctx, r.Stack, r.Home)}
	if home.Resources.State() == role.Absent {
		return role.None[map[string]string]()
	}
	name, ok := home.Find(deploy.FunctionID, typeFunction)
	if !ok {
		return unfound[map[string]string](home)
	}
	got := now.configuration(ctx, name)
	out, known := got.Get()
	switch {
	case got.State() == role.Absent:
		return role.NotRead[map[string]string](role.Because("the function " + name + " does not exist"))
	case !known:
		return role.NotRead[map[string]string](role.Because(got.Why()))
	case out.Environment == nil:
		return role.NotRead[map[string]string](role.Because("the function " + name + " has no environment, or the key that encrypts it may not be used"))
	}
	return role.Have(out.Environment.Variables)
}

func (r *run) mapping(ctx context.Context, home selfcheck.Stack, logical string) role.Maybe[selfcheck.Mapping] {
	id, ok := home.Find(logical, typeMapping)
	if !ok {
		return unfound[selfcheck.Mapping](home)
	}
	client := lambda.NewFromConfig(r.cfg, func(o *lambda.Options) { o.Region = r.Home })
	got := called(r, "lambda:GetEventSourceMapping", r.Home, func() (*lambda.GetEventSourceMappingOutput, error) {
		return client.GetEventSourceMapping(ctx, &lambda.GetEventSourceMappingInput{UUID: &id})
	})
	out, known := got.Get()
	if !known {
		return failed[selfcheck.Mapping](got)
	}
	return role.Have(selfcheck.Mapping{ID: id, State: aws.ToString(out.State), Why: aws.ToString(out.StateTransitionReason)})
}
