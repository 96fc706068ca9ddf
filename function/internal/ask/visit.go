package ask

import (
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Visit is what somebody asks of a gate.
type Visit struct {
	Action string
	// Context has what is the same for all who ask, whatever they choose. It comes before what follows from who asks.
	Context policy.Context
	// Chosen reports whether the visitor chooses the value of a key, in lower case, or can set it.
	Chosen func(key string) bool
	// Like and Unlike bound the values of chosen keys, as in policy.Probe.
	Like   map[string]string
	Unlike map[string][]string
	// Organizations are the IDs of organizations that the visitor may be in. An empty one is none. Without any, Context decides.
	Organizations []string
}

// Passage is the answer to a Visit.
type Passage struct {
	// Decision is Allowed, Unknown, or that of a request that is not allowed.
	Decision policy.Decision
	// Request is the witness of a yes, and of an unknown one that may be allowed; Verdict is the answer to it.
	Request policy.Request
	Verdict policy.Verdict
	// Exceeded is set where the question was not answered within the budget.
	Exceeded bool
	// Anywhere is set where the caller gets the answer wherever they are.
	Anywhere bool
}

// Possible reports whether the answer is yes, or may be.
func (p Passage) Possible() bool { return p.Decision == policy.Allowed || p.Decision == policy.Unknown }

// Ask gives the best answer that one of some visitors gets, with what they choose: a yes before an unknown.
func (g *Gate) Ask(visitors []Visitor, visit Visit) Passage {
	var best Passage
	ways := g.ways(visit)
	for i := range visitors {
		for _, organization := range g.organizations(visit) {
			for _, at := range g.moments(visit) {
				for w := range ways {
					one := g.askOne(&visitors[i], &ways[w], organization, at)
					if one.Decision == policy.Allowed {
						return one
					}
					if one.Decision == policy.Unknown && best.Decision != policy.Unknown || best.Request.Action == "" {
						best = one
					}
				}
			}
		}
	}
	return best
}

// organization is one that a visitor is of; known is set where something is known of it.
type organization struct {
	id    string
	known bool
}

// organizations are those that are worth trying.
func (g *Gate) organizations(visit Visit) []organization {
	if len(visit.Organizations) == 0 || !slices.ContainsFunc(g.bearing(visit.Action), isOrganizationKey) {
		return []organization{{}}
	}
	list := make([]organization, 0, len(visit.Organizations))
	for _, id := range visit.Organizations {
		list = append(list, organization{id, true})
	}
	return list
}

func isOrganizationKey(key string) bool { return strings.HasPrefix(key, "aws:principalorg") }

// AnyOrganization is no organization, or one that no policy names: anyone who owns an account can create one.
func (g *Gate) AnyOrganization() []string { return []string{"", "o-" + g.name} }

// Organizations are IDs of organizations that somebody may be of who is not of one's own: none, one that no policy names, and
// an instance of each that the conditions ask for.
func (g *Gate) Organizations(own string) []string {
	list := g.AnyOrganization()
	add := func(text string) {
		if id := Sample(text, g.name); id != own && strings.HasPrefix(id, "o-") && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	for _, text := range g.values["aws:principalorgid"] {
		add(text)
	}
	for _, text := range g.values["aws:principalorgpaths"] {
		id, _, _ := strings.Cut(text, "/")
		add(id)
	}
	return list
}

// moments are the times of a request: now, and, for a visitor who waits, the times at which the conditions change.
func (g *Gate) moments(visit Visit) []time.Time {
	if visit.Chosen == nil || !visit.Chosen("aws:currenttime") {
		return []time.Time{g.Now}
	}
	return g.Moments(visit.Action)
}

// Moments are the times at which the answer to an action may be another: now, and those to come at which its conditions change.
func (g *Gate) Moments(action string) []time.Time {
	list := []time.Time{g.Now}
	if g.Now.IsZero() {
		return list
	}
	for _, key := range []string{"aws:currenttime", "aws:epochtime"} {
		for _, text := range g.values[key] {
			at, ok := policy.ParseDate(text)
			if !ok || !slices.Contains(g.bearing(action), key) {
				continue
			}
			for _, near := range []time.Time{at.Add(-time.Second), at, at.Add(time.Second)} {
				if near.After(g.Now) {
					list = append(list, near)
				}
			}
		}
	}
	return list
}

// askOne asks for one visitor.
func (g *Gate) askOne(v *Visitor, visit *Visit, of organization, at time.Time) Passage {
	prober := g.asked()
	if prober == nil {
		r := policy.Request{Principal: v.Principal, Action: visit.Action, Resource: g.Resource, Context: visit.Context}
		verdict := g.Evaluate(r)
		return Passage{Decision: verdict.Decision, Request: r, Verdict: verdict}
	}
	s := visiting{Gate: g, Visitor: v, Visit: visit, of: of, at: at}
	keys := prober.Keys(visit.Action)
	s.facts = make(map[string]visitFact, len(keys))
	for _, key := range keys {
		s.facts[key] = s.fact(key)
	}
	found := s.ask(prober, nil)
	if found.Decision == policy.Allowed {
		found = s.agreed(prober, found)
	}
	return Passage{Decision: found.Decision, Request: found.Request, Verdict: found.Verdict, Exceeded: found.Exceeded}
}

// Needed are the condition keys, as the policies spell them, without whose values in a passage's request the answer would be
// worse: with those in their place that somebody has who chooses nothing. Who somebody is counts as chosen.
func (g *Gate) Needed(p Passage, somebody Visitor, visit Visit) []string {
	visit.Chosen = nil
	s := visiting{Gate: g, Visitor: &somebody, Visit: &visit, at: g.Now}
	var out []string
	for _, key := range g.bearing(visit.Action) {
		v, usual := p.Request.Context.Keys[key], s.fact(key)
		if usual.open || usual.value.Presence == policy.KeyUnknown || slices.Contains(principalKeys, key) {
			usual.value = absent
		}
		if p.Anywhere && IsNetworkKey(key) {
			continue
		}
		if v.Presence != policy.KeyPresent || v.Presence == usual.value.Presence && slices.Equal(v.Values, usual.value.Values) {
			continue
		}
		r := p.Request
		r.Context.Keys = with(r.Context.Keys, key, usual.value)
		if d := g.Evaluate(r).Decision; d != policy.Allowed && (d != policy.Unknown || p.Decision == policy.Allowed) {
			out = append(out, g.spelling(key))
		}
	}
	return out
}

func (g *Gate) spelling(key string) string {
	if text, ok := g.spelled[key]; ok {
		return text
	}
	return key
}
