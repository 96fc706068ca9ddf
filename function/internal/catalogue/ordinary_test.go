package catalogue_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// TestNoOrdinaryRoleIsTooComplex judges roles with each of AWS's managed policies alone, and with 10 to 20 of them, which is as many
// as a role can have: none of them is too complex.
func TestNoOrdinaryRoleIsTooComplex(t *testing.T) {
	texts := externaldata.ManagedPolicies(t)
	names := slices.Sorted(maps.Keys(texts))
	policies := make(map[string]role.Policy, len(names))
	for _, name := range names {
		p := role.NewPolicy(role.ManagedPart("arn:aws:iam::aws:policy/"+name), string(texts[name]), policy.Identity)
		p.ARN = p.Part.String()
		policies[name] = p
	}
	most := map[string]int{}
	judge := func(names []string) {
		var attached []role.Policy
		for _, name := range names {
			attached = append(attached, policies[name])
		}
		s := usedRole(usualTrust, attached...)
		s.Role.Tags = role.Have(map[string]string(nil))
		if result := check.Run(catalogue.Checks(), s); speaks(result, danger.TooComplex, "") {
			t.Errorf("too complex: %q", names)
		}
		for _, share := range effective.BudgetOf(s).Shares() {
			most[share.Name] = max(most[share.Name], 100*share.Used/share.Of)
		}
	}
	for _, name := range names {
		judge([]string{name})
	}
	t.Logf("one policy: %d roles, at most %v %% of the budget", len(names), most)
	r := rand.New(rand.NewPCG(11, 12))
	for range combinations {
		drawn := make([]string, 10+r.IntN(11))
		for i := range drawn {
			drawn[i] = names[r.IntN(len(names))]
		}
		slices.Sort(drawn)
		judge(slices.Compact(drawn))
	}
	// The longest ones are most work.
	long := slices.SortedFunc(slices.Values(names), func(a, b string) int { return len(texts[b]) - len(texts[a]) })
	judge(long[:20])
	t.Logf("up to 20 policies: %d roles, at most %v %% of the budget", combinations+1, most)
	if len(names) < 1000 || most["evaluations"] == 0 {
		t.Fatalf("%d policies took %v %% of the budget", len(names), most)
	}
}

// combinations are how many roles of many policies are drawn.
const combinations = 100
