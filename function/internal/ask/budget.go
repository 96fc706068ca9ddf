package ask

import "github.com/rolewatch/rolewatch/function/policy"

const (
	// searchSteps bounds the searches of all questions about one role, and of all comparisons of its policies; evaluationSteps
	// bounds the plain evaluations, which decide nearly all questions. A step is some 5 to 25 nanoseconds: together they are
	// about half a second at most.
	searchSteps     = 12_000_000
	evaluationSteps = 14_000_000
)

// Budget bounds the work of judging one role. What is not answered within it is unknown, and Exceeded says so.
type Budget struct {
	search, evaluations *policy.Budget
	exceeded            []policy.StatementRef
	isExceeded          bool
	unanswered          int
}

// NewBudget is the budget of one role.
func NewBudget() *Budget {
	return &Budget{search: policy.NewBudget(searchSteps), evaluations: policy.NewBudget(evaluationSteps)}
}

// Searches is the part of the budget that comparisons share.
func (b *Budget) Searches() *policy.Budget { return b.search }

// Reserve puts some hundredths of the evaluations that are left aside until they are released, so that one question that takes all
// that it may leaves enough for the plain ones that come after.
func (b *Budget) Reserve(percent int) policy.Reserved {
	return b.evaluations.Reserve(max(0, b.evaluations.Left()) / 100 * percent)
}

// ReserveOfAll is Reserve with hundredths of all evaluations that there were.
func (b *Budget) ReserveOfAll(percent int) policy.Reserved {
	return b.evaluations.Reserve(evaluationSteps / 100 * percent)
}

// Exceed notes that a question was not answered for lack of budget, and the statements that took the most work.
func (b *Budget) Exceed(statements ...policy.StatementRef) {
	b.isExceeded = true
	b.unanswered++
	if len(b.exceeded) == 0 {
		b.exceeded = statements
	}
}

// Exceeded reports whether some question was not answered for lack of budget, and names the statements that took the most work.
func (b *Budget) Exceeded() ([]policy.StatementRef, bool) { return b.exceeded, b.isExceeded }

// Unanswered is how often something was not answered for lack of budget, Aside left out.
func (b *Budget) Unanswered() int { return b.unanswered }

// Aside does work of which whoever asks for its results is told what it left out, and which is done when the first one asks: Unanswered does
// not count what it left out.
func (b *Budget) Aside(work func()) {
	before := b.unanswered
	work()
	b.unanswered = before
}

// Share is what one part of a budget had, and what was taken out of it: more than it had where the last piece of work was larger
// than what was left.
type Share struct {
	Name     string
	Of, Used int
}

// Shares are the parts of the budget.
func (b *Budget) Shares() []Share {
	return []Share{
		{"searches", searchSteps, searchSteps - b.search.Left()},
		{"evaluations", evaluationSteps, evaluationSteps - b.evaluations.Left()},
	}
}
