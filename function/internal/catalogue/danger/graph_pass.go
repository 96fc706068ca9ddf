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

// runner is a path by which a service runs code with a role that is passed to it, the steps other than passing the role, and the answer to these.
type runner struct {
	path
	ask.Answer
	rest []step
}

// pass asks for the roles that the node may pass to a service that they trust and that it may have run code.
func (h *hopper) pass() {
	if !h.Grants(passRoleAction) {
		return
	}
	n := h.Naming(passRoleAction)
	runners := h.runners()
	for _, service := range sortedKeys(runners) {
		runs := runners[service]
		principal := aws.ServicePrincipal(service, h.node.Ref.Partition)
		s := pass(service)
		e := reach.Edge{Kind: reach.Pass, Service: principal}
		for _, set := range h.account.Roles(n, true) {
			at := set.IDs[0]
			sample := h.account.Node(at)
			if sample.IsServiceLinked() || !h.account.AdmitsService(at, principal) {
				continue
			}
			run, got := h.passTo(sample, principal, s, runs)
			e.Path, e.Requires, e.To, e.Sample = run.id, run.requires, set, sample.ARN()
			h.add(e, got)
		}
		e.Path, e.Requires, e.To, e.Sample = runs[0].id, runs[0].requires, nil, ""
		h.unlistedPass(e, s, n, runs[0])
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

// runners are, by the service, the ways that pass a role to it, the best first: one for which nothing else has to exist comes first, and then
// the shortest.
func (h *hopper) runners() map[string][]runner {
	out := map[string][]runner{}
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
				run := runner{p, got, rest}
				worse := slices.IndexFunc(out[service], func(before runner) bool { return isBetterRunner(run, before) })
				if worse < 0 {
					worse = len(out[service])
				}
				out[service] = slices.Insert(out[service], worse, run)
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

// passTo asks for passing a role to a service that runs code with it, by the best of some ways.
func (h *hopper) passTo(n *reach.Node, principal string, s step, runs []runner) (runner, ask.Answer) {
	passing := h.askOn(s, targetOf(n))
	both := ask.Both(passing, runs[0].Answer)
	if !both.Possible() {
		return runs[0], both
	}
	trust, ok := n.Trust.Get()
	if !ok || trust.Document == nil {
		return runs[0], dependsOn(both, unreadTrust(n))
	}
	gate := ask.NewGate(n.ARN(), trust.AsPart(), n.RCPs.Or(nil), effective.BudgetOf(h.subject))
	gate.Tags, gate.Now = n.Tags, h.subject.Now
	d := door{h, n, gate, principal}
	if passage := d.ask("", nil); passage.Decision != policy.Allowed || principal != aws.LambdaService || len(gate.Values(sourceARN)) == 0 {
		return runs[0], d.through(both, passage)
	}
	return d.byFunction(passing, runs)
}

// dependsOn makes an answer depend on what is not known.
func dependsOn(got ask.Answer, gaps ...role.Gap) ask.Answer {
	got.Decision = policy.Unknown
	got.DependsOn = slices.Concat(got.DependsOn, gaps)
	return got
}
