package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// live is the account of the credentials at hand, as a scan goes through it.
type live struct {
	*awsaccount.Account
	regions []string
	users   map[string][]role.Function
	// noFunctions says why not every function is known, and missing what else is not.
	noFunctions string
	missing     []string
}

// identity is whose account it is, and which Regions of it to go through.
type identity struct {
	cfg                aws.Config
	partition, account string
	regions            []string
	// policies reads the policies of the organization; nil where the credentials do.
	policies *organization.Policies
}

// whoAmI asks whose credentials are at hand. The Regions are those named, or all that the account has enabled.
func whoAmI(ctx context.Context, w *world, flags liveFlags) (identity, error) {
	who, err := whoIs(ctx, w, flags)
	if err == nil && len(flags.regions) == 0 {
		who.regions, err = enabledRegions(ctx, who.cfg)
	}
	return who, err
}

// whoIs asks whose credentials are at hand. The Regions are those named, or the configured one.
func whoIs(ctx context.Context, w *world, flags liveFlags) (identity, error) {
	regions, err := named(flags.regions)
	if err != nil {
		return identity{}, err
	}
	cfg, err := awsaccount.LoadConfig(ctx, homeOf(regions), flags.configuration(w)...)
	if err != nil {
		return identity{}, err
	}
	if cfg.Region == "" {
		return identity{}, errors.New("find the account of the credentials: no Region is set; set one with --region or AWS_REGION")
	}
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return identity{}, fmt.Errorf("find the account of the credentials: %w", err)
	}
	arn, err := awsfacts.ParseARN(aws.ToString(me.Arn))
	if err != nil {
		return identity{}, fmt.Errorf("find the account of the credentials: %q is not an ARN", aws.ToString(me.Arn))
	}
	if len(regions) == 0 {
		regions = []string{cfg.Region}
	}
	return identity{cfg: cfg, partition: arn.Partition, account: aws.ToString(me.Account), regions: regions}, nil
}

// read is the account with these facts of its functions.
func (i identity) read(now func() time.Time, facts []check.Fact) *awsaccount.Account {
	options := awsaccount.Options{Partition: i.partition, AccountID: i.account, Now: now, Facts: awsaccount.FactsFor(facts)}
	if options.Organizations = organizations.NewFromConfig(i.cfg); i.policies != nil {
		options.Organizations = i.policies
	}
	return awsaccount.New(iam.NewFromConfig(i.cfg), i.lambdas(), options)
}

// openLive opens the account of the credentials at hand.
func openLive(ctx context.Context, w *world, flags liveFlags, rules ruling) (*live, error) {
	who, err := whoAmI(ctx, w, flags)
	if err != nil {
		return nil, err
	}
	return who.live(rules), nil
}

// live is the account as a scan and a diagnosis read it.
func (i identity) live(rules ruling) *live {
	return &live{Account: i.read(rules.now, rules.set.Reads()), regions: i.regions, users: map[string][]role.Function{}}
}

// named are the Regions that a command line names, in order and each once.
func named(regions []string) ([]string, error) {
	for _, r := range regions {
		if !awsfacts.IsRegion(r) {
			return nil, usagef("--region: %q is not a Region", r)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(regions))), nil
}

// homeOf is the Region to ask for what has none: the first one named, or what the SDK's configuration says.
func homeOf(regions []string) string {
	if len(regions) == 0 {
		return ""
	}
	return regions[0]
}

// enabledRegions asks for the Regions of the account.
func enabledRegions(ctx context.Context, cfg aws.Config) ([]string, error) {
	var out []string
	pages := account.NewListRegionsPaginator(account.NewFromConfig(cfg), &account.ListRegionsInput{
		RegionOptStatusContains: []types.RegionOptStatus{types.RegionOptStatusEnabled, types.RegionOptStatusEnabledByDefault},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the account's Regions (if account:ListRegions is denied or not supported, name the Regions with --region): %w", err)
		}
		for _, r := range page.Regions {
			out = append(out, aws.ToString(r.RegionName))
		}
	}
	if len(out) == 0 {
		return nil, errors.New("list the account's Regions: it has none; name them with --region")
	}
	slices.Sort(out)
	return out, nil
}

// Regions are those that the scan goes through.
func (l *live) Regions() []string { return l.regions }

// FunctionPage reads a page and notes who uses what.
func (l *live) FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error) {
	versions, next, err := l.Account.FunctionPage(ctx, region, marker)
	if err != nil {
		err = fmt.Errorf("%s: %w", region, err)
	}
	if errors.Is(err, role.ErrUnread) {
		l.noFunctions = "functions: " + role.WhyUnread(err, "lambda:ListFunctions").String() + " in " + region
		l.miss(l.noFunctions)
	}
	for _, f := range versions {
		if ref, parsed := role.ParseRef(f.Role); parsed == nil {
			l.users[ref.Key()] = append(l.users[ref.Key()], f)
		}
	}
	return versions, next, err
}

// RolePage reads a page and notes what it lacks.
func (l *live) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	shots, next, err := l.Account.RolePage(ctx, marker)
	if errors.Is(err, role.ErrUnread) {
		l.miss("roles: " + role.WhyUnread(err, "iam:GetAccountAuthorizationDetails").String() + "; only roles that functions use are checked")
	}
	if len(shots) > 0 {
		for name, m := range map[string]role.Maybe[[][]policy.Part]{"service control policies": shots[0].SCPs, "resource control policies": shots[0].RCPs} {
			if m.State() == role.Unknown {
				l.miss(name + ": " + m.Why())
			}
		}
	}
	return shots, next, err
}

// Users lists the function versions that use a role, in the order of their names: Lambda promises none.
func (l *live) Users(roleKey string) role.Users {
	list := l.users[roleKey]
	slices.SortStableFunc(list, func(a, b role.Function) int {
		return cmp.Or(cmp.Compare(a.ARN, b.ARN), role.ByVersion(a, b))
	})
	return role.Users{List: list, Complete: l.noFunctions == "", Why: l.noFunctions}
}

// Providers lists the capacity providers, and notes where that may not be done.
func (l *live) Providers(ctx context.Context, anew string) (role.Providers, error) {
	all, err := l.Account.Providers(ctx, anew)
	_, denied := all.Why.DeniedCall()
	if _, unsupported := all.Why.UnsupportedCall(); denied || unsupported {
		l.miss(all.Gap().What)
	}
	return all, err
}

// Missing says what could not be read.
func (l *live) Missing() []role.Gap {
	out := make([]role.Gap, len(l.missing))
	for i, what := range l.missing {
		out[i] = role.UnreadGap("", what)
	}
	return out
}

func (l *live) miss(what string) {
	if !slices.Contains(l.missing, what) {
		l.missing = append(l.missing, what)
	}
}
