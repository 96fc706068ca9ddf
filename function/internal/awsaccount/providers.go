package awsaccount

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// regionProviders are the capacity providers of one Region.
type regionProviders struct {
	role.Providers
	read time.Time
}

// Providers lists the capacity providers of the Regions that are watched. What was listed lately stands, but for the Region that is to
// be read anew; none is where anew is empty. It fails only where that Region cannot be listed: roles of all Regions are judged with this
// list, and one Region that does not answer keeps none of them from it: its capacity providers are unknown for a while.
func (a *Account) Providers(ctx context.Context, anew string) (role.Providers, error) {
	if !a.opts.Facts.Providers {
		return role.NoProviders(whyNotAsked), nil
	}
	regions := slices.Sorted(maps.Keys(a.lambdas))
	lists := make([]role.Providers, len(regions))
	errs := make([]error, len(regions))
	var all sync.WaitGroup
	for i, region := range regions {
		all.Go(func() { lists[i], errs[i] = a.providersIn(ctx, region, region == anew) })
	}
	all.Wait()
	out := role.Providers{Complete: true}
	for i := range regions {
		if errs[i] != nil {
			return role.Providers{}, errs[i]
		}
		out.Add(lists[i])
	}
	return out, nil
}

// providersIn lists the capacity providers of one Region; what was listed lately stands, unless it is to be read anew.
func (a *Account) providersIn(ctx context.Context, region string, anew bool) (role.Providers, error) {
	a.mu.Lock()
	known, ok := a.providers[region]
	a.mu.Unlock()
	now := a.opts.Now()
	if ok && !anew && now.Sub(known.read) < listedFor {
		return known.Providers, nil
	}
	listed, err := listProviders(ctx, a.lambdas[region], region)
	if err != nil && (anew || ctx.Err() != nil) {
		return role.Providers{}, err
	}
	if err != nil {
		listed = role.Providers{Why: role.Because(err.Error()), Region: region}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.providers[region] = regionProviders{listed, now}
	return listed, nil
}

func listProviders(ctx context.Context, client lambdaAPI, region string) (role.Providers, error) {
	const call = "lambda:ListCapacityProviders"
	out := role.Providers{Complete: true}
	pages := lambda.NewListCapacityProvidersPaginator(client, &lambda.ListCapacityProvidersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if why, refused := Refused(call, err); refused {
			return role.Providers{Why: why, Region: region}, nil
		}
		if err != nil {
			return role.Providers{}, fmt.Errorf("%s failed: %w", call, err)
		}
		for i := range page.CapacityProviders {
			out.List = append(out.List, providerOf(&page.CapacityProviders[i]))
		}
	}
	return out, nil
}

func providerOf(p *types.CapacityProvider) role.Provider {
	out := role.Provider{ARN: aws.ToString(p.CapacityProviderArn)}
	if c := p.PermissionsConfig; c != nil {
		out.Role = aws.ToString(c.CapacityProviderOperatorRoleArn)
	}
	if c := p.VpcConfig; c != nil {
		out.Subnets, out.SecurityGroups = c.SubnetIds, c.SecurityGroupIds
	}
	return out
}
