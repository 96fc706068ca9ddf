package history

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var whyNoProviders = role.NotRecorded("records do not show every capacity provider")

// applyProvider takes in a record that names a capacity provider. No call changes the operator role, the subnets or the security groups
// of one that is there.
func (a *Account) applyProvider(ctx context.Context, c *events.Change) error {
	if err := a.adoptProviders(ctx); err != nil {
		return err
	}
	d := a.providers.of[c.Provider.ARN]
	switch of := c.Provider; aspectOf(c.Event) {
	case providerGone:
		d.set(role.None[role.Provider](), c.Time)
	case providerMade:
		made := role.Have(role.Provider{ARN: of.ARN, Role: of.Role, Subnets: of.Subnets, SecurityGroups: of.SecurityGroups})
		if of.Role == "" {
			made = role.NotRead[role.Provider](cut(c).why)
		}
		d.set(made, c.Time)
	default:
		return nil
	}
	a.providers.of[c.Provider.ARN] = d
	return nil
}

// unreadProvider makes unknown what older records tell of the capacity provider that a record names which was not understood.
func (a *Account) unreadProvider(ctx context.Context, c *events.Change, why role.Reason) error {
	if c.Provider.ARN == "" || aspectOf(c.Event) == "" {
		return nil
	}
	if err := a.adoptProviders(ctx); err != nil {
		return err
	}
	d := a.providers.of[c.Provider.ARN]
	d.set(role.NotRead[role.Provider](why), c.Time)
	a.providers.of[c.Provider.ARN] = d
	return nil
}

// adoptProviders takes over from the base the capacity providers that it has, once.
func (a *Account) adoptProviders(ctx context.Context) error {
	if a.providers.of != nil {
		return nil
	}
	members := newMembers(role.NotRead[map[string]role.Provider](whyNoProviders), whyNoProviders)
	if a.base != nil {
		all, err := a.base.Providers(ctx, "")
		if err != nil {
			return err
		}
		members.complete, members.why = all.Complete, all.Why
		for _, p := range all.List {
			members.set(p.ARN, role.Have(p), time.Time{})
		}
	}
	a.providers = members
	return nil
}

// Providers are the capacity providers that the base has and that records tell of.
func (a *Account) Providers(ctx context.Context, _ string) (role.Providers, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.adoptProviders(ctx); err != nil {
		return role.Providers{}, err
	}
	out := role.Providers{Complete: a.providers.complete, Why: a.providers.why}
	if out.Complete {
		out.Why = role.Reason{}
	}
	unknown := func(why role.Reason) { out.Add(role.Providers{Why: why}) }
	for _, arn := range slices.Sorted(maps.Keys(a.providers.of)) {
		d, name := a.providers.of[arn], providerNameOf(arn)
		p, there := d.Get()
		switch gone := a.blur(providerGone, name.Account, name.Region, nil); {
		case d.State() == role.Unknown:
			unknown(d.Reason())
		case there && gone.covers(d.at):
			unknown(gone.why)
		case there:
			out.List = append(out.List, p)
		default:
			out.Gone = append(out.Gone, arn)
		}
	}
	for _, r := range slices.SortedFunc(maps.Keys(a.blurs), reach.compare) {
		if r.of == providerMade {
			unknown(a.blurs[r].why)
		}
	}
	return out, nil
}

// providerNameOf is a capacity provider's ARN in its parts; zero for what is none.
func providerNameOf(arn string) aws.ARN {
	name, err := aws.ParseARN(arn)
	if err != nil {
		return aws.ARN{}
	}
	return name
}
