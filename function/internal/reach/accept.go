package reach

import (
	"time"

	"github.com/rolewatch/rolewatch/function/internal/ask"
)

// Acceptance is why somebody accepts the power of roles, and when that ends.
type Acceptance struct {
	// Role is a pattern of the roles' ARNs; of what is accepted in a graph, the ARN of the role.
	Role   string
	Reason string
	// Until is the last second for which it holds.
	Until time.Time
}

// AcceptedBy says of a role which of some acceptances covers it at a time: the first one that has not ended.
func AcceptedBy(list []Acceptance, now time.Time) func(arn string) (Acceptance, bool) {
	return func(arn string) (Acceptance, bool) {
		for _, a := range list {
			if !now.After(a.Until) && ask.Matches(a.Role, arn) {
				a.Role = arn
				return a, true
			}
		}
		return Acceptance{}, false
	}
}

// weighAccepted works out how much power the nodes have whose power is accepted, with what they can become: no path goes on from them.
func (g *Graph) weighAccepted() {
	g.weighed = make(map[int32]*Standing, len(g.accepted))
	s := g.newSearch()
	weighed := map[int32]*Standing{}
	for at := range g.accepted {
		own := *g.standingOf(at)
		s.begin(at, "", false)
		best := own.Power
		for i := 1; i < len(s.arrivals); i++ {
			best = max(best, s.power(&s.arrivals[i]).Power)
		}
		switch {
		case best == own.Power:
		case best.IsAdministrator():
			own.Power, own.Does = Becomes, "can become an administrator"
		default:
			own.Power, own.Does = best, "can obtain the permissions of a role with more power"
		}
		weighed[at] = &own
	}
	g.weighed = weighed
}
