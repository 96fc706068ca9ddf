package exposure

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// gate is what allows somebody to assume a role, or denies it: its trust policy, and the resource control policies above it.
type gate struct {
	*ask.Gate
	// caveat is a sentence for a finding's detail, where something was not read.
	caveat string
}

type gateKey struct{}

// gateOf is the gate of the role. Where it is unknown, the check is undecided.
func gateOf(p *check.Pass) (gate, bool) {
	trust, ok := p.Role.Trust.Get()
	switch {
	case !ok && p.Role.Trust.State() == role.Unknown:
		p.Undecided("", p.Role.Trust.Gap("trust policy").InPolicy(role.PartTrust))
	case ok && trust.Text.State() == role.Unknown:
		p.Undecided("", trust.Text.Gap("trust policy").InPolicy(role.PartTrust))
	}
	if !ok || trust.Document == nil {
		return gate{}, false
	}
	g := gate{Gate: check.Memo(p.Subject, gateKey{}, func() *ask.Gate {
		g := ask.NewGate(p.Role.ARN(), trust.AsPart(), p.Role.RCPs.Or(nil), effective.BudgetOf(p.Subject))
		g.Tags, g.Now = p.Role.Tags, p.Now
		return g
	})}
	if p.Role.RCPs.State() == role.Unknown {
		g.caveat = " rolewatch did not read the resource control policies. This finding assumes that they restrict nothing."
	}
	return g, true
}

// strangers are accounts that no policy names: those that no pattern of account IDs matches, and those that one matches. What is
// unknown of them is reported as undecided.
func strangers(p *check.Pass, key string, g *ask.Gate) (others, fitting []string) {
	list, complete := g.Accounts(ask.CallerKeys)
	if !complete {
		undecidedOnce(p, key, ask.OverBudget())
	}
	for _, a := range list {
		if a.Fits {
			fitting = append(fitting, a.ID)
		} else {
			others = append(others, a.ID)
		}
	}
	return others, fitting
}

// everybody are the principals of accounts that no policy names.
func everybody(g *ask.Gate, accounts []string, action string) (out []ask.Visitor) {
	for _, account := range accounts {
		out = append(out, g.Everybody(account, action, true)...)
	}
	return out
}

// ordinary are users of such accounts, who have nothing that the policies name.
func ordinary(g *ask.Gate, accounts []string) (out []ask.Visitor) {
	for _, account := range accounts {
		out = append(out, g.Stranger(account))
	}
	return out
}

// call are the keys of every request of a principal that is not a service, without those that somebody would have to give it: an
// organization, a tag, an external ID.
func call(more ...map[string]policy.ContextValue) policy.Context {
	c := policy.Context{Keys: map[string]policy.ContextValue{
		"aws:principalisawsservice": ask.Value("false"), "aws:viaawsservice": ask.Value("false"), "aws:securetransport": ask.Value("true"),
	}}
	for _, keys := range more {
		c = ask.With(c, keys)
	}
	return c
}

// serviceKeys are keys that only requests of a service include:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resource-properties
var serviceKeys = []string{
	"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:principalservicename", "aws:principalservicenameslist",
}

// ownOrganization stands for the role's own organization, where the settings do not name it.
const ownOrganization = "o-rolewatchown"

// around are the keys of every request by a principal of another account: it is not a service, and the resource is in the account
// of the role.
func around(p *check.Pass) map[string]policy.ContextValue {
	keys := map[string]policy.ContextValue{"aws:resourceaccount": ask.Value(p.Role.Ref.Account), "aws:resourceorgid": ask.Value(organizationOf(p))}
	for _, key := range serviceKeys {
		keys[key] = policy.ContextValue{Presence: policy.KeyAbsent}
	}
	return keys
}

func organizationOf(p *check.Pass) string {
	if p.Parameters.Organization != "" {
		return p.Parameters.Organization
	}
	return ownOrganization
}

// depends says what an unknown answer depends on.
func depends(a ask.Passage, keys func(key string) string, otherwise string) (out []role.Gap) {
	if a.Exceeded {
		return []role.Gap{ask.OverBudget(a.Verdict.Statements...)}
	}
	for _, key := range a.Verdict.UnknownKeys {
		out = append(out, role.Gap{What: keys(key), SettledBy: role.KeySettledBy(key)}.In(a.Verdict.Statements...))
	}
	if len(out) == 0 {
		out = append(out, unreadable(otherwise, a))
	}
	return out
}

// unreadable says that AWS does not document how it evaluates a condition.
func unreadable(what string, a ask.Passage) role.Gap {
	return role.Gap{What: what, SettledBy: role.SettledByWriting}.In(a.Verdict.Statements...)
}

// undecidedOnce says what is missing for a key, if that was not said before: several questions may miss the same.
func undecidedOnce(p *check.Pass, key string, missing ...role.Gap) {
	if !slices.ContainsFunc(p.Left(), func(u check.Undecided) bool {
		return u.Check == p.Check() && u.Key == key && role.SameGaps(u.Missing, missing)
	}) {
		p.Undecided(key, missing...)
	}
}
