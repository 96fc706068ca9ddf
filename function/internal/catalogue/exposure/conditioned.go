package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// freeKeys are the keys whose values strangers choose, or set in their own account: names, tags, a second factor, a session.
// See "AWS global condition context keys" in the IAM User Guide.
var freeKeys = []string{
	"sts:rolesessionname", "sts:sourceidentity", "sts:transitivetagkeys", "aws:sourceidentity", "aws:tagkeys", "aws:useragent", "aws:referer",
	"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:username", "aws:principaltype", "aws:principalarn", "aws:requestedregion",
	"aws:tokenissuetime", "aws:currenttime", "aws:epochtime", "sts:durationseconds", "aws:vpcsourceip", "aws:federatedprovider", "aws:ec2instancesourceprivateipv4",
}

func isFree(key string) bool {
	return slices.Contains(freeKeys, key) || strings.HasPrefix(key, "aws:requesttag/") || strings.HasPrefix(key, "aws:principaltag/")
}

// isFreeText reports whether callers without credentials choose the value of a key, too.
func isFreeText(key string) bool {
	return key == "aws:useragent" || key == "aws:referer" || isTime(key)
}

// isTime reports whether a key holds the time of the request. Who is allowed from a time on has only to wait: each check of this package
// asks for the times to come at which conditions change, but for the one that reports what no condition restricts.
func isTime(key string) bool {
	return strings.EqualFold(key, "aws:CurrentTime") || strings.EqualFold(key, "aws:EpochTime")
}

// externalID is the key that holds what the caller sends as an external ID.
const externalID = "sts:externalid"

func isSecret(key string) bool { return key == externalID }

func isOrganization(key string) bool { return strings.HasPrefix(key, "aws:principalorg") }

// rung is one strength of conditions, by what a stranger needs to meet them. Each includes what those before it include.
type rung struct {
	key      func(string) bool
	severity check.Severity
	says     string
	// of are the organizations that the stranger may be of.
	of organizations
	// fitting is set where the ID of the account matches a pattern.
	fitting bool
}

// organizations are those that a stranger may be of.
type organizations int

const (
	// ofNone is no organization, ofAny are those that anyone can create, and ofNamed also those that the policies name.
	ofNone organizations = iota
	ofAny
	ofNamed
)

func never(string) bool { return false }

// rungs go from what excludes nobody to what excludes most.
var rungs = []rung{
	{key: isFree, severity: check.Critical, says: "Anyone can meet it: callers choose the value themselves, or set it in their own account."},
	{
		key: never, severity: check.Critical, of: ofAny,
		says: "Any account of any organization meets it. Anyone who owns an account can create an organization.",
	},
	{key: isSecret, severity: check.High, of: ofAny, says: "It requires an external ID, which is not a secret. Anyone who has seen or guessed it can assume the role from any account."},
	{key: ask.IsNetworkKey, severity: check.High, of: ofAny, says: "It restricts the network that requests come from. Anyone who can send requests from there can assume the role, with credentials of any account."},
	{key: isOrganization, severity: check.High, of: ofNamed, says: "It allows a whole organization, which the settings do not name as your own. Its accounts decide which of their principals can assume the role."},
	{
		key: never, severity: check.High, of: ofNamed, fitting: true,
		says: "It requires an account whose ID matches a pattern. Every account with such an ID meets it, regardless of its owner. The caller can choose the values of all other keys.",
	},
}

// met reports whether a key is among those that a caller who meets the first conditions has.
func met(steps []rung) func(key string) bool {
	return func(key string) bool { return slices.ContainsFunc(steps, func(r rung) bool { return r.key(key) }) }
}

// stranger tries to assume a role with what strangers have.
type stranger struct {
	pass             *check.Pass
	gate             gate
	others, fitting  []string
	ordinary         ask.Visitor
	own, notOfOwn    []string
	context, unknown policy.Context
}

func strangerTo(p *check.Pass, g gate, others, fitting []string) stranger {
	s := stranger{pass: p, gate: g, others: others, fitting: fitting, context: call(around(p)), own: []string{organizationOf(p)}}
	s.ordinary = g.Stranger(slices.Concat(others, fitting, []string{""})[0])
	s.notOfOwn = g.Organizations(s.own[0])
	s.unknown = ask.With(s.context, map[string]policy.ContextValue{"aws:userid": {Presence: policy.KeyUnknown}})
	s.unknown.RestUnknown = true
	return s
}

func (s *stranger) visit(chosen func(string) bool, organizations []string) ask.Visit {
	return ask.Visit{
		Action: assumeRole, Context: s.context, Chosen: chosen, Organizations: organizations, Like: map[string]string{"aws:requestedregion": aRegion},
	}
}

// aRegion is what the name of a Region looks like.
const aRegion = "??*-*-?"

