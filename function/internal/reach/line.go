package reach

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Line is a path in one line: "orders → lambda:UpdateFunctionCode on deploy-hook (runs as deploy) → sts:AssumeRole admin".
func (g *Graph) Line(hops []Hop) string {
	if len(hops) == 0 {
		return ""
	}
	parts := []string{g.NameOf(hops[0].From)}
	for i := range hops {
		parts = append(parts, g.HopText(&hops[i]))
	}
	return strings.Join(parts, " → ")
}

// HopText is one step in a few words.
func (g *Graph) HopText(h *Hop) string {
	actions := actionsOf(h)
	calls, to := strings.Join(actions, ", "), shortName(g.NameOf(h.To))
	switch h.Edge.Kind {
	case Assume, Admit:
		return calls + " " + to
	case Pass:
		return actions[0] + " " + to + " to " + aws.ServiceName(h.Edge.Service) + tail(actions)
	case RunAs:
		if h.Through == "" {
			return calls + " on " + shortName(h.Edge.Sample) + " (may run as " + to + ")"
		}
		return calls + " on " + shortName(h.Through) + " (runs as " + to + ")"
	case Compute:
		return calls + " (may run as " + to + ")"
	case SignIn:
		return calls + " for the user " + to
	case Make:
		return calls + " (" + to + " with any permissions)"
	}
	if h.Through != "" && h.Through != g.ARNOf(h.To) {
		return calls + " on " + shortName(h.Through) + " (changes " + to + ")"
	}
	return calls + " on " + to
}

// actionsOf are the actions of a step, each once.
func actionsOf(h *Hop) (actions []string) {
	for _, r := range h.Edge.Requests {
		if !slices.Contains(actions, r.Action) {
			actions = append(actions, r.Action)
		}
	}
	return actions
}

func calls(h *Hop) string { return strings.Join(actionsOf(h), ", ") }

func tail(actions []string) string {
	if len(actions) < 2 {
		return ""
	}
	return ", " + strings.Join(actions[1:], ", ")
}

// shortName is the last segment of an ARN; another text stays as it is.
func shortName(text string) string {
	if arn, err := aws.ParseARN(text); err == nil {
		return arn.Resource[strings.LastIndexAny(arn.Resource, "/:")+1:]
	}
	return text
}

// EndOnlyName names an end without what somebody changed of it: "the role admin".
func (g *Graph) EndOnlyName(e *End) string {
	if g.isMade(e.At) {
		return g.NameOf(e.At)
	}
	kind := "the role "
	if n := g.nodes[e.At].Node; n != nil && n.IsUser {
		kind = "the user "
	}
	return kind + shortName(g.NameOf(e.At))
}

// EndName is the name of an end: of a role that was changed with what it then is.
func (g *Graph) EndName(e *End) string {
	name := g.EndOnlyName(e)
	switch {
	case g.isMade(e.At), e.Changes&Policies != 0:
		return name + " with any permissions"
	case e.Changes&Boundary != 0:
		return name + " without its permissions boundary"
	}
	return name
}

// NameOf is the name of the node of a place.
func (g *Graph) NameOf(at int32) string {
	v := &g.nodes[at]
	switch {
	case v.name == "":
		return v.Name() + g.accounts[v.account].inAccount()
	case v.why.What != "" && v.account < 0:
		return unreadName(v.name)
	}
	return v.name
}

// ARNOf is the ARN of the node of a place; for what the listing does not have, what policies call it.
func (g *Graph) ARNOf(at int32) string {
	if v := &g.nodes[at]; v.name != "" {
		return v.name
	}
	return g.nodes[at].ARN()
}
