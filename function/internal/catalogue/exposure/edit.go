package exposure

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// withText completes a fix with a trust policy, where there is one.
func withText(fix check.Fix, r *role.Snapshot, text string) check.Fix {
	if text != "" {
		fix.Document = text
		fix.Command = rewrite.Command("iam update-assume-role-policy", "--role-name", r.Ref.Name, "--policy-document", text)
	}
	return fix
}

// without takes principals out of statements, and statements that name nobody else out of the policy, as long as another
// one lets Lambda in; where none does, Lambda takes their place. It gives nothing where the policy cannot be edited so.
func without(doc *policy.Document, refs []policy.StatementRef, drop func(policy.Principal) bool) string {
	var edits []policy.Edit
	var empty []int
	lambda := slices.ContainsFunc(doc.Statements, func(s policy.Statement) bool {
		return s.Effect == policy.Allow && slices.ContainsFunc(s.Principals, func(one policy.Principal) bool { return one.Text == policy.LambdaService })
	})
	for _, ref := range refs {
		s := &doc.Statements[ref.Statement.Index]
		if lambda && !slices.ContainsFunc(s.Principals, func(one policy.Principal) bool { return !drop(one) }) {
			empty = append(empty, s.Index)
			continue
		}
		edit, err := rewrite.Principal(doc, s, func(one policy.Principal) bool { return !drop(one) && one.Text != policy.LambdaService }, policy.LambdaService)
		if err != nil {
			return ""
		}
		edits = append(edits, edit)
	}
	text, err := policy.Apply(doc, edits...)
	slices.Sort(empty)
	for _, i := range slices.Backward(empty) {
		// A fault that was there before stays, and is none of this edit's.
		next, _ := policy.Parse(text, policy.Trust)
		if err != nil || next == nil {
			return ""
		}
		text, err = policy.RemoveStatement(next, i)
	}
	if err != nil {
		return ""
	}
	return string(text)
}
