package awsaccount

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Facts are what is read of a function beside its versions, each with calls of its own.
type Facts struct {
	// Status is Lambda's own word on a version (lambda:GetFunctionConfiguration for each version). GetFunction would tell it
	// at a higher rate, and give whoever may call it the code of every function.
	Status bool
	// Tags are a function's tags (lambda:ListTags for each function).
	Tags bool
	// Sources are event source mappings (lambda:ListEventSourceMappings, for one function or for a Region).
	Sources bool
	// Destinations are those of asynchronous invocation (lambda:ListFunctionEventInvokeConfigs for each function).
	Destinations bool
	// Policies are resource policies (lambda:GetPolicy for each function, and each of its aliases).
	Policies bool
	// URLs are function URLs (lambda:ListFunctionUrlConfigs for each function).
	URLs bool
}

// AllFacts is everything.
var AllFacts = Facts{true, true, true, true, true, true}

// needed says which checks judge a fact.
var needed = []struct {
	fact   func(*Facts) *bool
	checks []string
}{
	{func(f *Facts) *bool { return &f.Status }, []string{"RW220"}},
	{func(f *Facts) *bool { return &f.Sources }, []string{
		"RW206", "RW207", "RW208", "RW209", "RW210", "RW211", "RW212", "RW213", "RW221", "RW222", "RW223",
	}},
	{func(f *Facts) *bool { return &f.Destinations }, []string{"RW205", "RW222", "RW223"}},
	{func(f *Facts) *bool { return &f.Policies }, []string{"RW407", "RW408", "RW409", "RW410"}},
	{func(f *Facts) *bool { return &f.URLs }, []string{"RW409", "RW410"}},
}

// FactsFor are the facts that checks need, by their IDs. Tags are what exceptions by tag need.
func FactsFor(ids []string, tags bool) Facts {
	f := Facts{Tags: tags}
	for _, n := range needed {
		if slices.ContainsFunc(n.checks, func(id string) bool { return slices.Contains(ids, id) }) {
			*n.fact(&f) = true
		}
	}
	return f
}

