package history

import (
	"context"
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Function reads every version of a function that is known to exist with its role; none when there is none. With role.ErrUnread
// those that it gives may be gone, and there may be others.
func (a *Account) Function(ctx context.Context, arn string) ([]role.Function, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.function(ctx, arn)
	if err != nil {
		return nil, err
	}
	return a.versions(f)
}

// MappingFunction gives the ARN of the function that an event source mapping invokes, as far as records or the base tell.
func (a *Account) MappingFunction(ctx context.Context, region, id string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.mappingFunction(ctx, region, id)
}

func (a *Account) mappingFunction(ctx context.Context, region, id string) (string, error) {
	for arn, f := range a.functions {
		if f.beside.mappings.has(id) {
			return arn, nil
		}
	}
	if a.base == nil {
		return "", nil
	}
	return a.base.MappingFunction(ctx, region, id)
}

// versions gives the versions, $LATEST first and then by number, and role.ErrUnread where it is unknown which there are.
func (a *Account) versions(f *functionRecord) ([]role.Function, error) {
	f, others := a.blurredFunction(f)
	var unread error
	if others.why.Given() {
		unread = &role.UnreadError{Why: others.why}
	}
	if f.gone {
		return nil, unread
	}
	var out []role.Function
	all := f.beside.all()
	for name, v := range f.versions {
		arn, ok := v.role.Get()
		if !ok || v.gone {
			continue
		}
		one := role.Function{
			ARN: f.arn, Version: name, Aliases: f.aliasesOf(name), Role: arn, Environment: v.environment.Maybe,
			KMSKey: v.kmsKey.Maybe, LastModified: v.lastModified.Maybe, Edge: v.edge, Config: v.config.Or(role.Config{}),
		}
		one.Config.Tags = all.tags
		if one.Config.Runtime.State() != role.Absent {
			one.Config.RuntimeUpdates = v.updates.Maybe
		}
		// The records tell which versions an alias leads to.
		one.Complete(all.Beside, role.AllAliases)
		out = append(out, one)
	}
	slices.SortFunc(out, role.ByVersion)
	return out, unread
}

func (f *functionRecord) aliasesOf(version string) []string {
	var out []string
	for _, alias := range slices.Sorted(maps.Keys(f.aliases)) {
		if v, ok := f.aliases[alias].Get(); ok && v == version {
			out = append(out, alias)
		}
	}
	return out
}
