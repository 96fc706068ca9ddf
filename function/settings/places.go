package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/routing"
)

// Place is something with a topic of its own that routes lead to: a Slack channel, the e-mail addresses of a route, or a topic that is there
// already.
type Place struct {
	// Name is what the environment, the outbox and logs call it.
	Name string
	// Channel is the ID of a Slack channel, Emails are addresses, and Topic is a topic; one of them is set.
	Channel string
	Emails  []string
	Topic   Topic
}

const (
	chatPlace  = "chat-"
	mailPlace  = "mail-"
	topicPlace = "topic-"
)

// Chat reports whether the place is a channel of chat.
func (p Place) Chat() bool { return p.Channel != "" }

// places are those of one route.
func (r Route) places() []Place {
	var out []Place
	for _, s := range r.To.Slack {
		_, channel := slackParts(s)
		out = append(out, Place{Name: chatPlace + channel, Channel: channel})
	}
	if len(r.To.Emails) > 0 {
		out = append(out, Place{Name: mailPlace + r.Name, Emails: r.To.Emails})
	}
	for _, t := range r.To.Topics {
		sum := sha256.Sum256([]byte(t.ARN))
		out = append(out, Place{Name: topicPlace + hex.EncodeToString(sum[:4]), Topic: t})
	}
	return out
}

// Places are what the routes lead to, each once and by name.
func (r Routed) Places() []Place {
	var out []Place
	for _, route := range r.Routes {
		for _, p := range route.places() {
			if !slices.ContainsFunc(out, func(o Place) bool { return o.Name == p.Name }) {
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b Place) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Router gives the rules by which findings are routed, for the checks that there are.
func (r Routed) Router(known Catalogue) routing.Rules {
	out := routing.Rules{First: r.Routing == routingFirst, Always: []string{danger.BlindTheWatch}}
	for _, route := range r.Routes {
		one := routing.Route{Name: route.Name, Match: route.Match.routing(known)}
		for _, p := range route.places() {
			one.Places = append(one.Places, p.Name)
		}
		out.Routes = append(out.Routes, one)
	}
	return out
}

func (m Match) routing(known Catalogue) routing.Match {
	out := routing.Match{Tags: m.Tags, Accounts: m.Accounts, Units: m.OUs, Regions: m.Regions}
	if m.Checks != nil {
		out.Checks = expand(m.Checks, known)
	}
	for _, text := range m.Severities {
		if s, err := check.ParseSeverity(text); err == nil {
			out.Severities = append(out.Severities, s)
		}
	}
	for _, k := range m.Kinds {
		out.Kinds = append(out.Kinds, finding.TransitionKind(k))
	}
	return out
}

// Owning are the keys of owner tags, and those of the account that are owner tags.
func (r Routed) Owning() (keys []string, account map[string]string) {
	account = map[string]string{}
	for _, key := range r.Owners {
		if value, ok := r.Account.Tags[key]; ok {
			account[key] = value
		}
	}
	return r.Owners, account
}

// DefaultPlaces names in words what receives what no route receives.
func (s Stack) DefaultPlaces() string {
	var out []string
	if s.Slack != nil {
		out = append(out, Place{Channel: s.Slack.Channel}.String())
	}
	if len(s.Emails) > 0 {
		out = append(out, Place{Emails: s.Emails}.String())
	}
	if len(out) == 0 {
		return "whoever subscribes to the topic Findings"
	}
	return strings.Join(out, "; ")
}

// SeveritiesOf are the severities that findings of a check can have under the settings.
func (r Rules) SeveritiesOf(id string, known Catalogue) []check.Severity {
	for _, c := range known {
		if c.ID == id {
			return severities(c, r.changeOf(c))
		}
	}
	return nil
}

// String names a place in words.
func (p Place) String() string {
	switch {
	case p.Channel != "":
		return "Slack channel " + p.Channel
	case len(p.Emails) > 0:
		return "e-mail to " + strings.Join(p.Emails, ", ")
	}
	return "topic " + p.Topic.ARN
}

// ForAccount says what is wrong with the settings for an account, or nil: a topic of another account whose policy is not said to allow
// publishing.
func (r Routed) ForAccount(account string) error {
	var out []error
	for i, route := range r.Routes {
		for j, t := range route.To.Topics {
			if of := aws.AccountOf(t.ARN); of != account && !t.PolicyAllowsPublish {
				out = append(out, fmt.Errorf("%s.%s %q: %w", contextKey, place(i, fmt.Sprintf("to.topics[%d]", j)), t.ARN, otherAccount(of)))
			}
		}
		if m := route.Match.Accounts; m != nil && !slices.Contains(m, account) {
			out = append(out, fmt.Errorf("%s.%s %q: nothing can match it: rolewatch watches account %s", contextKey, place(i, "match.accounts"), m, account))
		}
	}
	return errors.Join(out...)
}
