package effective

import (
	"context"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Compare gives what a role's permissions allow and its former ones did not. A comparison that fails is unknown as a whole.
// A check is bounded by the comparison's own budget and has no context to end it sooner.
func Compare(before, after policy.Set) policy.Comparison {
	if !holdsIdentity(before) && !holdsIdentity(after) {
		// A role without policies may do nothing, whatever limits it; policy.Compare would assume what it does not hold.
		return policy.Comparison{}
	}
	c, err := policy.Compare(context.Background(), before, after)
	if err != nil {
		return policy.Comparison{Unknown: []policy.Undecidable{{Action: "*", Resource: "*", Why: err.Error()}}}
	}
	return c
}

func holdsIdentity(s policy.Set) bool {
	return len(s.Identity) > 0 || slices.Contains(s.Unread, "identity")
}

// Covers reports whether one statement applies to every request that another one applies to.
func Covers(wide, narrow policy.StatementRef) policy.Truth {
	t, err := policy.Covers(context.Background(), wide, narrow)
	if err != nil {
		return policy.Undecided
	}
	return t
}
