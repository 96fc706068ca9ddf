package danger

import (
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Can answers whether a role or user of an account may call an action on a resource, with some choice of what the caller chooses; without
// a resource, on some resource: any that no policy names, or one that policies name.
func Can(n *reach.Node, a *reach.Account, action, resource string, now time.Time, parameters check.Parameters) ask.Answer {
	g := Graph{Now: now, Parameters: parameters}
	j := g.judge(n)
	if resource != "" {
		if at, ok := a.Find(resource); ok && strings.EqualFold(action, assumeRoleAction) {
			h := &hopper{judge: j, graph: g, node: n, account: a}
			return h.assumeOne(a.Node(at), a.Node(at).Trust)
		}
		return j.on(action, resource, nil)
	}
	var best ask.Answer
	if known, ok := actions.Lookup(action); ok {
		best = j.Anywhere(known, nil)
	}
	for _, r := range j.Instances(action) {
		if best.Allowed() {
			break
		}
		best = ask.Better(best, j.on(action, r.ARN, nil))
	}
	if !best.Possible() && len(best.Denies) == 0 {
		best = ask.Better(best, j.on(action, "*", nil))
	}
	return best
}
