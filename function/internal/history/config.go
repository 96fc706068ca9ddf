package history

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/recorded"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// beside is what is configured beside a function's versions. The lists are whole once a record told of the function's
// making, or where the base was.
type beside struct {
	// statements are those of resource policies by qualifier and Sid, mappings by their ID, destinations and urls by
	// qualifier.
	statements   members[string]
	mappings     members[role.Source]
	destinations members[role.Destinations]
	urls         members[role.URL]
}

var whyNoMaking = role.NotRecorded("no record tells of the function's making, so that older ones may be missing")

func newBeside() beside {
	return beside{
		statements: newMembers(role.NotRead[map[string]string](whyNoMaking), whyNoMaking), mappings: newMembers(role.NotRead[map[string]role.Source](whyNoMaking), whyNoMaking),
		destinations: newMembers(role.NotRead[map[string]role.Destinations](whyNoMaking), whyNoMaking), urls: newMembers(role.NotRead[map[string]role.URL](whyNoMaking), whyNoMaking),
	}
}

// besideOf takes over what a base tells of a function, all its versions together.
func besideOf(versions []role.Function) beside {
	b := newBeside()
	for _, v := range versions {
		adopt(&b.mappings, v.Config.Sources, func(s role.Source) string { return s.UUID })
		adopt(&b.destinations, v.Config.Destinations, func(d role.Destinations) string { return latestName(d.Qualifier) })
		adopt(&b.urls, v.Config.URLs, func(u role.URL) string { return latestName(u.Qualifier) })
		policies, known := v.Config.Policies.Get()
		b.statements.complete = b.statements.complete || known
		for _, p := range policies {
			for sid, text := range statementsOf(p.Text) {
				b.statements.set(latestName(p.Qualifier)+"\x00"+sid, role.Have(text), time.Time{})
			}
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

// policyForm is a resource policy taken apart into statements, each as it stands.
type policyForm struct {
	Version   string
	Statement []map[string]any
}

func statementsOf(text string) map[string]string {
	var in policyForm
	out := map[string]string{}
	if json.Unmarshal([]byte(text), &in) != nil {
		return out
	}
	for _, s := range in.Statement {
		sid, _ := s["Sid"].(string)
		if one, err := json.Marshal(s, json.Deterministic(true)); err == nil {
			out[sid] = string(one)
		}
	}
	return out
}

// renew makes all lists anew and empty: the function was made.
func (b *beside) renew(at time.Time) {
	b.statements.renew(at)
	b.mappings.renew(at)
	b.destinations.renew(at)
	b.urls.renew(at)
}

// take notes what a record tells.
func (b *beside) take(c *events.Change) {
	of, qualifier := c.Config.Beside, latestName(c.Function.Qualifier)
	switch c.Event.Name {
	case "AddPermission":
		if of.Statement != "" {
			b.statements.set(qualifier+"\x00"+of.StatementID, role.Have(of.Statement), c.Time)
		}
	case "RemovePermission":
		b.statements.set(qualifier+"\x00"+of.StatementID, role.None[string](), c.Time)
	case "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig":
		if of.AuthType != "" {
			b.urls.set(qualifier, role.Have(role.URL{Qualifier: qualifier, Auth: of.AuthType, URL: of.URL}), c.Time)
		}
	case "DeleteFunctionUrlConfig":
		b.urls.set(qualifier, role.None[role.URL](), c.Time)
	case "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig":
		b.destinations.set(qualifier, role.Have(role.Destinations{Qualifier: qualifier, Success: of.OnSuccess, Failure: of.OnFailure}), c.Time)
	case "DeleteFunctionEventInvokeConfig":
		b.destinations.set(qualifier, role.None[role.Destinations](), c.Time)
	case "CreateEventSourceMapping", "UpdateEventSourceMapping":
		if m := of.Mapping; m != nil {
			b.mappings.set(m.ID, role.Have(recorded.Source(m, qualifier)), c.Time)
		}
	case "DeleteEventSourceMapping":
		if m := of.Mapping; m != nil {
			b.mappings.set(m.ID, role.None[role.Source](), c.Time)
		}
	}
}

// all is what is known of what is configured beside the versions.
func (b *beside) all() role.Beside {
	out := role.Beside{Sources: listed(&b.mappings), Destinations: listed(&b.destinations), URLs: listed(&b.urls)}
	if policies := b.policies(); b.statements.complete {
		out.Policies = role.Have(policies)
	} else {
		out.Policies, out.SeenPolicies = role.NotRead[[]role.ResourcePolicy](b.statements.why), policies
	}
	return out
}

func listed[T any](m *members[T]) role.Maybe[[]T] {
	if !m.complete {
		return role.NotRead[[]T](m.why)
	}
	var out []T
	for _, name := range slices.Sorted(maps.Keys(m.of)) {
		if one, ok := m.of[name].Get(); ok {
			out = append(out, one)
		}
	}
	return role.Have(out)
}

// policies puts the statements of each qualifier together again.
func (b *beside) policies() (out []role.ResourcePolicy) {
	texts := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(b.statements.of)) {
		if text, ok := b.statements.of[key].Get(); ok {
			qualifier, _, _ := strings.Cut(key, "\x00")
			texts[qualifier] = append(texts[qualifier], text)
		}
	}
	for _, qualifier := range slices.Sorted(maps.Keys(texts)) {
		out = append(out, role.ResourcePolicy{Qualifier: qualifier, Text: `{"Version":"2012-10-17","Id":"default","Statement":[` + strings.Join(texts[qualifier], ",") + `]}`})
	}
	return out
}
