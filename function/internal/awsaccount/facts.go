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
	// Policies are resource policies (lambda:GetPolicy for each function, and each of its aliases). Those of published versions
	// by their numbers are left out: AWS grants an account 15 of these calls a second, and there may be any number of versions.
	Policies bool
	// URLs are function URLs (lambda:ListFunctionUrlConfigs for each function).
	URLs bool
}

// AllFacts is everything.
var AllFacts = Facts{true, true, true, true, true, true}

// FactsFor are those of the facts that checks read.
func FactsFor(read []check.Fact) Facts {
	reads := func(f check.Fact) bool { return slices.Contains(read, f) }
	return Facts{
		Status: reads(check.Status), Tags: reads(check.FunctionTags), Sources: reads(check.EventSources), Destinations: reads(check.Destinations),
		Policies: reads(check.ResourcePolicies), URLs: reads(check.FunctionURLs),
	}
}

// beside is what is configured beside a function's versions, under any of its qualifiers.
type beside struct {
	destinations role.Maybe[[]role.Destinations]
	policies     role.Maybe[[]role.ResourcePolicy]
	// seen are policies that were read although the list is not whole.
	seen []role.ResourcePolicy
	urls role.Maybe[[]role.URL]
	tags role.Maybe[map[string]string]
	read time.Time
}

// readBeside reads of a function what is asked for.
func (a *Account) readBeside(ctx context.Context, client lambdaAPI, arn string, named aliases) (beside, error) {
	facts, name := a.opts.Facts, role.Function{ARN: arn}.Name()
	b := beside{
		destinations: role.NotRead[[]role.Destinations](whyNotAsked), policies: role.NotRead[[]role.ResourcePolicy](whyNotAsked),
		urls: role.NotRead[[]role.URL](whyNotAsked), tags: role.NotRead[map[string]string](whyNotAsked),
	}
	var err error
	if facts.Tags {
		if b.tags, err = readTags(ctx, client, arn); err != nil {
			return b, err
		}
	}
	if facts.Destinations {
		if b.destinations, err = readDestinations(ctx, client, name); err != nil {
			return b, err
		}
	}
	if facts.Policies {
		if b.policies, b.seen, err = readPolicies(ctx, client, name, named); err != nil {
			return b, err
		}
	}
	if facts.URLs {
		b.urls, err = readURLs(ctx, client, name)
	}
	return b, err
}

// complete gives versions of one function what the lists of versions lack.
func (a *Account) complete(ctx context.Context, client lambdaAPI, versions []*role.Function, named aliases, b beside, s sources) error {
	for _, f := range versions {
		f.Aliases = slices.Clone(named.byVersion[f.Version])
		known := named.known()
		f.Config.Sources = reached(f, known, s.of(f.ARN), func(s role.Source) string { return s.Qualifier })
		f.Config.Destinations = reached(f, known, b.destinations, func(d role.Destinations) string { return d.Qualifier })
		f.Config.URLs = reached(f, known, b.urls, func(u role.URL) string { return u.Qualifier })
		ofPolicy := func(p role.ResourcePolicy) string { return p.Qualifier }
		f.Config.Policies = reached(f, known, b.policies, ofPolicy)
		f.Config.SeenPolicies = reached(f, known, role.Have(b.seen), ofPolicy).Or(nil)
		f.Config.Tags = b.tags
		if a.opts.Facts.Status {
			if err := readStatus(ctx, client, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// reached are those of a list that lead to a version.
func reached[T any](f *role.Function, aliasesKnown bool, list role.Maybe[[]T], qualifier func(T) string) role.Maybe[[]T] {
	all, ok := list.Get()
	if !ok {
		return list
	}
	var out []T
	for _, one := range all {
		if f.ReachedBy(qualifier(one), aliasesKnown) {
			out = append(out, one)
		}
	}
	return role.Have(out)
}
