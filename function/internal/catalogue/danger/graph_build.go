package danger

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// NewGraph builds the graph of an account at a time, with what is known of the account's owner, and the roles whose power is accepted.
func NewGraph(l reach.Listing, now time.Time, parameters check.Parameters, accepted ...reach.Acceptance) *reach.Graph {
	return (&Graphs{Parameters: parameters, Accepted: accepted}).Build(l, now)
}

// Graphs builds graphs of one account as it changes. It remembers how much power policies give, so that the next graph asks only about those
// that are new. It is safe for concurrent use.
type Graphs struct {
	Parameters check.Parameters
	Accepted   []reach.Acceptance

	memory memory
}

// Build builds the graph of the account at a time.
func (g *Graphs) Build(l reach.Listing, now time.Time) *reach.Graph {
	g.memory.bound()
	return reach.Build(l, reach.Options{
		Asker: Graph{Now: now, Parameters: g.Parameters, memory: &g.memory}, Accepted: reach.AcceptedBy(g.Accepted, now),
	})
}

// MayStep reports whether a role or user could have a step to another one by its own policies, or its trust policy names one that then needs
// none. In an account of which no node may, nobody can become anybody.
func (g *Graphs) MayStep(n *reach.Node) bool {
	return mayHopAny(n) || namesPrincipal(n.Trust.Or(role.Policy{}).Document)
}

// namesPrincipal reports whether a trust policy names a role, a user or everybody.
func namesPrincipal(d *policy.Document) bool {
	return d != nil && slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return s.Effect == policy.Allow && slices.ContainsFunc(s.Principals, func(p policy.Principal) bool {
			arn, err := aws.ParseARN(p.Text)
			return p.Text == "*" || p.Type == "AWS" && err == nil && arn.Resource != "root"
		})
	})
}

// memory is how much power policies give whose meaning does not depend on who has them. It is safe for concurrent use.
type memory struct {
	standings sync.Map
	count     atomic.Int64
	// hashes are those of policies of the organization.
	hashes sync.Map
}

// maxStandings is how many are remembered.
const maxStandings = 20_000

// bound forgets all where there is too much.
func (m *memory) bound() {
	if m.count.Load() > maxStandings {
		m.standings.Clear()
		m.hashes.Clear()
		m.count.Store(0)
	}
}

// hash identifies the text of a policy of the organization.
func (m *memory) hash(d *policy.Document) string {
	if known, ok := m.hashes.Load(d); ok {
		return known.(string)
	}
	hash := role.HashText(string(d.Source()))
	m.hashes.Store(d, hash)
	return hash
}
