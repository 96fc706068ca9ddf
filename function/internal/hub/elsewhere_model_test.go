package hub_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/scan"
)

// listing is an account as it is.
func (c *cloud) listing() reach.Listing {
	l := reach.Listing{NoUsers: "the account's users are not read"}
	for _, name := range slices.Sorted(maps.Keys(c.roles)) {
		s := c.snapshot(name)
		s.Users = role.Users{Complete: true}
		l.Roles = append(l.Roles, &s)
	}
	for _, f := range c.functions {
		l.Functions = append(l.Functions, reach.Function{ARN: f.ARN, Role: f.Role, Tags: f.Config.Tags})
	}
	return l
}

// said is what a graph says of the roles of its account.
func said(g *reach.Graph) string {
	var b strings.Builder
	for _, n := range g.Nodes {
		v := g.Of(n.ARN())
		for _, p := range v.Paths {
			fmt.Fprintf(&b, "%s: %s\n", p.Standing.Power, g.Line(p.Hops))
		}
		for _, e := range v.Open {
			fmt.Fprintf(&b, "open, %s: %s\n", e.Standing.Power, g.Line(e.Hops))
		}
	}
	return b.String()
}

// anybody is a trust policy that admits the organization.
const anybody = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}]}`

// edit makes a random edit of a role that matters to other accounts, and gives its record.
func (l *lab) edit(random *rand.Rand) []byte {
	accounts := []string{payments, shop, management}
	account, of := accounts[random.IntN(3)], accounts[random.IntN(3)]
	if random.IntN(3) == 0 {
		return l.putInline(account, "orders", []string{mayAssume(l.clouds[of].arn("deploy")), mayAssume("arn:aws:iam::*:role/deploy")}[random.IntN(2)])
	}
	if random.IntN(2) == 0 {
		return l.setTrust(account, "deploy", []string{trusts(of), anybody}[random.IntN(2)])
	}
	return l.putInline(account, "deploy", []string{"", everything, everything, mayAssume(l.clouds[of].arn("deploy"))}[random.IntN(4)])
}

// Whatever fails meanwhile, in the end the inventory of each account has of the others what its graph needs: the graph says what one of all
// accounts as they are says.
func TestTheGraphsOfAllAccountsAreRightInTheEnd(t *testing.T) {
	paths := 0
	for seed := range uint64(24) {
		l, c := newWorld(t, seed, func(l *lab) {
			l.graph = true
			for _, id := range []string{payments, shop, management} {
				l.clouds[id].roles["deploy"] = &cloudRole{trust: trusts(id), inline: map[string]string{}}
			}
		})
		random := rand.New(rand.NewPCG(seed, 3))
		c.rate, c.crashes = 0.03, 0.3
		for range 25 {
			l.send(l.edit(random))
			l.pass(time.Duration(random.IntN(120)) * time.Second)
		}
		c.rate = 0
		l.pass(2 * time.Hour) // Less than until the next sweep.
		graphs := &danger.Graphs{Parameters: check.Parameters{Organization: l.organization.ID}}
		surveys := scan.NewSurveys(l.organization.ID)
		for _, a := range l.organization.Accounts {
			surveys.Add(a.ID, a.Name, graphs.Survey(l.clouds[a.ID].listing(), l.now))
		}
		for _, a := range l.organization.Accounts {
			whole := l.clouds[a.ID].listing()
			whole.Others = surveys.Others(a.ID)
			stored := l.inventory(a.ID).Listing()
			if stored.Others != nil {
				stored.Others.Organization = l.organization.ID
			}
			want, got := said(graphs.Build(whole, l.now)), said(graphs.Build(stored, l.now))
			if got != want {
				t.Errorf("seed %d, account %s: the graph says\n%s\nand that of the accounts as they are\n%s", seed, a.ID, got, want)
			}
			paths += strings.Count(want, " of account ")
		}
	}
	if paths < 15 {
		t.Errorf("%d steps into other accounts", paths)
	}
	t.Logf("%d steps into other accounts", paths)
}
