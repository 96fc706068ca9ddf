package capture

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// wrapperVariable is the one variable whose value a check asks for, and so the only one that is written.
const wrapperVariable = "AWS_LAMBDA_EXEC_WRAPPER"

// regional is one Region of an export under way.
type regional struct {
	*writing
	client *lambda.Client
	region string
	names  []string
	// arns are by function, unqualified.
	arns map[string]string
	// aliases are by function.
	aliases map[string][]string
}

func (r *regional) run(ctx context.Context) error {
	r.Tell("functions in " + r.region)
	if err := r.functions(ctx); err != nil || r.names == nil {
		return err
	}
	r.aliases = map[string][]string{}
	for _, step := range []func(context.Context) error{r.mappings, r.providers, r.listAliases, r.invokeConfigs, r.urls, r.policies} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *regional) named(kind string) string { return kind + "-" + r.region + ".json" }

// lacks notes that a kind of file cannot be read here, so that none of the kind is written.
func (r *regional) lacks(kind string, why role.Reason) {
	r.lack(kind, r.region, kind+"*", why)
	r.partial = append(r.partial, kind)
}

// functions writes every version, with what only GetFunctionConfiguration and ListTags tell.
func (r *regional) functions(ctx context.Context) error {
	out := struct{ Functions []version }{[]version{}}
	pages := lambda.NewListFunctionsPaginator(r.client, &lambda.ListFunctionsInput{FunctionVersion: types.FunctionVersionAll})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if why, refused := awsaccount.RefusedFirst("lambda:ListFunctions", err); refused {
			r.lacks("functions", why)
			return nil
		}
		if err != nil {
			return fmt.Errorf("lambda:ListFunctions: %w", err)
		}
		for _, f := range page.Functions {
			out.Functions = append(out.Functions, version{FunctionConfiguration: f})
		}
	}
	r.names, r.arns = []string{}, map[string]string{}
	tags := map[string]map[string]string{}
	for i := range out.Functions {
		f := &out.Functions[i]
		name := aws.ToString(f.FunctionName)
		if _, known := tags[name]; !known {
			r.names = append(r.names, name)
			if arn, err := awsfacts.ParseFunctionARN(aws.ToString(f.FunctionArn)); err == nil {
				r.arns[name] = arn.Unqualified()
			}
			var err error
			if tags[name], err = r.tags(ctx, f.FunctionArn); err != nil {
				return err
			}
		}
		f.Tags = tags[name]
		if err := r.status(ctx, &f.FunctionConfiguration); err != nil {
			return err
		}
		if err := r.runtime(ctx, f); err != nil {
			return err
		}
		redact(&f.FunctionConfiguration)
	}
	return r.file(r.named("functions"), out)
}

// tags are a function's own, nil where they may not be read. ListTags takes the function's ARN without a version.
func (r *regional) tags(ctx context.Context, arn *string) (map[string]string, error) {
	resource := arn
	if f, err := awsfacts.ParseFunctionARN(aws.ToString(arn)); err == nil {
		resource = aws.String(f.Unqualified())
	}
	got, err := r.client.ListTags(ctx, &lambda.ListTagsInput{Resource: resource})
	why, refused := awsaccount.Refused("lambda:ListTags", err)
	var gone *types.ResourceNotFoundException
	switch {
	case err == nil && got.Tags != nil:
		return got.Tags, nil
	case err == nil || errors.As(err, &gone):
		return map[string]string{}, nil
	case refused:
		r.lack("tags", r.region, "Tags of functions", why)
		return nil, nil
	}
	return nil, fmt.Errorf("lambda:ListTags of %s: %w", aws.ToString(arn), err)
}

// status takes over what the list lacks.
func (r *regional) status(ctx context.Context, f *types.FunctionConfiguration) error {
	got, err := r.client.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: f.FunctionName, Qualifier: f.Version})
	why, refused := awsaccount.Refused("lambda:GetFunctionConfiguration", err)
	var gone *types.ResourceNotFoundException
	switch {
	case err == nil:
		f.State, f.StateReason, f.StateReasonCode = got.State, got.StateReason, got.StateReasonCode
		f.LastUpdateStatus, f.LastUpdateStatusReason, f.LastUpdateStatusReasonCode = got.LastUpdateStatus, got.LastUpdateStatusReason, got.LastUpdateStatusReasonCode
	case errors.As(err, &gone):
	case refused:
		r.lack("state", r.region, "State of functions", why)
	default:
		return fmt.Errorf("lambda:GetFunctionConfiguration of %s: %w", aws.ToString(f.FunctionName), err)
	}
	return nil
}

