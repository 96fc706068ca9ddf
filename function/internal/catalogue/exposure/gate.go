package exposure

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// gate is what lets somebody in, or keeps him out: a resource's policy, and the resource control policies above it.
type gate struct {
	part policy.Part
	rcps [][]policy.Part
	// caveat is a sentence for a finding's detail, where something was not read.
	caveat string
}

// gateOf is the role's own, or says why it is not known.
func gateOf(p *check.Pass) (gate, bool) {
	trust, ok := p.Role.Trust.Get()
	switch {
	case !ok && p.Role.Trust.State() == role.Unknown:
		p.Undecided("", "trust policy: "+p.Role.Trust.Why())
	case ok && trust.Text.State() == role.Unknown:
		p.Undecided("", "trust policy: "+trust.Text.Why())
	}
	g := gate{part: trust.AsPart(), rcps: p.Role.RCPs.Or(nil)}
	if p.Role.RCPs.State() == role.Unknown {
		g.caveat = " Resource control policies were not read; this is judged as if they allowed it."
	}
	return g, ok && trust.Document != nil
}

func (g gate) ask(r policy.Request) policy.Verdict {
	return policy.Evaluate(r, policy.Set{Resource: &g.part, Identity: everything(), RCPs: g.rcps})
}

// open is a request with a context of which nothing else is known.
func open(r policy.Request) policy.Request {
	r.Context.RestUnknown = true
	return r
}

// statements are all that bear on a request.
func (g gate) statements() (out []policy.Statement) {
	for _, part := range slices.Concat(append([][]policy.Part{{g.part}}, g.rcps...)...) {
		if part.Document != nil {
			out = append(out, part.Document.Statements...)
		}
	}
	return out
}

// values are what the statements compare each condition key with, by its name in lower case.
func (g gate) values() map[string][]string {
	out := map[string][]string{}
	for _, s := range g.statements() {
		for _, c := range s.Conditions {
			key := strings.ToLower(c.Key)
			for _, v := range c.Values {
				out[key] = append(out[key], v.Text)
			}
		}
	}
	return out
}

// choice is what of a call its caller chooses: which keys, and what he can put in where a policy has a pattern.
type choice struct {
	key  func(string) bool
	fill func(key, pattern string) []string
}

// mostTries bounds how many requests one search asks.
const mostTries = 300

// search is the work of one.
type search struct {
	gate
	choice
	values map[string][]string
	tries  int
}

// reach asks for the best that a caller can make of the keys that he chooses: it looks for values that get him in. An
// answer is unknown where it hangs on other keys. With it comes the request that it is the answer to.
func (g gate) reach(r policy.Request, c choice) (policy.Verdict, policy.Request) {
	s := search{gate: g, choice: c, values: g.values(), tries: mostTries}
	unknown := map[string]policy.ContextValue{}
	for key := range s.values {
		if c.key(key) {
			unknown[key] = policy.ContextValue{Presence: policy.KeyUnknown}
		}
	}
	r.Context = effective.With(r.Context, unknown)
	return s.try(g.ask(r), r)
}

func (s *search) try(v policy.Verdict, r policy.Request) (policy.Verdict, policy.Request) {
	at := slices.IndexFunc(v.UnknownKeys, func(k string) bool { return s.key(strings.ToLower(k)) })
	if v.Decision != policy.Unknown || at < 0 {
		return v, r
	}
	key := strings.ToLower(v.UnknownKeys[at])
	best, bestRequest := policy.Verdict{}, r
	for _, value := range s.candidates(key) {
		if s.tries--; s.tries < 0 {
			return v, r
		}
		next := r
		next.Context = effective.With(r.Context, map[string]policy.ContextValue{key: value})
		answer, request := s.try(s.ask(next), next)
		if answer.Decision == policy.Allowed {
			return answer, request
		}
		if answer.Decision == policy.Unknown && best.Decision != policy.Unknown {
			best, bestRequest = answer, request
		}
	}
	return best, bestRequest
}

// unheardOf is a name that nobody uses.
const unheardOf = "q7zk3-rolewatch-probe"

func (s *search) candidates(key string) []policy.ContextValue {
	texts := s.fill(key, "*")
	for _, pattern := range s.values[key] {
		texts = append(texts, s.fill(key, pattern)...)
	}
	out := []policy.ContextValue{{Presence: policy.KeyAbsent}}
	seen := map[string]bool{}
	for _, text := range texts {
		if !seen[text] {
			seen[text] = true
			out = append(out, effective.Value(text))
		}
	}
	return out
}

// samples are texts that meet a condition's value: itself, with its wildcards filled in, the first address of a range, the
// numbers beside one, and both truths.
func samples(pattern string) []string {
	out := []string{pattern, effective.Sample(pattern)}
	if address, _, ok := strings.Cut(pattern, "/"); ok && strings.ContainsAny(address, ".:") {
		out = append(out, address)
	}
	if n, err := strconv.Atoi(pattern); err == nil {
		out = append(out, strconv.Itoa(n-1), strconv.Itoa(n+1))
	}
	return append(out, "true", "false")
}

// chosenKeys are those keys that were set by a search, in order.
func (g gate) chosenKeys(r policy.Request, c choice) (out []string) {
	for _, key := range slices.Sorted(maps.Keys(g.values())) {
		if v, ok := r.Context.Keys[key]; ok && c.key(key) && v.Presence == policy.KeyPresent {
			out = append(out, g.spelt(key))
		}
	}
	return out
}

// spelt is a key as the policies spell it.
func (g gate) spelt(key string) string {
	for _, s := range g.statements() {
		for _, c := range s.Conditions {
			if strings.EqualFold(c.Key, key) {
				return c.Key
			}
		}
	}
	return key
}

// serviceKeys are keys that only a service's own call carries:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resource-properties
var serviceKeys = []string{
	"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:principalservicename", "aws:principalservicenameslist",
}

// ownOrganization stands for the role's own organization, where it is not told.
const ownOrganization = "o-rolewatchown"

// around is what is known of every call of the role by somebody of another account: it is no service's, and the resource
// is the role.
func around(p *check.Pass, r policy.Request) policy.Request {
	keys := map[string]policy.ContextValue{"aws:resourceaccount": effective.Value(p.Role.Ref.Account), "aws:resourceorgid": effective.Value(organizationOf(p))}
	for _, key := range serviceKeys {
		keys[key] = policy.ContextValue{Presence: policy.KeyAbsent}
	}
	r.Context = effective.With(r.Context, keys)
	return r
}

func organizationOf(p *check.Pass) string {
	if p.Parameters.Organization != "" {
		return p.Parameters.Organization
	}
	return ownOrganization
}
