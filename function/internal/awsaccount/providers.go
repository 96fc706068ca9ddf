package awsaccount

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
	out := role.Providers{Complete: true}
	for _, region := range slices.Sorted(maps.Keys(a.lambdas)) {
		a.mu.Lock()
		known, ok := a.providers[region]
		a.mu.Unlock()
		if now := a.opts.Now(); !ok || region == anew || now.Sub(known.read) >= listedFor {
			listed, err := listProviders(ctx, a.lambdas[region], region)
			if err != nil && (region == anew || ctx.Err() != nil) {
				return role.Providers{}, err
			}
			if err != nil {
				listed = role.Providers{Why: role.Because(err.Error()), Region: region}
			}
			known = regionProviders{listed, now}
			a.mu.Lock()
			a.providers[region] = known
			a.mu.Unlock()
		}
		out.Add(known.Providers)
	}
	return out, nil
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