// redact leaves the values of variables out: that there are some is what a check asks.
func redact(f *types.FunctionConfiguration) {
	if f.Environment == nil {
		return
	}
	for name := range f.Environment.Variables {
		if name != wrapperVariable {
			f.Environment.Variables[name] = ""
		}
	}
}

func (r *regional) mappings(ctx context.Context) error {
	out := struct {
		EventSourceMappings []types.EventSourceMappingConfiguration
	}{[]types.EventSourceMappingConfiguration{}}
	pages := lambda.NewListEventSourceMappingsPaginator(r.client, &lambda.ListEventSourceMappingsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if why, refused := awsaccount.Refused("lambda:ListEventSourceMappings", err); refused {
			r.lacks("event-source-mappings", why)
			return nil
		}
		if err != nil {
			return fmt.Errorf("lambda:ListEventSourceMappings: %w", err)
		}
		out.EventSourceMappings = append(out.EventSourceMappings, page.EventSourceMappings...)
	}
	return r.file(r.named("event-source-mappings"), out)
}

// each calls for every function, and says whether the call may be made at all. A function that is gone meanwhile has
// nothing.
func (r *regional) each(call, kind string, one func(name string) error) (bool, error) {
	for _, name := range r.names {
		err := one(name)
		why, refused := awsaccount.Refused(call, err)
		var gone *types.ResourceNotFoundException
		switch {
		case err == nil || errors.As(err, &gone):
		case refused:
			r.lacks(kind, why)
			return false, nil
		default:
			return false, fmt.Errorf("%s of %s: %w", call, name, err)
		}
	}
	return true, nil
}

func (r *regional) listAliases(ctx context.Context) error {
	out := struct{ Aliases []types.AliasConfiguration }{[]types.AliasConfiguration{}}
	whole, err := r.each("lambda:ListAliases", "aliases", func(name string) error {
		pages := lambda.NewListAliasesPaginator(r.client, &lambda.ListAliasesInput{FunctionName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			out.Aliases = append(out.Aliases, page.Aliases...)
			for _, a := range page.Aliases {
				r.aliases[name] = append(r.aliases[name], aws.ToString(a.Name))
			}
		}
		return nil
	})
	if err != nil || !whole {
		return err
	}
	return r.file(r.named("aliases"), out)
}

func (r *regional) invokeConfigs(ctx context.Context) error {
	out := struct {
		FunctionEventInvokeConfigs []types.FunctionEventInvokeConfig
	}{[]types.FunctionEventInvokeConfig{}}
	whole, err := r.each("lambda:ListFunctionEventInvokeConfigs", "invoke-configs", func(name string) error {
		pages := lambda.NewListFunctionEventInvokeConfigsPaginator(r.client, &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			out.FunctionEventInvokeConfigs = append(out.FunctionEventInvokeConfigs, page.FunctionEventInvokeConfigs...)
		}
		return nil
	})
	if err != nil || !whole {
		return err
	}
	return r.file(r.named("invoke-configs"), out)
}

func (r *regional) urls(ctx context.Context) error {
	out := struct {
		FunctionUrlConfigs []types.FunctionUrlConfig
	}{[]types.FunctionUrlConfig{}}
	whole, err := r.each("lambda:ListFunctionUrlConfigs", "function-urls", func(name string) error {
		pages := lambda.NewListFunctionUrlConfigsPaginator(r.client, &lambda.ListFunctionUrlConfigsInput{FunctionName: &name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			out.FunctionUrlConfigs = append(out.FunctionUrlConfigs, page.FunctionUrlConfigs...)
		}
		return nil
	})
	if err != nil || !whole {
		return err
	}
	return r.file(r.named("function-urls"), out)
}

// policies writes the resource policies of functions and of their aliases. A folder says that a function without a file
// has none, so that it is written only whole.
func (r *regional) policies(ctx context.Context) error {
	type text struct{ Policy, RevisionId string }
	files := map[string]text{}
	for _, name := range r.names {
		for _, alias := range append([]string{""}, r.aliases[name]...) {
			got, err := awsaccount.ReadPolicy(ctx, r.client, r.arns[name], alias)
			switch {
			case err != nil:
				return err
			case got.Why.Given():
				r.lacks("function-policies", got.Why)
				return nil
			case got.Text != "":
				files[fileName(name, alias)] = text{got.Text, got.Revision}
			}
		}
	}
	folder := filepath.Join("function-policies", r.region)
	if err := r.folder(folder); err != nil {
		return err
	}
	for name, one := range files {
		if err := r.file(filepath.Join(folder, name), one); err != nil {
			return err
		}
	}
	return nil
}
