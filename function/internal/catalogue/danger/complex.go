package danger

import (
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// tooComplex fires where a question about the role was given up for lack of budget. It runs after all others.
func tooComplex(p *check.Pass, _ []check.Diagnostic) {
	statements, exceeded := effective.BudgetOf(p.Subject).Exceeded()
	if !exceeded {
		judgeOf(p.Subject).undecidedIfUnread(p)
		return
	}
	d := check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     "The policies of " + p.Role.Ref.Name + " are too complex to judge",
		Detail: "What the role " + p.Role.Ref.Name + " may do could not be worked out completely: the work was ended at its limit. Checks without an answer " +
			"are listed as undecided; what they would report is not known.",
		Evidence: effective.Of(p.Subject).Evidence(statements, "It takes the most work."),
		Fix: check.Fix{Summary: "Write the statement more simply: fewer wildcards in a value, and fewer condition keys that are compared together. What a condition " +
			"cannot say simply, say by naming actions and resources."},
	}
	if len(d.Evidence) == 0 {
		d.Parts = []role.Part{role.PartItself}
	}
	p.Report(d)
}
