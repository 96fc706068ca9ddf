package settings

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
)

// routesFit notes routes that cannot work with the rest of the settings.
func (r *reader) routesFit(s Stack) {
	if len(s.Routes) == 0 {
		return
	}
	if len(s.Emails) == 0 && s.Slack == nil {
		r.wrong("routes", quoted(len(s.Routes)), "there is no default: set emails or slack, which receive what no route receives")
	}
	if n := len(s.Places()); n > maxPlaces {
		r.wrong("routes", quoted(n), "they lead to %d places, and %d is the limit", n, maxPlaces)
	}
	accounts := map[string]bool{}
	for i, route := range s.Routes {
		r.placesFit(i, route, s, accounts)
		r.matchFits(i, route, s)
		if s.Routing != routingFirst {
			continue
		}
		mine := route.Match.routing(r.known)
		for _, earlier := range s.Routes[:i] {
			if m := earlier.Match.routing(r.known); m.Covers(mine) {
				r.wrong(place(i, "match"), quoted(route.Match), "nothing can reach it: route %q before it matches all of it, and routing is \"first\"", earlier.Name)
				break
			}
		}
	}
}

func (r *reader) placesFit(i int, route Route, s Stack, accounts map[string]bool) {
	for j, text := range route.To.Slack {
		workspace, channel := slackParts(text)
		path := place(i, fmt.Sprintf("to.slack[%d]", j))
		switch {
		case s.Slack == nil:
			r.wrong(path, quoted(text), "no workspace is set: set slack, whose channel is the default")
		case workspace != "" && workspace != s.Slack.Workspace:
			r.wrong(path, quoted(text), "the workspace %q is not set: slack has workspace %q", workspace, s.Slack.Workspace)
		case channel == s.Slack.Channel:
			r.wrong(path, quoted(text), "it is the channel of slack, which is the default: it receives what no route receives")
		}
	}
	for j, t := range route.To.Topics {
		arn, err := aws.ParseARN(t.ARN)
		if err != nil {
			continue
		}
		path := place(i, fmt.Sprintf("to.topics[%d]", j))
		if arn.Region != s.Home {
			r.wrong(path, quoted(t.ARN), "the topic is in %q, and must be in the home Region %q", arn.Region, s.Home)
		}
		if !t.PolicyAllowsPublish {
			if accounts[arn.Account] = true; len(accounts) > 1 {
				r.wrong(path, quoted(t.ARN), "%w", otherAccount(arn.Account))
			}
		}
	}
}

// otherAccount says what is missing of a topic in another account.
func otherAccount(account string) error {
	return errors.New("the topic is in another account, " + account + `. Allow the function's role sns:Publish in the policy of the topic, and say so here: {"topic": "ARN", "policyAllowsPublish": true}`)
}

// matchFits notes what nothing can match.
func (r *reader) matchFits(i int, route Route, s Stack) {
	m := route.Match
	for _, key := range slices.Sorted(maps.Keys(m.Tags)) {
		if !slices.Contains(s.Owners, key) {
			r.wrong(place(i, "match.tags."+key), quoted(m.Tags[key]), "nothing can match it: owners does not name the tag %q", key)
		}
	}
	if len(m.OUs) > 0 && s.Organization.Hub == nil {
		r.wrong(place(i, "match.ous"), quoted(m.OUs), "nothing can match it: without organization.hub, it is not known which organizational units the account is in")
	}
	for j, region := range m.Regions {
		if !slices.Contains(s.Regions, region) {
			r.wrong(place(i, fmt.Sprintf("match.regions[%d]", j)), quoted(region), "nothing can match it: the Region is not watched, regions has %s", strings.Join(s.Regions, ", "))
		}
	}
	changes := s.InForce(r.known).Changes
	checks := m.Checks
	if checks == nil {
		checks = []string{family}
	}
	for j, selector := range checks {
		r.checkFits(i, j, selector, m, changes)
	}
}

// checkFits notes a selector of checks of which none runs, or none has one of the severities.
func (r *reader) checkFits(i, j int, selector string, m Match, changes map[string]inforce.Change) {
	path := place(i, fmt.Sprintf("match.checks[%d]", j))
	if m.Checks == nil {
		path = place(i, "match.severities")
	}
	ids := expand([]string{selector}, r.known)
	var possible []check.Severity
	for _, c := range r.known {
		change := changes[c.ID]
		if slices.Contains(ids, c.ID) && !change.Off && (!c.OptIn || change.On) {
			possible = append(possible, severities(c, change)...)
		}
	}
	wanted := m.routing(r.known).Severities
	switch {
	case possible == nil:
		r.wrong(path, quoted(selector), "nothing can match it: %s does not run", selector)
	case wanted != nil && !slices.ContainsFunc(wanted, func(s check.Severity) bool { return slices.Contains(possible, s) }):
		r.wrong(path, quoted(selector), "nothing can match it: findings of %s are never %s", selector, strings.Join(m.Severities, " or "))
	}
}

// severities are those that findings of a check can have under the settings.
func severities(c *check.Check, change inforce.Change) []check.Severity {
	own := c.Severities
	if own == nil {
		own = []check.Severity{c.Severity}
	}
	var out []check.Severity
	for _, s := range own {
		if change.Severity != 0 {
			s = inforce.Weigh(s, c.Severity, change.Severity)
		}
		out = append(out, s)
	}
	return out
}

// quoted is a value as JSON, for a fault.
func quoted(v any) jsontext.Value {
	text, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return jsontext.Value("null")
	}
	return text
}
