package history

import (
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/recorded"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// beside is what is configured beside a function's versions. The lists are whole once a record told of the function's
// making, or where the base was.
type beside struct {
	policies resourcePolicies
	// mappings are by their ID, destinations and urls by qualifier.
	mappings     members[role.Source]
	destinations members[role.Destinations]
	urls         members[role.URL]
	// tags are the function's own.
	tags members[string]
}

var whyNoMaking = role.NotRecorded("no record shows that the function was created, and older records may be missing")

func newBeside() beside {
	return beside{
		policies: newResourcePolicies(), mappings: newMembers(role.NotRead[map[string]role.Source](whyNoMaking), whyNoMaking),
		destinations: newMembers(role.NotRead[map[string]role.Destinations](whyNoMaking), whyNoMaking), urls: newMembers(role.NotRead[map[string]role.URL](whyNoMaking), whyNoMaking),
		tags: newMembers(role.NotRead[map[string]string](whyNoMaking), whyNoMaking),
	}
}

// besideOf takes over what a base tells of a function, all its versions together.
func besideOf(versions []role.Function) beside {
	b := newBeside()
	for _, v := range versions {
		adopt(&b.mappings, v.Config.Sources, func(s role.Source) string { return s.UUID })
		adopt(&b.destinations, v.Config.Destinations, func(d role.Destinations) string { return latestName(d.Qualifier) })
		adopt(&b.urls, v.Config.URLs, func(u role.URL) string { return latestName(u.Qualifier) })
		tags, known := v.Config.Tags.Get()
		b.tags.complete = b.tags.complete || known
		for key, value := range tags {
			b.tags.set(key, role.Have(value), time.Time{})
		}
		policies, known := v.Config.Policies.Get()
		b.policies.complete = b.policies.complete || known
		for _, p := range slices.Concat(policies, v.Config.SeenPolicies) {
			b.policies.adopt(p)
		}
	}
	return b
}

// adopt takes over a list of the base's.
func adopt[T any](into *members[T], list role.Maybe[[]T], name func(T) string) {
	all, known := list.Get()
	into.complete = into.complete || known
	for _, one := range all {
		into.set(name(one), role.Have(one), time.Time{})
	}
}

// latestName is one name for a function without a qualifier.
func latestName(qualifier string) string {
	if qualifier == aws.LatestVersion {
		return ""
	}
	return qualifier
}

// renew makes all lists anew and empty: the function was made.
func (b *beside) renew(at time.Time) {
	b.policies.renew(at)
	b.mappings.renew(at)
	b.destinations.renew(at)
	b.urls.renew(at)
	b.tags.renew(at)
}

// tag notes the tags that a record sets and removes. A function that is made has no other ones than its record tells.
func (b *beside) tag(c *events.Change) {
	if c.NoRequest && c.Event.Name == "CreateFunction" {
		b.tags.complete, b.tags.why = false, cut(c).why
	}
	for key, value := range c.Tags {
		b.tags.set(key, role.Have(value), c.Time)
	}
	for _, key := range c.UntaggedKeys {
		b.tags.set(key, role.None[string](), c.Time)
	}
}

// take notes what a record tells.
func (b *beside) take(c *events.Change) {
	of, qualifier := c.Config.Beside, latestName(c.Function.Qualifier)
	switch c.Event.Name {
	case "TagResource", "UntagResource":
		b.tag(c)
	case "AddPermission", "RemovePermission", "PutResourcePolicy", "DeleteResourcePolicy":
		b.policies.take(c)
	case "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig":
		if of.AuthType != "" {
			b.urls.set(qualifier, role.Have(role.URL{Qualifier: c.Function.Qualifier, Auth: of.AuthType, URL: of.URL}), c.Time)
		}
	case "DeleteFunctionUrlConfig":
		b.urls.set(qualifier, role.None[role.URL](), c.Time)
	case "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig":
		b.destinations.set(qualifier, role.Have(role.Destinations{Qualifier: c.Function.Qualifier, Success: of.OnSuccess, Failure: of.OnFailure}), c.Time)
	case "DeleteFunctionEventInvokeConfig":
		b.destinations.set(qualifier, role.None[role.Destinations](), c.Time)
	case "CreateEventSourceMapping", "UpdateEventSourceMapping":
		if m := of.Mapping; m != nil {
			b.mappings.set(m.ID, role.Have(recorded.Source(m, c.Function.Qualifier)), c.Time)
		}
	case "DeleteEventSourceMapping":
		if m := of.Mapping; m != nil {
			b.mappings.set(m.ID, role.None[role.Source](), c.Time)
		}
	}
}

// listing is what is configured beside the versions, with the function's tags.
type listing struct {
	role.Beside
	tags role.Maybe[map[string]string]
}

// all is what is known of what is configured beside the versions.
func (b *beside) all() listing {
	out := listing{
		Beside: role.Beside{Sources: listed(&b.mappings), Destinations: listed(&b.destinations), URLs: listed(&b.urls)},
		tags:   b.tags.whole(),
	}
	out.Policies, out.SeenPolicies = b.policies.list()
	return out
}

func listed[T any](m *members[T]) role.Maybe[[]T] {
	return mapMaybe(m.whole(), func(all map[string]T) []T {
		var out []T
		for _, name := range slices.Sorted(maps.Keys(all)) {
			out = append(out, all[name])
		}
		return out
	})
}
