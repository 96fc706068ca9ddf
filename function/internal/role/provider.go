package role

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Provider is a capacity provider of Lambda Managed Instances. Lambda assumes its operator role to manage instances:
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-operator-role.html
type Provider struct {
	ARN string `json:"arn"`
	// Role is the ARN of the operator role.
	Role           string   `json:"role"`
	Subnets        []string `json:"subnets,omitempty"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
}

// Name is the provider's.
func (p Provider) Name() string { return aws.CapacityProviderName(p.ARN) }

// Providers are the capacity providers of an account, or those that a role is the operator role of. Unless Complete, there may be
// others.
type Providers struct {
	List     []Provider
	Complete bool
	// Why is why it is not complete, and Region where that is so; empty where it is so of all.
	Why    Reason
	Region string
	// Gone are the ARNs of those that are known not to be there although the list is not complete.
	Gone []string
}

// NoProviders are capacity providers of which nothing is known, and why.
func NoProviders(why Reason) Providers { return Providers{Why: why} }

// Of are those whose operator role has a key.
func (p Providers) Of(roleKey string) Providers {
	p.List = slices.DeleteFunc(slices.Clone(p.List), func(one Provider) bool {
		ref, err := ParseRef(one.Role)
		return err != nil || ref.Key() != roleKey
	})
	return p
}

// MayHave reports whether a capacity provider that is not in the list may be there.
func (p Providers) MayHave(arn string) bool {
	return !p.Complete && !slices.Contains(p.Gone, arn) && !slices.ContainsFunc(p.List, func(one Provider) bool { return one.ARN == arn })
}

// Add takes over the capacity providers of another list. That a Region does not support the call is the last of reasons to give.
func (p *Providers) Add(more Providers) {
	p.List = append(p.List, more.List...)
	_, weak := p.Why.UnsupportedCall()
	if !more.Complete && (p.Complete || !p.Why.Given() || weak) {
		p.Complete, p.Why, p.Region = false, more.Why, more.Region
	}
}

// Gap is what is not known where the list is not complete.
func (p Providers) Gap() Gap {
	gap := NotRead[string](p.Why).Gap("capacity providers")
	if p.Region != "" {
		gap.What += " in " + p.Region
	}
	return gap
}
