package awsaccount

import (
	"context"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
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
	// Policies are resource policies (lambda:GetResourcePolicy and lambda:GetPolicy for each function, and each of its aliases). Those of published versions
	// by their numbers are left out: AWS grants an account 15 of these calls a second, and there may be any number of versions.
	Policies bool
	// URLs are function URLs (lambda:ListFunctionUrlConfigs for each function).
	URLs bool
	// RuntimeUpdates is when Lambda updates a customer-managed runtime (lambda:GetRuntimeManagementConfig for each version that has
	// one).
	RuntimeUpdates bool
	// Providers are capacity providers (lambda:ListCapacityProviders for each Region).
	Providers bool
}

// AllFacts is everything.
var AllFacts = Facts{true, true, true, true, true, true, true, true}

// FactsFor are those of the facts that checks read.
func FactsFor(read []check.Fact) Facts {
	reads := func(f check.Fact) bool { return slices.Contains(read, f) }
	return Facts{
		Status: reads(check.Status), Tags: reads(check.FunctionTags), Sources: reads(check.EventSources), Destinations: reads(check.Destinations),
		Policies: reads(check.ResourcePolicies), URLs: reads(check.FunctionURLs),
		RuntimeUpdates: reads(check.RuntimeUpdates), Providers: reads(check.CapacityProviders),
	}
}

// beside is what is configured beside a function's versions, but for event source mappings, which are listed on their own,
// and the function's tags.
type beside struct {
	role.Beside
	tags role.Maybe[map[string]string]
	read time.Time
}

// readBeside reads of a function what is asked for.
func (a *Account) readBeside(ctx context.Context, client lambdaAPI, arn string, named aliases) (beside, error) {
	facts, name := a.opts.Facts, role.Function{ARN: arn}.Name()
	b := beside{tags: role.NotRead[map[string]string](whyNotAsked)}
	b.Destinations, b.Policies = role.NotRead[[]role.Destinations](whyNotAsked), role.NotRead[[]role.ResourcePolicy](whyNotAsked)
	b.URLs = role.NotRead[[]role.URL](whyNotAsked)
	var err error
	if facts.Tags {
		if b.tags, err = readTags(ctx, client, arn); err != nil {
			return b, err
		}
	}
	if facts.Destinations {
		if b.Destinations, err = readDestinations(ctx, client, name); err != nil {
			return b, err
		}
	}
	if facts.Policies {
		if b.Policies, b.SeenPolicies, err = readPolicies(ctx, client, arn, named); err != nil {
			return b, err
		}
	}
	if facts.URLs {
		b.URLs, err = readURLs(ctx, client, name)
	}
	return b, err
}

// complete gives versions of one function what the lists of versions lack.
func (a *Account) complete(ctx context.Context, client lambdaAPI, versions []*role.Function, named aliases, b beside, s sources) error {
	for _, f := range versions {
		f.Aliases = slices.Clone(named.byVersion[f.Version])
		b.Sources = s.of(f.ARN)
		f.Complete(b.Beside, func(string) bool { return named.known() })
		f.Config.Tags = b.tags
		if a.opts.Facts.Status {
			if err := readStatus(ctx, client, f); err != nil {
				return err
			}
		}
		if err := a.readRuntimeUpdates(ctx, client, f); err != nil {
			return err
		}
	}
	return nil
}
