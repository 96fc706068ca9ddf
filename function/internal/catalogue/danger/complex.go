package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// tooComplex reports a role for which some question was not answered within the budget. It runs after all others.
func tooComplex(p *check.Pass, _ []check.Diagnostic) {
	statements, exceeded := effective.BudgetOf(p.Subject).Exceeded()
	if !exceeded {
		judgeOf(p.Subject).undecidedIfUnread(p)
		return
	}
	d := check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     "The policies of " + p.Role.Ref.Name + " are too complex to evaluate",
		Detail: "rolewatch stopped evaluating what the role " + p.Role.Ref.Name + " can do when the evaluation reached its size limit. It is " +
			"unknown what the checks without a result would report.",
		Evidence: effective.Of(p.Subject).Evidence(statements, "Its evaluation takes the most work."),
		Fix: check.Fix{Summary: "Simplify the statement: use fewer wildcards in a value, and compare fewer condition keys together. Instead of a complex condition, " +
			"name actions and resources."},
	}
	// Which statement exceeds the limit depends on their order.
	d.Explains = true
	for _, e := range d.Evidence {
		d.Parts = append(d.Parts, role.Part(e.Policy))
	}
	slices.Sort(d.Parts)
	if d.Parts = slices.Compact(d.Parts); len(d.Parts) == 0 {
		d.Parts = []role.Part{role.PartItself}
	}
	p.Report(d)
}
