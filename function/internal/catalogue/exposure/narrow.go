package exposure

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// mostNamed bounds how many networks a detail names.
const mostNamed = 5

// narrow is who asked for what, and whether they had to be in a network, and of an organization that the policies name.
type narrow struct {
	who                     []ask.Visitor
	visit                   ask.Visit
	inNetwork, organization bool
}

// narrowness says from which networks, and for which organization, something is allowed. It is empty where neither matters.
func narrowness(g *ask.Gate, a ask.Passage, n narrow) string {
	var out []string
	if n.inNetwork {
		out = append(out, networksOf(g, a, n.who, n.visit)...)
	}
	for _, key := range []string{"aws:principalorgid", "aws:principalorgpaths"} {
		if of := a.Request.Context.Keys[key].Values; n.organization && len(of) == 1 && len(g.Values(key)) > 0 {
			id, _, _ := strings.Cut(of[0], "/")
			out = append(out, "organization "+id)
		}
	}
	if out = slices.Compact(out); len(out) == 0 {
		return ""
	}
	return " The condition matches " + words.List(out) + "."
}

// networksOf are the networks of addresses, and the VPCs and VPC endpoints, that a passage is open to.
func networksOf(g *ask.Gate, a ask.Passage, who []ask.Visitor, visit ask.Visit) (out []string) {
	if len(g.Values("aws:sourceip")) > 0 {
		names, complete := g.Networks(who, visit)
		more := len(names) - mostNamed
		out = append(out, names[:min(len(names), mostNamed)]...)
		switch {
		case !complete:
			out = append(out, "other networks that it names")
		case more > 0:
			out = append(out, words.Count(more, "other network"))
		}
	}
	for _, key := range []string{"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid"} {
		if of := a.Request.Context.Keys[key].Values; len(of) == 1 && len(g.Values(key)) > 0 {
			out = append(out, g.Mentioned()[key]+" "+of[0])
		}
	}
	return out
}
