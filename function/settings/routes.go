package settings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/routing"
)

// Routed is what can be set of who is told of what.
type Routed struct {
	// Owners are the keys of the tags that say who owns a role, a function or the account.
	Owners []string `json:"owners,omitzero"`
	// Account is what is said of the account in texts, and its owner tags, which a member of an organization cannot read.
	Account Account `json:"account,omitzero"`
	// Routing is "all" or "first": which of the routes that match receive a finding. Empty is all.
	Routing string  `json:"routing,omitzero"`
	Routes  []Route `json:"routes,omitzero"`
	// Privacy is "mask" where chat and e-mail do not name the actors.
	Privacy string `json:"privacy,omitzero"`
}

// Account describes the account.
type Account struct {
	Name string            `json:"name,omitzero"`
	Tags map[string]string `json:"tags,omitzero"`
}

// Route sends what it matches to places.
type Route struct {
	Name  string `json:"name"`
	Match Match  `json:"match,omitzero"`
	To    To     `json:"to"`
}

// Match is what a route is for; what is omitted matches anything.
type Match struct {
	Tags       map[string][]string `json:"tags,omitzero"`
	Accounts   []string            `json:"accounts,omitzero"`
	OUs        []string            `json:"ous,omitzero"`
	Regions    []string            `json:"regions,omitzero"`
	Checks     []string            `json:"checks,omitzero"`
	Severities []string            `json:"severities,omitzero"`
	Kinds      []string            `json:"kinds,omitzero"`
}

// To is where a route leads.
type To struct {
	// Slack are IDs of channels of the workspace, each with or without the ID of the workspace and a slash before it.
	Slack  []string `json:"slack,omitzero"`
	Emails []string `json:"emails,omitzero"`
	Topics []Topic  `json:"topics,omitzero"`
}

// Topic is a topic that is there already.
type Topic struct {
	ARN string `json:"topic"`
	// PolicyAllowsPublish says that the policy of the topic, which is in another account, allows the function to publish.
	PolicyAllowsPublish bool `json:"policyAllowsPublish,omitzero"`
}

const (
	routingAll   = "all"
	routingFirst = "first"
	privacyMask  = "mask"
	privacyNone  = "none"
	// maxOwners is how many keys of owner tags there may be, and maxPlaces how many places routes may lead to: what a commit sends to all
	// of them is one transaction, and their topics are named in the function's environment.
	maxOwners    = 10
	maxPlaces    = 12
	maxRouteName = 24
)

var routeName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Mask says that chat and e-mail do not name the actors.
func (r Routed) Mask() bool { return r.Privacy == privacyMask }

// routed takes the value of one key; false when there is no such key.
func (r *reader) routed(m member, into *Routed) bool {
	switch m.key {
	case "owners":
		into.Owners = r.texts(m, notTagKey)
		if len(into.Owners) > maxOwners {
			r.wrong(m.path, m.value, "it names %d tags, and %d is the limit", len(into.Owners), maxOwners)
		}
	case "account":
		into.Account = r.account(m)
	case "routing":
		if into.Routing = r.text(m); into.Routing != routingAll && into.Routing != routingFirst {
			r.wrong(m.path, m.value, `it must be "all" or "first"`)
		}
	case "routes":
		into.Routes = r.routes(m)
	case "privacy":
		if into.Privacy = r.text(m); into.Privacy != privacyMask && into.Privacy != privacyNone {
			r.wrong(m.path, m.value, `it must be "mask" or "none"`)
		}
	default:
		return false
	}
	return true
}

func notTagKey(s string) string {
	if !isTag(s, 128) {
		return "cannot be the key of a tag: at most 128 letters, digits, spaces and _ . : / = + - @"
	}
	return ""
}

func (r *reader) account(m member) Account {
	var a Account
	for _, f := range r.object(m.path, m.value) {
		switch f.key {
		case "name":
			a.Name = r.text(f)
		case "tags":
			a.Tags = map[string]string{}
			for _, t := range r.object(f.path, f.value) {
				a.Tags[t.key] = r.text(t)
			}
		default:
			r.stranger(f, "name", "tags")
		}
	}
	return a
}

