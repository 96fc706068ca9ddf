package scan_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// noEdges is an asker of an account in which nobody can become another.
type noEdges struct{ reach.Asker }

func (noEdges) May(*reach.Node, *reach.Account) bool { return false }

// TestTheGraphIsOfAllThatTheAccountLists scans with a graph: it has every role and each function once, with the role of its latest version,
// and each check gets what it says of the role. Of an account whose roles cannot be listed there is none.
func TestTheGraphIsOfAllThatTheAccountLists(t *testing.T) {
	a := account{roles: []role.Snapshot{named("orders", trusting("lambda.amazonaws.com")), named("ops", trusting("ec2.amazonaws.com"))}, used: map[string]role.Function{
		ref("orders").Key(): {ARN: "arn:aws:lambda:us-east-1:111122223333:function:api", Version: "1", Role: ref("orders").Key()},
	}}
	var listed reach.Listing
	var seen []string
	c := &check.Check{ID: "RW301", Severity: check.High, Run: func(p *check.Pass) {
		if p.Reach != nil && p.Reach.NameOf(p.Reach.At) == p.Role.Ref.Name {
			seen = append(seen, p.Role.Ref.Name)
		}
	}}
	options := scan.Options{
		Rules: inforce.New([]*check.Check{c}, inforce.Rules{}), Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Progress: func(string) {},
		Graph: func(l reach.Listing) *reach.Graph {
			listed = l
			return reach.Build(l, reach.Options{Asker: noEdges{}})
		},
	}
	if _, err := scan.Run(t.Context(), a, options); err != nil {
		t.Fatal(err)
	}
	if len(listed.Roles) != 2 || len(listed.Functions) != 1 || listed.Functions[0].Role != ref("orders").Key() || listed.NoUsers == "" {
		t.Errorf("the graph is built from %+v", listed)
	}
	if !slices.Equal(seen, []string{"orders"}) {
		t.Errorf("checks got a graph for %v", seen)
	}
	listed = reach.Listing{}
	a.unlisted = true
	if _, err := scan.Run(t.Context(), a, options); err != nil || listed.Roles != nil {
		t.Errorf("roles that cannot be listed make a graph of %+v, %v", listed, err)
	}
}
