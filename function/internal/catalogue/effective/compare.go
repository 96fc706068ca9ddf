package effective

import (
	"context"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Compare gives what a role's permissions allow and its former ones did not. A comparison that fails is unknown as a whole. Its work
// is taken out of the role's budget; a check has no context to end it sooner.
func Compare(before, after policy.Set, budget *ask.Budget) policy.Comparison {
	if !holdsIdentity(before) && !holdsIdentity(after) {
		// A role without policies may do nothing, whatever limits it; policy.Compare would assume what it does not hold.
		return policy.Comparison{}
	}
	searches := budget.Searches()
	if c, steps, ok := comparisons.of(before, after); ok && steps <= searches.Left() {
		searches.Spend(steps)
		return c
	}
	left := searches.Left()
	c, err := policy.CompareWithin(context.Background(), before, after, searches)
	if err != nil {
		return policy.Comparison{Unknown: []policy.Undecidable{{Action: "*", Resource: "*", Why: err.Error()}}}
	}
	for _, u := range c.Unknown {
		if u.Exceeded {
			budget.Exceed(u.Statement)
			return c
		}
	}
	if steps := left - searches.Left(); steps > 0 {
		comparisons.add(remembered{before, after, c, steps})
	}
	return c
}

func holdsIdentity(s policy.Set) bool {
	return len(s.Identity) > 0 || slices.Contains(s.Unread, "identity")
}

// Covers reports whether one statement applies to every request that another one applies to, as far as that is decided within a
// budget.
func Covers(wide, narrow policy.StatementRef, budget *policy.Budget) policy.Truth {
	t, err := policy.CoversWithin(context.Background(), wide, narrow, budget)
	if err != nil {
		return policy.Undecided
	}
	return t
}