func (r *reader) routes(m member) []Route {
	var out []Route
	for _, e := range r.list(m.path, m.value) {
		var one Route
		members := r.object(e.path, e.value)
		if members != nil {
			r.required(e.path, e.value, members, "name", "to")
		}
		for _, f := range members {
			switch f.key {
			case "name":
				one.Name = r.text(f)
				switch {
				case one.Name == routing.Default:
					r.wrong(f.path, f.value, "it is the name of the route that always exists: the channels under emails and slack")
				case !routeName.MatchString(one.Name) || len(one.Name) > maxRouteName:
					r.wrong(f.path, f.value, "it is not the name of a route: at most %d lowercase letters, digits and single hyphens, a letter first", maxRouteName)
				case slices.ContainsFunc(out, func(o Route) bool { return o.Name == one.Name }):
					r.wrong(f.path, f.value, "two routes have this name")
				case slices.ContainsFunc(out, func(o Route) bool { return unhyphened(o.Name) == unhyphened(one.Name) }):
					r.wrong(f.path, f.value, "the names of two routes differ in hyphens alone, and their topics would have one name")
				}
			case "match":
				one.Match = r.match(f)
			case "to":
				one.To = r.to(f)
			default:
				r.stranger(f, "match", "name", "to")
			}
		}
		out = append(out, one)
	}
	return out
}

func (r *reader) match(m member) Match {
	var out Match
	lists := map[string]struct {
		fault func(string) string
		into  *[]string
	}{
		"accounts": {notAccount, &out.Accounts}, "checks": {r.unselectable, &out.Checks}, "kinds": {notKind, &out.Kinds}, "ous": {notUnit, &out.OUs},
		"regions": {notRegion, &out.Regions}, "severities": {notSeverity, &out.Severities},
	}
	for _, f := range r.object(m.path, m.value) {
		one, isList := lists[f.key]
		switch {
		case f.key == "tags":
			out.Tags = r.matchedTags(f)
		case !isList:
			r.stranger(f, append(slices.Sorted(maps.Keys(lists)), "tags")...)
		case emptyList(f.value):
			r.wrong(f.path, f.value, "nothing can match an empty list")
		default:
			*one.into = r.texts(f, one.fault)
		}
	}
	return out
}

// matchedTags are the values of tags, each a text or a list of them.
func (r *reader) matchedTags(m member) map[string][]string {
	out := map[string][]string{}
	members := r.object(m.path, m.value)
	if members != nil && len(members) == 0 {
		r.wrong(m.path, m.value, "it names no tag")
	}
	for _, f := range members {
		switch {
		case emptyList(f.value):
			r.wrong(f.path, f.value, "nothing can match an empty list")
		case f.value.Kind() != '"':
			out[f.key] = r.texts(f, func(string) string { return "" })
		default:
			out[f.key] = []string{r.text(f)}
		}
	}
	for _, f := range members {
		for _, value := range out[f.key] {
			if value != routing.AnyValue && !isTag(value, 256) {
				r.wrong(f.path, f.value, "no tag can have the value %q: at most 256 letters, digits, spaces and _ . : / = + - @; %q matches any value", value, routing.AnyValue)
			}
		}
	}
	return out
}

func (r *reader) to(m member) To {
	var out To
	before := len(r.errs)
	for _, f := range r.object(m.path, m.value) {
		switch f.key {
		case "slack":
			out.Slack = r.texts(f, notSlackChannel)
		case "emails":
			out.Emails = r.texts(f, func(s string) string {
				if !email.MatchString(s) {
					return "is not an e-mail address"
				}
				return ""
			})
		case "topics":
			out.Topics = r.topics(f)
		default:
			r.stranger(f, "emails", "slack", "topics")
		}
	}
	if len(out.Slack)+len(out.Emails)+len(out.Topics) == 0 && len(r.errs) == before {
		r.wrong(m.path, m.value, "it leads nowhere: set slack, emails or topics")
	}
	return out
}

// place says where a route's member stands.
func place(i int, keys ...string) string {
	return fmt.Sprintf("routes[%d]", i) + strings.Join(append([]string{""}, keys...), ".")
}
