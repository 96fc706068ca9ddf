package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// signIns make credentials of a user.
var signIns = []struct {
	step
	path string
}{
	{do(aUser, "iam:CreateAccessKey")[0], "user-access-key"},
	{do(aUser, "iam:CreateLoginProfile")[0], "user-password"},
	{do(aUser, "iam:UpdateLoginProfile")[0], "user-new-password"},
}

// users asks for the users whose credentials the node may make, and for those whose policies it may change.
func (h *hopper) users() {
	for _, s := range signIns {
		if !h.Grants(s.action) {
			continue
		}
		n := h.Naming(s.action)
		h.onUsers(reach.Edge{Kind: reach.SignIn, Path: s.path}, s.step, n)
		h.unlisted(reach.Edge{Kind: reach.SignIn, Path: s.path}, s.step, n)
	}
	for _, c := range userChanges {
		if h.Grants(c.action) {
			h.onUsers(reach.Edge{Kind: reach.Change, Path: c.path, Changes: c.changes}, c.step, h.Naming(c.action))
		}
	}
	for _, c := range groupChanges {
		if !h.Grants(c.action) {
			continue
		}
		for _, group := range h.account.Groups() {
			got := h.askOn(c.step, &ask.Target{ARN: group.ARN})
			h.add(reach.Edge{
				Kind: reach.Change, Path: c.path, Changes: c.changes, To: group.Members, Through: slices.Repeat([]string{group.ARN}, len(group.Members.IDs)), Sample: group.ARN,
			}, got)
		}
	}
}

// onUsers adds an edge for each group of users that a step may be taken on.
func (h *hopper) onUsers(e reach.Edge, s step, n ask.Naming) {
	for _, set := range h.account.Users(n) {
		sample := h.account.Node(set.IDs[0])
		e.To, e.Sample = set, sample.ARN()
		h.add(e, h.askOn(s, targetOf(sample)))
	}
}
