package policy

import "context"

// Lifted gives the Deny statements of the old policies that none of the new ones covers for certain. What they denied is open to
// whoever another policy allows it: Compare reports that of resource policies and of policies that only limit, and of identity
// policies as far as the compared ones allow it. Its errors are Compare's.
func Lifted(ctx context.Context, old, new Set) ([]StatementRef, error) {
	budget := NewBudget(defaultSteps)
	c := &comparer{}
	c.old, c.statements = numberStatements(old, false, nil)
	c.new, c.statements = numberStatements(new, true, c.statements)
	var list []StatementRef
	for _, gone := range c.lifted() {
		covered := False
		for _, wide := range c.new.statements[gone.kind] {
			if wide.statement.Effect != Deny || covered == True {
				continue
			}
			truth, err := CoversWithin(ctx, wide.ref(), gone.ref(), budget)
			if err != nil {
				return nil, err
			}
			covered = or(covered, truth)
		}
		if covered != True {
			list = append(list, gone.ref())
		}
	}
	return list, nil
}
