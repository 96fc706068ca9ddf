package effective

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

type budgetKey struct{}

// BudgetOf is the budget of work for the role that is judged. All checks share it.
func BudgetOf(s *check.Subject) *ask.Budget {
	return check.Memo(s, budgetKey{}, ask.NewBudget)
}

// ShareBudget makes a subject spend the budget of another one: of the same role as it was before an edit, say.
func ShareBudget(s, of *check.Subject) {
	check.Memo(s, budgetKey{}, func() *ask.Budget { return BudgetOf(of) })
}

// Asking makes a session of the role with these permissions, to evaluate what the functions' code is allowed. Its work is taken
// out of the subject's budget.
func (p *Permissions) Asking(s *check.Subject) *ask.Session { return ask.NewSession(p.caller(s)) }

// AskingLambda is Asking for what Lambda itself does with the role's credentials.
func (p *Permissions) AskingLambda(s *check.Subject) *ask.Lambda { return ask.NewLambda(p.caller(s)) }

type callerKey struct{ permissions *Permissions }

// caller is the same for all who ask for a subject with these permissions.
func (p *Permissions) caller(s *check.Subject) *ask.Caller {
	return check.Memo(s, callerKey{p}, func() *ask.Caller { return p.newCaller(s) })
}

func (p *Permissions) newCaller(s *check.Subject) *ask.Caller {
	c := &ask.Caller{
		Role: p.role, Set: p.Set, Now: s.Now, Organization: s.Parameters.Organization, Explain: p.Hangs, Budget: BudgetOf(s),
	}
	if len(p.grantOnly) > 0 {
		set := p.Set
		set.Identity = slices.DeleteFunc(slices.Clone(set.Identity), func(one policy.Part) bool {
			return one.Document == nil && slices.Contains(p.grantOnly, one.Name)
		})
		c.Instead = &set
	}
	return c
}
