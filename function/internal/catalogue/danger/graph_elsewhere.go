package danger

import (
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// assumeElsewhere asks for the roles of other accounts that the node may assume. Both sides have to allow it: the policies of the node, and the
// trust policy of the role, also where that names the node itself.
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
func (h *hopper) assumeElsewhere(n ask.Naming) {
	for other := range h.account.Beyond() {
		for _, set := range other.Roles(n, true) {
			sample := other.Node(set.IDs[0])
			if !other.AdmitsFrom(h.node.Ref.Account, set.IDs[0]) {
				continue
			}
			got := h.assumeOne(sample, sample.Trust)
			if sample.Trust.Or(role.Policy{}).Document == nil && got.Possible() {
				got.DependsOn = []role.Gap{unreadTrust(sample)}
			}
			if why, stale := other.Stale(h.graph.Now); stale && got.Possible() {
				got = dependsOn(got, why)
			}
			h.add(reach.Edge{Kind: reach.Assume, Path: "assume-role", To: set, Sample: sample.ARN()}, got)
		}
	}
}

// Survey finds what other accounts can get into, of an account that is listed whole, and which other accounts it asks about.
func (g *Graphs) Survey(l reach.Listing, now time.Time) *reach.Survey {
	g.memory.bound()
	return reach.NewSurvey(l, Graph{Now: now, Parameters: g.Parameters, memory: &g.memory})
}

// Asks are the accounts of which the node's policies may allow it to assume roles. An administrator needs none.
func (g Graph) Asks(n *reach.Node) (asks reach.Asks) {
	for _, list := range [][]role.Policy{n.Inline.Or(nil), n.Attached.Or(nil), n.Seen} {
		for i := range list {
			switch d := list[i].Document; {
			case d != nil:
				asksOf(d, n.Ref.Account, &asks)
			default:
				asks.Any = true
			}
		}
	}
	asks.Any = asks.Any || n.Inline.State() == role.Unknown || n.Attached.State() == role.Unknown
	if (asks.Any || len(asks.Accounts) > 0) && g.Standing(n).Power == reach.Administrator {
		return reach.Asks{}
	}
	return asks
}

// asksOf adds the accounts that a policy names for sts:AssumeRole.
func asksOf(d *policy.Document, own string, asks *reach.Asks) {
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow || !mayAssume(s) {
			continue
		}
		asks.Any = asks.Any || s.NotResource
		for _, v := range s.Resources {
			arn, ok := aws.CompleteARNPattern(v.Text)
			switch {
			case s.NotResource, ok && (arn.Account == own || !ask.Matches(arn.Service, "iam")):
			case ok && aws.IsAccountID(arn.Account):
				asks.Accounts = append(asks.Accounts, arn.Account)
			default:
				asks.Any = true
			}
		}
	}
}

// mayAssume reports whether a statement covers sts:AssumeRole.
func mayAssume(s *policy.Statement) bool {
	covers := slices.ContainsFunc(s.Actions, func(v policy.Value) bool {
		return ask.Matches(strings.ToLower(v.Text), strings.ToLower(assumeRoleAction))
	})
	return covers != s.NotAction
}
