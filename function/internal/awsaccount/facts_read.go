package awsaccount

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// unreadable is what a call that failed leaves: unknown when it was refused, nothing when the function is gone meanwhile.
func unreadable[T any](call, name string, err error) (role.Maybe[[]T], error) {
	if missing(err) {
		return role.Have([]T(nil)), nil
	}
	if why, refused := Refused(call, err); refused {
		return role.NotRead[[]T](why), nil
	}
	return role.Maybe[[]T]{}, fmt.Errorf("%s of %s: %w", call, name, err)
}

func readDestinations(ctx context.Context, client lambdaAPI, name string) (role.Maybe[[]role.Destinations], error) {
	var out []role.Destinations
	pages := lambda.NewListFunctionEventInvokeConfigsPaginator(client, &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unreadable[role.Destinations]("lambda:ListFunctionEventInvokeConfigs", name, err)
		}
		for _, c := range page.FunctionEventInvokeConfigs {
			arn, _ := awsfacts.ParseFunctionARN(aws.ToString(c.FunctionArn))
			d := role.Destinations{Qualifier: arn.Qualifier}
			if to := c.DestinationConfig; to != nil {
				if to.OnSuccess != nil {
					d.Success = aws.ToString(to.OnSuccess.Destination)
				}
				if to.OnFailure != nil {
					d.Failure = aws.ToString(to.OnFailure.Destination)
				}
			}
			out = append(out, d)
		}
	}
	return role.Have(out), nil
}

func readURLs(ctx context.Context, client lambdaAPI, name string) (role.Maybe[[]role.URL], error) {
	var out []role.URL
	pages := lambda.NewListFunctionUrlConfigsPaginator(client, &lambda.ListFunctionUrlConfigsInput{FunctionName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return unreadable[role.URL]("lambda:ListFunctionUrlConfigs", name, err)
		}
		for _, u := range page.FunctionUrlConfigs {
			arn, _ := awsfacts.ParseFunctionARN(aws.ToString(u.FunctionArn))
			out = append(out, role.URL{Qualifier: arn.Qualifier, Auth: string(u.AuthType), URL: aws.ToString(u.FunctionUrl)})
		}
	}
	return role.Have(out), nil
}

// readStatus reads what the lists of versions lack; a version that is gone meanwhile has none.
func readStatus(ctx context.Context, client lambdaAPI, f *role.Function) error {
	in := &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(f.Name())}
	if published(*f) {
		in.Qualifier = aws.String(f.Version)
	}
	out, err := client.GetFunctionConfiguration(ctx, in)
	why, refused := Refused("lambda:GetFunctionConfiguration", err)
	switch {
	case refused:
		f.Config.Status = role.NotRead[role.Status](why)
		return nil
	case missing(err):
		f.Config.Status = role.None[role.Status]()
		return nil
	case err != nil:
		return fmt.Errorf("lambda:GetFunctionConfiguration of %s: %w", f.QualifiedARN(), err)
	}
	f.Config.Status = role.Have(role.Status{
		State: string(out.State), StateReason: aws.ToString(out.StateReason), StateReasonCode: string(out.StateReasonCode),
		Update: string(out.LastUpdateStatus), UpdateReason: aws.ToString(out.LastUpdateStatusReason), UpdateReasonCode: string(out.LastUpdateStatusReasonCode),
	})
	return nil
}

// readRuntimeUpdates reads of a version with a customer-managed runtime when Lambda updates it; a version that is gone meanwhile
// has none.
func (a *Account) readRuntimeUpdates(ctx context.Context, client lambdaAPI, f *role.Function) error {
	const call = "lambda:GetRuntimeManagementConfig"
	if !a.opts.Facts.RuntimeUpdates || f.Config.Runtime.State() != role.Known {
		return nil
	}
	in := &lambda.GetRuntimeManagementConfigInput{FunctionName: aws.String(f.Name())}
	if published(*f) {
		in.Qualifier = aws.String(f.Version)
	}
	out, err := client.GetRuntimeManagementConfig(ctx, in)
	why, refused := Refused(call, err)
	switch {
	case refused:
		f.Config.RuntimeUpdates = role.NotRead[role.RuntimeUpdates](why)
		return nil
	case missing(err):
		f.Config.RuntimeUpdates = role.None[role.RuntimeUpdates]()
		return nil
	case err != nil:
		return fmt.Errorf("%s of %s: %w", call, f.QualifiedARN(), err)
	}
	f.Config.RuntimeUpdates = role.Have(role.RuntimeUpdates{On: string(out.UpdateRuntimeOn), Version: aws.ToString(out.RuntimeVersionArn)})
	return nil
}

// readTags reads a function's tags, which its versions share.
func readTags(ctx context.Context, client lambdaAPI, arn string) (role.Maybe[map[string]string], error) {
	out, err := client.ListTags(ctx, &lambda.ListTagsInput{Resource: aws.String(arn)})
	why, refused := Refused("lambda:ListTags", err)
	switch {
	case refused:
		return role.NotRead[map[string]string](why), nil
	case missing(err):
		return role.Have(map[string]string{}), nil
	case err != nil:
		return role.Maybe[map[string]string]{}, fmt.Errorf("lambda:ListTags of %s: %w", arn, err)
	}
	tags := map[string]string{}
	for key, value := range out.Tags {
		tags[key] = value
	}
	return role.Have(tags), nil
}
