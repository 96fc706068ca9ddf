package danger

import (
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/policy"
)

// compare gives what some policies allow and others did not, within the role's budget.
func (j *judge) compare(before, after policy.Set) policy.Comparison {
	return effective.Compare(before, after, effective.BudgetOf(j.subject))
}
