package export

import (
	"context"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// readProviders reads one file of capacity providers.
func readProviders(f *file) (take, error) {
	var in struct {
		CapacityProviders []struct {
			CapacityProviderArn string
			PermissionsConfig   struct{ CapacityProviderOperatorRoleArn string }
			VpcConfig           struct{ SubnetIds, SecurityGroupIds []string }
		}
		NextMarker, NextToken string
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		r.providerPages.add(f, in.NextMarker, in.NextToken)
		for i, p := range in.CapacityProviders {
			arn, err := aws.ParseARN(p.CapacityProviderArn)
			if err != nil || arn.Service != "lambda" {
				return fmt.Errorf("%s: field CapacityProviders[%d].CapacityProviderArn: %q is not the ARN of a capacity provider", f.path, i, p.CapacityProviderArn)
			}
			if err := r.belongs(f, arn.Partition, arn.Account); err != nil {
				return err
			}
			if _, err := role.ParseRef(p.PermissionsConfig.CapacityProviderOperatorRoleArn); err != nil {
				return fmt.Errorf("%s: field CapacityProviders[%d].PermissionsConfig.CapacityProviderOperatorRoleArn: %w", f.path, i, err)
			}
			one := role.Provider{
				ARN: p.CapacityProviderArn, Role: p.PermissionsConfig.CapacityProviderOperatorRoleArn,
				Subnets: p.VpcConfig.SubnetIds, SecurityGroups: p.VpcConfig.SecurityGroupIds,
			}
			if !slices.ContainsFunc(r.facts.providers, func(o role.Provider) bool { return o.ARN == one.ARN }) {
				r.facts.providers = append(r.facts.providers, one)
			}
		}
		return nil
	}, nil
}

func (r *reading) whyProviders() string {
	return r.because("capacity-providers", r.providerPages.why(r.dir, "capacity-providers.json"))
}

// allProviders are the capacity providers of the account.
func (r *reading) allProviders() role.Providers {
	why := r.whyProviders()
	return role.Providers{List: r.facts.providers, Complete: why == "", Why: role.NotExported(why)}
}

// Providers are the capacity providers of the account.
func (a *Account) Providers(context.Context, string) (role.Providers, error) { return a.providers, nil }
