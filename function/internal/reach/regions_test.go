package reach_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// otherNames gives each of the Regions of random accounts the name of another one, one that sorts otherwise among them.
var otherNames = strings.NewReplacer("us-east-1", "ap-south-1", "eu-west-1", "us-east-1", "ap-south-1", "eu-west-1", "us-*", "ap-*", "eu-*", "us-*")

// TestWhatARegionIsCalledMakesNoDifference gives the Regions of random accounts other names, in the functions and in the policies alike: each
// role leads to the same ends, whichever function comes first in the list.
func TestWhatARegionIsCalledMakesNoDifference(t *testing.T) {
	led, told := 0, 0
	for seed := uint64(*first); seed < uint64(*first+*accounts); seed++ {
		w := &world{Rand: rand.New(rand.NewPCG(seed, 7))}
		plain := w.account()
		w = &world{Rand: rand.New(rand.NewPCG(seed, 7)), renamed: otherNames}
		renamed := w.account()
		before, after := danger.NewGraph(plain, now, check.Parameters{}), danger.NewGraph(renamed, now, check.Parameters{})
		for _, s := range plain.Roles {
			want, got := endsOf(before, s.ARN()), endsOf(after, s.ARN())
			if !slices.Equal(want, got) {
				t.Fatalf("seed %d: %s, by %s, leads to %q, and with other names of the Regions to %q", seed, s.Ref.Name, s.Inline.Or(nil)[0].Text.Or(""), want, got)
			}
			if led += len(want); strings.Contains(s.Inline.Or(nil)[0].Text.Or(""), "RequestedRegion") && len(want) > 0 {
				told++
			}
		}
	}
	if led < 100 || told < 20 {
		t.Errorf("the roles lead to %d ends, and %d that lead somewhere tell Regions apart: the accounts do not differ enough", led, told)
	}
}

// endsOf are the names of all that a role leads to for certain, in order.
func endsOf(g *reach.Graph, arn string) (names []string) {
	for _, p := range g.Of(arn).Paths {
		for _, e := range append([]reach.End{p.End}, p.Others...) {
			names = append(names, e.Standing.Power.String()+" "+g.EndName(&e))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
