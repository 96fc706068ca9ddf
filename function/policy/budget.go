package policy

import "github.com/rolewatch/rolewatch/function/policy/internal/language"

// defaultSteps is the work that Compare does at most: about 0.4 seconds of one core.
const defaultSteps = 25_000_000

// Budget bounds the work of comparisons. It counts steps, each about the work of one small comparison: to match one short
// pattern with one name takes one to three. A step takes some 10 to 20 nanoseconds, depending on the machine, but a budget
// counts no time: the same comparison always takes the same number of steps. Comparisons that share a budget run one after the
// other, for a Budget must not be used by several goroutines at once.
type Budget struct{ steps language.Budget }

// NewBudget gives a budget of so many steps.
func NewBudget(steps int) *Budget { return &Budget{language.Budget{Steps: steps}} }

// Spend takes steps out of the budget and reports whether it had them. Of a budget that is spent it takes none: what they were for
// is not done.
func (b *Budget) Spend(n int) bool { return !b.Spent() && b.steps.Spend(n) }

// Reserve puts steps aside, as many of them as are left, until they are released: what is done before that leaves them for what
// comes after.
func (b *Budget) Reserve(n int) Reserved {
	n = min(n, b.left())
	b.steps.Steps -= n
	return Reserved{b, n}
}

// Reserved are steps of a budget that are put aside.
type Reserved struct {
	budget *Budget
	steps  int
}

// Release gives the steps back.
func (r Reserved) Release() { r.budget.steps.Steps += r.steps }

// Spent reports whether nothing is left.
func (b *Budget) Spent() bool { return b.steps.Steps <= 0 }

// Left is how many steps are left. It is negative where more was taken than there was.
func (b *Budget) Left() int { return b.steps.Steps }

// left is how many steps may be taken.
func (b *Budget) left() int { return max(0, b.steps.Steps) }
