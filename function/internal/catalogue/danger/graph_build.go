package danger

import (
	"sync"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// NewGraph builds the graph of an account at a time, with what is known of the account's owner, and the roles whose power is accepted.
func NewGraph(l reach.Listing, now time.Time, parameters check.Parameters, accepted ...reach.Acceptance) *reach.Graph {
	return reach.Build(l, reach.Options{
		Asker: Graph{Now: now, Parameters: parameters, standings: &sync.Map{}}, Accepted: reach.AcceptedBy(accepted, now),
	})
}
