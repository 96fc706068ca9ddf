package awsaccount

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	latest       = "$LATEST"
	whyNoReplica = "no replica of the version was seen in the Regions that are watched"
)

// Function reads every version of a function; none when the account has no such function. It fails with role.ErrDenied
// when it may not list them.
func (a *Account) Function(ctx context.Context, arn string) ([]role.Function, error) {
	if _, _, ok := splitARN(arn); !ok {
		return nil, fmt.Errorf("read function %q: not of the form arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME", arn)
	}
	parts := strings.Split(arn, ":")
	region, account, name := parts[3], parts[4], parts[6]
	if account != a.opts.AccountID {
		return nil, nil
	}
	client, err := a.lambda(region)
	if err != nil {
		return nil, fmt.Errorf("read function %s: %w", arn, err)
	}
	var configs []types.FunctionConfiguration
	pages := lambda.NewListVersionsByFunctionPaginator(client, &lambda.ListVersionsByFunctionInput{FunctionName: aws.String(name)})
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
	if slices.ContainsFunc(versions, published) {
		aliases, err := readAliases(ctx, client, name)
		if err != nil {
			return nil, err
		}
		for i := range versions {
			versions[i].Aliases = slices.Clone(aliases[versions[i].Version])
		}
	}
	sources, err := a.functionSources(ctx, client, versions[0].ARN)
	if err != nil {
		return nil, err
	}
	return versions, a.complete(ctx, client, versions, sources)
}

// functionSources are one function's event source mappings.
func (a *Account) functionSources(ctx context.Context, client lambdaAPI, arn string) (role.Maybe[[]role.Source], error) {
	if !a.opts.Facts.Sources {
		return role.NotRead[[]role.Source](whyNotAsked), nil
	}
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	all, err := readSources(ctx, client, name)
	if err != nil {
		return unreadable[role.Source]("lambda:ListEventSourceMappings", name, err)
	}
	return role.Have(all[arn]), nil
}

// FunctionPage reads function versions of one Region, and the marker of the next page, empty at the end. It fails with
// role.ErrDenied when it may not list them.
func (a *Account) FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error) {
	client, err := a.lambda(region)
	if err != nil {
		return nil, "", fmt.Errorf("list functions: %w", err)
	}
	if region == edgeRegion && marker == "" {
		if err := a.noteReplicas(ctx); err != nil {
			return nil, "", err
		}
	}
	in := &lambda.ListFunctionsInput{FunctionVersion: types.FunctionVersionAll}
	if marker != "" {
		in.Marker = aws.String(marker)
	}
	out, err := client.ListFunctions(ctx, in)
	if err != nil {
		return nil, "", failed("lambda:ListFunctions", err)
	}
	versions, err := a.versions(out.Functions)
	if err != nil {
		return nil, "", err
	}
	for i := range versions {
		if !published(versions[i]) {
			continue
		}
		aliases, err := a.aliasesOf(ctx, client, versions[i].ARN)
		if err != nil {
			return nil, "", err
		}
		versions[i].Aliases = slices.Clone(aliases[versions[i].Version])
	}
	return versions, aws.ToString(out.NextMarker), a.completePage(ctx, client, region, versions)
}

// completePage reads what the list lacks of the functions on a page. A function's versions stand together.
func (a *Account) completePage(ctx context.Context, client lambdaAPI, region string, versions []role.Function) error {
	sources := sourcesRead{why: whyNotAsked}
	if a.opts.Facts.Sources && len(versions) > 0 {
		var err error
		if sources, err = a.regionSources(ctx, client, region); err != nil {
			return err
		}
	}
	for from := 0; from < len(versions); {
		to := from + 1
		for to < len(versions) && versions[to].ARN == versions[from].ARN {
			to++
		}
		if err := a.complete(ctx, client, versions[from:to], sources.of(versions[from].ARN)); err != nil {
			return err
		}
		from = to
	}
	return nil
}

func (a *Account) lambda(region string) (lambdaAPI, error) {
	client, ok := a.lambdas[region]
	if !ok {
		return nil, fmt.Errorf("region %q is not among those that are watched", region)
	}
	return client, nil
}

func published(f role.Function) bool { return f.Version != latest }

// splitARN cuts a function's ARN into the unqualified ARN and the qualifier.
func splitARN(arn string) (unqualified, qualifier string, ok bool) {
	parts := strings.SplitN(arn, ":", 8)
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "lambda" || parts[5] != "function" || parts[6] == "" {
		return "", "", false
	}
	if len(parts) == 8 {
		qualifier = parts[7]
	}
	return strings.Join(parts[:7], ":"), qualifier, true
}

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
	arn, qualifier, ok := splitARN(aws.ToString(c.FunctionArn))
	if !ok {
		return role.Function{}, fmt.Errorf("read function %s: Lambda's answer has the ARN %q", aws.ToString(c.FunctionName), aws.ToString(c.FunctionArn))
	}
	f := role.Function{
		ARN: arn, Version: aws.ToString(c.Version), Role: aws.ToString(c.Role),
		Environment: role.Have(false), KMSKey: role.None[string](), Edge: role.NotRead[bool](whyNoReplica),
		Config: configOf(c),
	}
	if f.Version == "" {
		f.Version = latest
		if qualifier != "" {
			f.Version = qualifier
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
	if a.masters[arn+":"+f.Version] {
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
	return role.NotRead[time.Time]("Lambda's answer has no time of the last change that can be read")
}

// aliasesRead are a function's aliases as they were read.
type aliasesRead struct {
	byVersion map[string][]string
	read      time.Time
}

// aliasesOf reads a function's aliases once, however many pages its versions fill and however often a sweep lists them.
func (a *Account) aliasesOf(ctx context.Context, client lambdaAPI, arn string) (map[string][]string, error) {
	now := a.opts.Now()
	a.mu.Lock()
	known, ok := a.aliases[arn]
	a.mu.Unlock()
	if ok && now.Sub(known.read) < cacheFor {
		return known.byVersion, nil
	}
	byVersion, err := readAliases(ctx, client, arn[strings.LastIndexByte(arn, ':')+1:])
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.aliases[arn] = aliasesRead{byVersion, now}
	return byVersion, nil
}

// readAliases reads which aliases point to which version; one that splits its traffic points to two. An alias only gives
// a version another name, and nothing is judged by it: where they may not be listed there are none.
func readAliases(ctx context.Context, client lambdaAPI, name string) (map[string][]string, error) {
	byVersion := map[string][]string{}
	pages := lambda.NewListAliasesPaginator(client, &lambda.ListAliasesInput{FunctionName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if missing(err) || denied(err) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("lambda:ListAliases of %s: %w", name, err)
		}
		for _, alias := range page.Aliases {
			targets := map[string]bool{aws.ToString(alias.FunctionVersion): true}
			if alias.RoutingConfig != nil {
				for v := range alias.RoutingConfig.AdditionalVersionWeights {
					targets[v] = true
				}
			}
			for v := range targets {
				byVersion[v] = append(byVersion[v], aws.ToString(alias.Name))
			}
		}
	}
	for _, names := range byVersion {
		slices.Sort(names)
	}
	return byVersion, nil
}