// conditioned tries strangers from one who has only what everyone has to one who is in an organization. It reports the first that a
// statement that names everyone allows to assume the role.
func conditioned(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok || !g.NamesEverybody() {
		return
	}
	others, fitting := strangers(p, "", g.Gate)
	v := g.AskFromAnywhere(ordinary(g.Gate, others), ask.Visit{Action: assumeRole, Context: call()})
	if v.Decision == policy.Allowed {
		return // RW401 reports what is open to everyone.
	}
	if !g.IsConditional() && !v.Possible() {
		return // There is no condition that anyone could meet.
	}
	s := strangerTo(p, g, others, fitting)
	for i, step := range rungs {
		accounts := others
		if step.fitting {
			accounts = fitting
		}
		all := everybody(g.Gate, accounts, assumeRole)
		visit, a, inNetwork := s.climb(rungs[:i+1], all)
		if a.Decision != policy.Allowed {
			continue
		}
		step = step.given(g, a)
		step.says += narrowness(g.Gate, a, narrow{all, visit, inNetwork, step.of == ofNamed})
		if s.report(a, visit, step) {
			return
		}
	}
	s.ofOwnOrganization()
}

// climb evaluates those who have what some rungs require: from anywhere, and then in a network, where one of the rungs requires it.
func (s *stranger) climb(steps []rung, all []ask.Visitor) (visit ask.Visit, a ask.Passage, inNetwork bool) {
	chosen := met(steps)
	var of []string
	switch steps[len(steps)-1].of {
	case ofAny:
		of = s.gate.AnyOrganization()
	case ofNamed:
		of = s.notOfOwn
	}
	visit = s.visit(func(key string) bool { return chosen(key) && !ask.IsNetworkKey(key) }, of)
	a = s.gate.AskFromAnywhere(all, visit)
	if a.Decision != policy.Allowed && chosen("aws:sourceip") {
		visit, inNetwork = s.visit(chosen, of), true
		a = s.gate.Ask(all, visit)
	}
	return visit, a, inNetwork
}

// ofOwnOrganization asks for what is left: somebody of one's own organization, and somebody of whom nothing more is known.
func (s *stranger) ofOwnOrganization() {
	all := everybody(s.gate.Gate, slices.Concat(s.others, s.fitting), assumeRole)
	visit := s.visit(met(rungs), s.own)
	if a := s.gate.Ask(all, visit); a.Decision == policy.Allowed {
		says := "Only accounts of your own organization meet it. They decide which of their principals can assume the role."
		if s.report(a, visit, rung{severity: check.Medium, says: says}) {
			return
		}
	}
	visit.Context = s.unknown
	a := s.gate.Ask(all, visit)
	switch {
	case a.Exceeded:
		s.pass.Undecided("", ask.OverBudget(a.Verdict.Statements...))
	case a.Decision == policy.Unknown && len(a.Verdict.UnknownKeys) == 0:
		s.pass.Undecided("", unreadable("trust policy: how AWS evaluates one of its conditions", a))
	case a.Possible():
		s.report(a, visit, rung{severity: check.High, says: "How many callers can meet it is unknown."})
	}
}

// given is the rung as one request meets it: an external ID does not restrict where the caller can pick one that no condition spells out.
func (step rung) given(g gate, a ask.Passage) rung {
	if a.Request.Context.Keys[externalID].Presence != policy.KeyPresent {
		return step
	}
	for i, text := range slices.Concat(g.Unspelled(externalID), a.Request.Context.Keys["aws:principalaccount"].Values) {
		r := a.Request
		r.Context = ask.With(r.Context, map[string]policy.ContextValue{externalID: ask.Value(ask.Sample(text, g.Name()))})
		if g.Evaluate(r).Decision != policy.Allowed {
			continue
		}
		step.severity, step.says = check.Critical, "It requires an external ID and accepts any value. Anyone who sends one can assume the role."
		if i > 0 {
			step.says = "It requires an external ID, and the caller can pick one that the condition accepts. Anyone who sends one can assume the role."
		}
		break
	}
	return step
}

// report reports the statements that name everybody, if it is one of those that allows the caller.
func (s *stranger) report(a ask.Passage, visit ask.Visit, step rung) bool {
	p, g := s.pass, s.gate
	refs := slices.DeleteFunc(g.admitting(a), func(ref policy.StatementRef) bool {
		return ref.Document.Match(ref.Statement.Index, policy.Request{Principal: s.ordinary.Principal, Action: assumeRole}).Principal != policy.True
	})
	if len(refs) == 0 {
		return false
	}
	keys := g.Needed(a, s.ordinary, visit)
	if step.severity == check.Critical && slices.ContainsFunc(keys, isTime) {
		step.says = "Anyone who waits until then can meet it."
	}
	if a.Decision == policy.Unknown {
		keys = append(keys, a.Verdict.UnknownKeys...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	what := "a condition on " + words.List(keys)
	if len(keys) == 0 {
		what = "a condition"
	}
	p.Report(check.Diagnostic{
		Severity: step.severity, Functions: p.Role.Users.List, Title: "Anyone who meets a condition can assume " + p.Role.Ref.Name,
		Detail:   fmt.Sprintf("The trust policy of %s names every principal. Only %s restricts who can assume the role. %s%s", p.Role.Ref.Name, what, step.says, g.caveat),
		Evidence: evidenceOf(refs, "It names every principal, and restricts them only by a condition."),
		Fix:      check.Fix{Summary: "In Principal, name who has to assume the role. Keep the condition."},
	})
	return true
}
