package danger

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// hopper asks for the edges of one node.
type hopper struct {
	*judge
	graph   Graph
	node    *reach.Node
	account *reach.Account
	edges   []reach.Edge
}

// Look gives the edges of a node, and how much power it has.
func (g Graph) Look(n *reach.Node, a *reach.Account) (reach.Standing, []reach.Edge) {
	h := &hopper{judge: g.judge(n), graph: g, node: n, account: a}
	s := g.remembered(n, h.standing)
	if s.Power == reach.Administrator {
		return s, nil // There is no more power to get.
	}
	h.assume()
	h.runAs()
	h.changeRoles()
	h.changePolicies()
	h.users()
	h.pass()
	if !n.IsUser {
		h.make()
		h.compute()
	}
	return s, h.edges
}

// add adds an edge for an answer that is a yes, or may be.
func (h *hopper) add(e reach.Edge, got ask.Answer) {
	if !got.Possible() {
		return
	}
	e.Requests, e.Decision, e.DependsOn = got.Steps, got.Decision, got.DependsOn
	h.edges = append(h.edges, e)
}

// targetOf is a role or user as a question is asked about it.
func targetOf(n *reach.Node) *ask.Target { return &ask.Target{ARN: n.ARN(), Tags: n.Tags} }

// askOn asks for a step on one node, with each set of keys that its request may carry.
func (h *hopper) askOn(s step, t *ask.Target) ask.Answer {
	var best ask.Answer
	region := ""
	if arn, err := aws.ParseARN(t.ARN); err == nil {
		region = arn.Region
	}
	for _, keys := range h.requestKeys(s) {
		q := ask.Question{Action: s.action, Resource: t.ARN, Region: region, Keys: keys, Without: s.without, Target: t}
		if best = ask.Better(best, h.Ask(q)); best.Allowed() && len(best.Needs()) == 0 {
			break
		}
	}
	if len(best.Needs()) > 0 {
		return ask.Answer{} // The tags of the target are known, and they are others.
	}
	return best
}

// assume asks for the roles that the node may assume: those that its policies allow it to, and those whose trust policies name it.
func (h *hopper) assume() {
	var sets []*reach.Set
	if h.Grants(assumeRoleAction) {
		n := h.Naming(assumeRoleAction)
		sets = h.account.Roles(n, true)
		h.unlisted(reach.Edge{Kind: reach.Assume, Path: "assume-role"}, step{action: assumeRoleAction, on: otherRole}, n)
		h.assumeElsewhere(n)
	}
	granted, principals := sets, principalsOf(h.node)
	for _, at := range h.account.Naming(principals...) {
		if !slices.ContainsFunc(granted, func(set *reach.Set) bool { return set.Has(at) }) {
			sets = append(slices.Clip(sets), &reach.Set{IDs: []int32{at}})
		}
	}
	for _, set := range sets {
		sample := h.account.Node(set.IDs[0])
		if !h.account.Admits(set.IDs[0], principals...) || sample.IsServiceLinked() {
			continue
		}
		got := h.assumeOne(sample, sample.Trust)
		if sample.Trust.Or(role.Policy{}).Document == nil && got.Possible() {
			got.DependsOn = []role.Gap{unreadTrust(sample)}
		}
		h.add(reach.Edge{Kind: reach.Assume, Path: "assume-role", To: set, Sample: sample.ARN()}, got)
	}
}

// unreadTrust says why the trust policy of a role is not known.
func unreadTrust(n *reach.Node) role.Gap {
	name := "trust policy of " + n.ARN()
	if trust, ok := n.Trust.Get(); ok {
		return trust.Gap(name)
	}
	return n.Trust.Gap(name)
}

const assumeRoleAction = "sts:AssumeRole"

// assumeOne asks whether the node may assume a role that has some trust policy.
func (h *hopper) assumeOne(n *reach.Node, trust role.Maybe[role.Policy]) ask.Answer {
	t := targetOf(n)
	t.Trust = &trust
	if n.Ref.Account != h.node.Ref.Account {
		t.Elsewhere = &ask.Elsewhere{Account: n.Ref.Account, RCPs: n.RCPs}
		t.Elsewhere.Organization, _ = h.account.Organization()
	}
	return h.InRegions(func(region string) ask.Answer {
		return h.Ask(ask.Question{Action: assumeRoleAction, Resource: n.ARN(), Region: region, Target: t})
	}, assumeRoleAction)
}

// functionPaths are the known paths that change a function that is there, each by a single action.
var functionPaths = sync.OnceValue(func() []path {
	return slices.DeleteFunc(slices.Concat(lambdaCodePaths, existingPaths), func(p path) bool {
		return len(p.ways[0]) != 1 || p.ways[0][0].on != otherFunction
	})
})