// complete reads what the lists of versions lack. All versions are of one function, and have their aliases.
func (a *Account) complete(ctx context.Context, client lambdaAPI, versions []role.Function, sources role.Maybe[[]role.Source]) error {
	if len(versions) == 0 {
		return nil
	}
	facts, name := a.opts.Facts, versions[0].Name()
	destinations, policies, urls := role.NotRead[[]role.Destinations](whyNotAsked), role.NotRead[[]role.ResourcePolicy](whyNotAsked), role.NotRead[[]role.URL](whyNotAsked)
	tags := role.NotRead[map[string]string](whyNotAsked)
	var err error
	if facts.Tags {
		if tags, err = readTags(ctx, client, versions[0].ARN); err != nil {
			return err
		}
	}
	if facts.Destinations {
		if destinations, err = readDestinations(ctx, client, name); err != nil {
			return err
		}
	}
	if facts.Policies {
		if policies, err = readPolicies(ctx, client, name, versions); err != nil {
			return err
		}
	}
	if facts.URLs {
		if urls, err = readURLs(ctx, client, name); err != nil {
			return err
		}
	}
	for i := range versions {
		f := &versions[i]
		f.Config.Sources = reached(f, sources, func(s role.Source) string { return s.Qualifier })
		f.Config.Destinations = reached(f, destinations, func(d role.Destinations) string { return d.Qualifier })
		f.Config.Policies = reached(f, policies, func(p role.ResourcePolicy) string { return p.Qualifier })
		f.Config.URLs = reached(f, urls, func(u role.URL) string { return u.Qualifier })
		f.Config.Tags = tags
		if facts.Status {
			if err := readStatus(ctx, client, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// reached are those of a list that lead to a version.
func reached[T any](f *role.Function, list role.Maybe[[]T], qualifier func(T) string) role.Maybe[[]T] {
	all, ok := list.Get()
	if !ok {
		return list
	}
	var out []T
	for _, one := range all {
		if f.ReachedBy(qualifier(one), true) {
			out = append(out, one)
		}
	}
	return role.Have(out)
}

// unreadable is what a call that failed leaves: unknown when it was denied, nothing when the function is gone meanwhile.
func unreadable[T any](call, name string, err error) (role.Maybe[[]T], error) {
	switch {
	case denied(err):
		return role.NotRead[[]T](whyDenied(call)), nil
	case missing(err):
		return role.Have([]T(nil)), nil
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
			_, qualifier, _ := splitARN(aws.ToString(c.FunctionArn))
			d := role.Destinations{Qualifier: qualifier}
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
			_, qualifier, _ := splitARN(aws.ToString(u.FunctionArn))
			out = append(out, role.URL{Qualifier: qualifier, Auth: string(u.AuthType), URL: aws.ToString(u.FunctionUrl)})
		}
	}
	return role.Have(out), nil
}

// readPolicies reads the function's own policy and those of its aliases. A published version can have one too; nothing
// invokes a version by its number but who was told it, and each would take a call: those are left out.
func readPolicies(ctx context.Context, client lambdaAPI, name string, versions []role.Function) (role.Maybe[[]role.ResourcePolicy], error) {
	qualifiers := []string{""}
	for _, f := range versions {
		for _, alias := range f.Aliases {
			if !slices.Contains(qualifiers, alias) {
				qualifiers = append(qualifiers, alias)
			}
		}
	}
	var out []role.ResourcePolicy
	for _, q := range qualifiers {
		in := &lambda.GetPolicyInput{FunctionName: aws.String(name)}
		if q != "" {
			in.Qualifier = aws.String(q)
		}
		got, err := client.GetPolicy(ctx, in)
		if missing(err) {
			continue
		}
		if err != nil {
			return unreadable[role.ResourcePolicy]("lambda:GetPolicy", name, err)
		}
		out = append(out, role.ResourcePolicy{Qualifier: q, Text: aws.ToString(got.Policy)})
	}
	return role.Have(out), nil
}

// readStatus reads what the lists of versions lack.
func readStatus(ctx context.Context, client lambdaAPI, f *role.Function) error {
	in := &lambda.GetFunctionConfigurationInput{FunctionName: aws.String(f.Name())}
	if published(*f) {
		in.Qualifier = aws.String(f.Version)
	}
	out, err := client.GetFunctionConfiguration(ctx, in)
	switch {
	case denied(err):
		f.Config.Status = role.NotRead[role.Status](whyDenied("lambda:GetFunctionConfiguration"))
		return nil
	case missing(err):
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

// readTags reads a function's tags, which its versions share.
func readTags(ctx context.Context, client lambdaAPI, arn string) (role.Maybe[map[string]string], error) {
	out, err := client.ListTags(ctx, &lambda.ListTagsInput{Resource: aws.String(arn)})
	switch {
	case denied(err):
		return role.NotRead[map[string]string](whyDenied("lambda:ListTags")), nil
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

// readSources lists event source mappings: of one function, or of a whole Region when name is empty. They come by the
// function's ARN.
func readSources(ctx context.Context, client lambdaAPI, name string) (map[string][]role.Source, error) {
	in := &lambda.ListEventSourceMappingsInput{}
	if name != "" {
		in.FunctionName = aws.String(name)
	}
	out := map[string][]role.Source{}
	pages := lambda.NewListEventSourceMappingsPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for i := range page.EventSourceMappings {
			if arn, s, ok := sourceOf(&page.EventSourceMappings[i]); ok {
				out[arn] = append(out[arn], s)
			}
		}
	}
	return out, nil
}

// sourcesRead are a Region's mappings as they were read while its functions were listed.
type sourcesRead struct {
	byFunction map[string][]role.Source
	why        string
	read       time.Time
}

// regionSources lists a Region's mappings once, however many pages its functions fill.
func (a *Account) regionSources(ctx context.Context, client lambdaAPI, region string) (sourcesRead, error) {
	now := a.opts.Now()
	a.mu.Lock()
	known, ok := a.sources[region]
	a.mu.Unlock()
	if ok && now.Sub(known.read) < cacheFor {
		return known, nil
	}
	read := sourcesRead{read: now}
	var err error
	if read.byFunction, err = readSources(ctx, client, ""); denied(err) {
		read.why = whyDenied("lambda:ListEventSourceMappings")
	} else if err != nil {
		return read, fmt.Errorf("lambda:ListEventSourceMappings in %s: %w", region, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sources[region] = read
	return read, nil
}

// of are a function's own.
func (s sourcesRead) of(arn string) role.Maybe[[]role.Source] {
	if s.why != "" {
		return role.NotRead[[]role.Source](s.why)
	}
	return role.Have(s.byFunction[arn])
}
