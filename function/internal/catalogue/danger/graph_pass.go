package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const passRoleAction = "iam:PassRole"

// runner is a path by which a service runs code with a role that is passed to it, and the steps other than passing the role.
type runner struct {
	path
	ask.Answer
}

// pass asks for the roles that the node may pass to a service that they trust and that it may have run code.
func (h *hopper) pass() {
	if !h.Grants(passRoleAction) {
		return
	}
	n := h.Naming(passRoleAction)
	runners := h.runners()
	for _, service := range sortedKeys(runners) {
		run := runners[service]
		principal := aws.ServicePrincipal(service, h.node.Ref.Partition)
		s := pass(service)
		e := reach.Edge{Kind: reach.Pass, Path: run.id, Service: principal, Requires: run.requires}
		for _, set := range h.account.Roles(n, true) {
			at := set.IDs[0]
			sample := h.account.Node(at)
			if sample.IsServiceLinked() || !h.account.AdmitsService(at, principal) {
				continue
			}
			got := ask.Both(h.askOn(s, targetOf(sample)), run.Answer)
			e.To, e.Sample, e.Unlisted = set, sample.ARN(), ""
			h.add(e, h.trusting(got, sample, principal))
		}
		e.To, e.Sample = nil, ""
		h.unlistedPass(e, s, n, run)
	}
}

// unlistedPass adds edges to roles that the policies name and the listing does not have: which services they trust is not known.
func (h *hopper) unlistedPass(e reach.Edge, s step, n ask.Naming, run runner) {
	before := len(h.edges)
	h.unlisted(e, s, n)
	for i := before; i < len(h.edges); i++ {
		one := &h.edges[i]
		both := ask.Both(ask.Answer{Decision: one.Decision, DependsOn: one.DependsOn, Steps: one.Requests}, run.Answer)
		one.Requests, one.Decision, one.DependsOn = both.Steps, both.Decision, both.DependsOn
	}
}

// runners are, by the service, the best path that passes a role to it: one for which nothing else has to exist comes first, and then the
// shortest.
func (h *hopper) runners() map[string]runner {
	out := map[string]runner{}
	for _, p := range paths {
		for _, way := range p.tried {
			var services []string
			rest := slices.DeleteFunc(slices.Clone(way), func(s step) bool {
				if s.on == passedRole {
					services = append(services, s.services...)
				}
				return s.on == passedRole
			})
			if len(services) == 0 {
				continue
			}
			got := h.take(rest)
			if !got.Possible() || len(got.Needs()) > 0 {
				continue
			}
			for _, service := range services {
				if before, ok := out[service]; !ok || isBetterRunner(runner{p, got}, before) {
					out[service] = runner{p, got}
				}
			}
		}
	}
	return out
}

func isBetterRunner(a, b runner) bool {
	switch {
	case a.Decision != b.Decision:
		return a.Decision == policy.Allowed
	case (a.requires == "") != (b.requires == ""):
		return a.requires == ""
	}
	return len(a.Steps) < len(b.Steps)
}

// trusting makes an answer depend on whether the trust policy of a role admits a service. The service acts for something that the caller
// makes, in the account.
func (h *hopper) trusting(got ask.Answer, n *reach.Node, principal string) ask.Answer {
	if !got.Possible() {
		return got
	}
	trust, ok := n.Trust.Get()
	if !ok || trust.Document == nil {
		return dependsOn(got, unreadTrust(n))
	}
	request := policy.AssumedByService(principal, n.ARN(), "", h.subject.Now)
	account := n.Ref.Account
	gate := ask.NewGate(n.ARN(), trust.AsPart(), n.RCPs.Or(nil), effective.BudgetOf(h.subject))
	gate.Tags, gate.Now = n.Tags, h.subject.Now
	passage := gate.Ask([]ask.Visitor{ask.Outside(principal)}, ask.Visit{
		Action: request.Action,
		Context: ask.With(request.Context, map[string]policy.ContextValue{
			"aws:sourceaccount": ask.Value(account), "aws:resourceaccount": ask.Value(account), "aws:principalisawsservice": ask.Value("true"),
		}),
		Chosen: func(key string) bool { return key == "aws:sourcearn" },
	})
	switch {
	case passage.Decision == policy.Unknown:
		gaps := effective.Open("trust policy of "+n.ARN()+": ", passage.Verdict)
		if len(gaps) == 0 {
			gaps = append(gaps, role.Gap{What: "trust policy of " + n.ARN() + ": how AWS reads it is not known", SettledBy: role.SettledByWriting})
		}
		return dependsOn(got, gaps...)
	case passage.Decision != policy.Allowed:
		return ask.Answer{}
	}
	return got
}

// dependsOn makes an answer depend on what is not known.
func dependsOn(got ask.Answer, gaps ...role.Gap) ask.Answer {
	got.Decision = policy.Unknown
	got.DependsOn = slices.Concat(got.DependsOn, gaps)
	return got
}