// runAs asks for the functions whose code or configuration the node may change, and so what they run as.
func (h *hopper) runAs() {
	for _, p := range functionPaths() {
		s := p.ways[0][0]
		if !h.Grants(s.action) {
			continue
		}
		n := h.Naming(s.action)
		for _, set := range h.account.FunctionSets(n) {
			sample := h.account.Functions[set.IDs[0]]
			got := h.askOn(s, &ask.Target{ARN: sample.ARN, Tags: sample.Tags})
			if !got.Possible() {
				continue
			}
			to, through := h.account.RunBy(set)
			if len(to.IDs) > 0 {
				h.add(reach.Edge{Kind: reach.RunAs, Path: p.id, To: to, Through: through, Sample: sample.ARN}, got)
			}
			for _, gone := range h.account.RunByUnlisted(set) {
				h.add(reach.Edge{Kind: reach.RunAs, Path: p.id, Unlisted: gone, Sample: sample.ARN}, got)
			}
		}
		h.unlisted(reach.Edge{Kind: reach.RunAs, Path: p.id, Service: aws.LambdaService}, s, n)
	}
}

// unlisted adds edges to what the policies name for a step and the listing does not have.
func (h *hopper) unlisted(e reach.Edge, s step, n ask.Naming) {
	for _, pattern := range n.Granted {
		arn, ok := aws.ParseARNPattern(pattern)
		if !ok || !arn.HasName() || !isTyped(s.on, arn.Resource) {
			continue
		}
		if e.Why, ok = h.account.Lacks(pattern, e.Kind == reach.Assume); !ok {
			continue
		}
		if isOwn := pattern == h.node.ARN() || pattern == h.node.Ref.Key(); isOwn {
			continue
		}
		if r, got := h.onUnlisted(s, h.instancesOf(pattern, s.action)); got.Possible() {
			e.Unlisted, e.Sample = pattern, r.ARN
			h.add(e, got)
		}
	}
}

// instancesOf are resources that a pattern covers, one in each Region that makes a difference: its own ones where there are any, for what
// another pattern names may be denied, or allowed in other ways.
func (h *hopper) instancesOf(pattern, action string) []ask.Resource {
	all := slices.DeleteFunc(slices.Clone(h.Instances(action)), func(r ask.Resource) bool { return !ask.Matches(pattern, r.ARN) })
	own := slices.DeleteFunc(slices.Clone(all), func(r ask.Resource) bool { return cmp.Or(r.Pattern, r.ARN) != pattern })
	if len(own) > 0 {
		return own
	}
	return all[:min(1, len(all))]
}

// onUnlisted asks for a step on what is not in the listing, and gives the one of some resources on which it is allowed best. Their tags are
// not known.
func (h *hopper) onUnlisted(s step, list []ask.Resource) (on ask.Resource, best ask.Answer) {
	for _, r := range list {
		got := h.InRegionsOf(r.ARN, func(region string) ask.Answer { return h.askStep(s, r, region, nil) }, s.action)
		if !ask.AtLeast(best, got) {
			on, best = r, got
		}
	}
	return on, best
}

// isTyped reports whether the resource in an ARN is of the type that a step acts on, by how it begins.
func isTyped(on target, resource string) bool {
	switch on {
	case otherRole, passedRole, itself:
		return strings.HasPrefix(resource, "role/")
	case otherFunction:
		kind, _, _ := strings.Cut(resource, ":")
		return kind == "function"
	case aUser:
		return strings.HasPrefix(resource, "user/")
	}
	return false
}

// make asks whether the node can make a role with any permissions.
func (h *hopper) make() {
	for _, p := range paths {
		if !p.makes || p.requires != "" {
			continue
		}
		var best ask.Answer
		for _, way := range p.tried {
			best = ask.Better(best, h.take(way))
		}
		if best.Possible() && len(best.Needs()) == 0 {
			h.add(reach.Edge{Kind: reach.Make, Path: p.id}, best)
		}
	}
}

// compute are the paths that get into something that runs as another role, of which the listing does not say which.
func (h *hopper) compute() {
	for _, f := range h.escalations() {
		if !f.Possible() || f.requires == "" || f.elsewhere || len(f.Needs()) > 0 {
			continue
		}
		service := actions.ServiceOf(f.steps[0].action)
		if slices.Contains(hopServices, service) {
			continue
		}
		h.add(reach.Edge{Kind: reach.Compute, Path: f.id, Service: runsUnder(service), Requires: f.requires}, f.Answer)
	}
}

// runsUnder is the principal of the service that what a service's actions get into runs as.
func runsUnder(service string) string {
	switch service {
	case "ssm", "ec2-instance-connect", "autoscaling":
		service = "ec2"
	case "ecs":
		service = "ecs-tasks"
	}
	return service + aws.ServiceDomain
}
