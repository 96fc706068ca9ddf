package awsaccount

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// whyNoReplica is why it is unknown whether Lambda@Edge replicates a version.
var whyNoReplica = role.Because("no replica of the version was seen in the Regions that are watched")

// Function reads every version of a function; none when the account has no such function. It fails with role.ErrUnread
// when it may not list them.
func (a *Account) Function(ctx context.Context, arn string) ([]role.Function, error) {
	f, err := awsfacts.ParseFunctionARN(arn)
	if err != nil {
		return nil, fmt.Errorf("read function %q: not of the form arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME", arn)
	}
	if f.Account != a.opts.AccountID {
		return nil, nil
	}
	client, err := a.lambda(f.Region)
	if err != nil {
		return nil, fmt.Errorf("read function %s: %w", arn, err)
	}
	var configs []types.FunctionConfiguration
	pages := lambda.NewListVersionsByFunctionPaginator(client, &lambda.ListVersionsByFunctionInput{FunctionName: aws.String(f.Name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if missing(err) {
			return nil, nil
		}
		if err != nil {
			return nil, failed("lambda:ListVersionsByFunction", err)
		}
		configs = append(configs, page.Versions...)
	}
	versions, err := a.versions(configs)
	if len(versions) == 0 || err != nil {
		return versions, err
	}
	var named aliases
	if a.wantsAliases(versions) {
		if named, err = a.freshAliases(ctx, client, versions[0]); err != nil {
			return nil, err
		}
	}
	sources, err := a.functionSources(ctx, client, versions, named)
	if err != nil {
		return nil, err
	}
	beside, err := a.readBeside(ctx, client, versions[0].ARN, named)
	if err != nil {
		return nil, err
	}
	return versions, a.complete(ctx, client, pointers(versions), named, beside, sources)
}

// FunctionPage reads function versions of one Region, and the marker of the next page, empty at the end. It fails with
// role.ErrUnread when it may not list them.
func (a *Account) FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error) {
	client, err := a.lambda(region)
	if err != nil {
		return nil, "", fmt.Errorf("list functions: %w", err)
	}
	if region == awsfacts.EdgeRegion && marker == "" {
		if err := a.noteReplicas(ctx); err != nil {
			return nil, "", err
		}
	}
	in := &lambda.ListFunctionsInput{FunctionVersion: types.FunctionVersionAll}
	if marker != "" {
		in.Marker = aws.String(marker)
	}
	out, err := client.ListFunctions(ctx, in)
	if why, refused := RefusedFirst("lambda:ListFunctions", err); refused && marker == "" {
		return nil, "", &role.UnreadError{Why: why}
	}
	if err != nil {
		return nil, "", failed("lambda:ListFunctions", err)
	}
	versions, err := a.versions(out.Functions)
	if err != nil {
		return nil, "", err
	}
	return versions, aws.ToString(out.NextMarker), a.completePage(ctx, client, region, versions)
}

// completePage gives the functions on a page what the list lacks. What was read of those on the page before is taken over:
// a function's versions may fill several.
func (a *Account) completePage(ctx context.Context, client lambdaAPI, region string, versions []role.Function) error {
	if len(versions) == 0 {
		return nil
	}
	sources, err := a.regionSources(ctx, client, region)
	if err != nil {
		return err
	}
	now := a.opts.Now()
	a.mu.Lock()
	before := a.beside[region]
	a.mu.Unlock()
	page := map[string]beside{}
	for _, group := range byFunction(versions) {
		arn := group[0].ARN
		var named aliases
		if a.wantsAliases(versions) {
			if named, err = a.aliasesOf(ctx, client, *group[0]); err != nil {
				return err
			}
		}
		b, ok := before[arn]
		if !ok || now.Sub(b.read) >= listedFor {
			if b, err = a.readBeside(ctx, client, arn, named); err != nil {
				return err
			}
			b.read = now
		}
		page[arn] = b
		if err := a.complete(ctx, client, group, named, b, sources); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.beside[region] = page
	return nil
}

// byFunction groups versions, in their order.
func byFunction(versions []role.Function) (groups [][]*role.Function) {
	at := map[string]int{}
	for _, f := range pointers(versions) {
		i, ok := at[f.ARN]
		if !ok {
			i = len(groups)
			at[f.ARN], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

func pointers(versions []role.Function) []*role.Function {
	out := make([]*role.Function, len(versions))
	for i := range versions {
		out[i] = &versions[i]
	}
	return out
}

func (a *Account) lambda(region string) (lambdaAPI, error) {
	client, ok := a.lambdas[region]
	if !ok {
		return nil, fmt.Errorf("region %q is not among those that are watched", region)
	}
	return client, nil
}

func published(f role.Function) bool { return !f.IsLatest() }

// versions takes Lambda's configurations. A replica of Lambda@Edge is not a function of its own: it only tells that its
// master is one that is replicated.
func (a *Account) versions(configs []types.FunctionConfiguration) ([]role.Function, error) {
	a.noteMasters(configs)
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []role.Function
	for _, c := range configs {
		if aws.ToString(c.MasterArn) != "" {
			continue
		}
		f, err := a.version(&c)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (a *Account) version(c *types.FunctionConfiguration) (role.Function, error) {
	arn, err := awsfacts.ParseFunctionARN(aws.ToString(c.FunctionArn))
	if err != nil {
		return role.Function{}, fmt.Errorf("read function %s: Lambda's answer has the ARN %q", aws.ToString(c.FunctionName), aws.ToString(c.FunctionArn))
	}
	f := role.Function{
		ARN: arn.Unqualified(), Version: aws.ToString(c.Version), Role: aws.ToString(c.Role),
		Environment: role.Have(false), KMSKey: role.None[string](), Edge: role.NotRead[bool](whyNoReplica),
		Config: configOf(c),
	}
	if f.Version == "" {
		f.Version = awsfacts.LatestVersion
		if arn.Qualifier != "" {
			f.Version = arn.Qualifier
		}
	}
	if e := c.Environment; e != nil {
		// An error means that there are variables, and that we may not decrypt them.
		f.Environment = role.Have(len(e.Variables) > 0 || e.Error != nil)
	}
	if key := aws.ToString(c.KMSKeyArn); key != "" {
		f.KMSKey = role.Have(key)
	}
	f.LastModified = lastModified(aws.ToString(c.LastModified))
	if a.masters[f.ARN+":"+f.Version] {
		f.Edge = role.Have(true)
	}
	return f, nil
}

// lastModified reads a time as Lambda writes it, "2026-03-02T09:00:00.000+0000" (FunctionConfiguration in the API
// reference calls it ISO 8601, which would allow RFC 3339 too).
func lastModified(text string) role.Maybe[time.Time] {
	for _, layout := range []string{"2006-01-02T15:04:05.999-0700", time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return role.Have(at.UTC())
		}
	}
	return role.NotRead[time.Time](role.Because("Lambda's answer has no time of the last change that can be read"))
}
