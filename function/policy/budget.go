package policy

import "github.com/rolewatch/rolewatch/function/policy/internal/language"

// Budget bounds the work of searches and comparisons, in steps of about ten nanoseconds each. What is not decided within it is
// unknown. It is not safe for concurrent use.
type Budget struct{ work language.Budget }

// NewBudget makes a budget of a number of steps.
func NewBudget(steps int) *Budget { return &Budget{language.Budget{Steps: steps}} }

// Spend takes steps out of the budget and reports whether it had them.
func (b *Budget) Spend(steps int) bool { return b.work.Spend(steps) }

// Spent reports whether nothing is left.
func (b *Budget) Spent() bool { return b.work.Steps <= 0 }

// left is how many steps are left.
func (b *Budget) left() int { return max(0, b.work.Steps) }
