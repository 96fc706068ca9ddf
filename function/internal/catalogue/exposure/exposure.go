// Package exposure holds the checks for who else can get into a role.
package exposure

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Checks are the checks of this package.
func Checks() []*check.Check {
	return []*check.Check{{
		ID: "RW401", Slug: "trust-anyone", Title: "Anyone can assume the role", Severity: check.Critical, Since: "0.1.0",
		Why: "The trust policy lets in every principal of every AWS account, without a condition that keeps anybody out. Whoever knows the " +
			"role's ARN has all that the role may do.",
		Fix: "Name who is meant to assume the role instead of \"*\". For an execution role that is the service lambda.amazonaws.com alone.",
		Source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html (Wildcards in the Principal " +
			"element: do not use one in a trust policy unless a condition restricts it)",
		Run: anyone,
	}}
}

// assumeActions are the ways into a role.
var assumeActions = []string{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"}

// anyone asks for an anonymous principal whose call carries no condition key: whatever that may do, anybody may.
func anyone(p *check.Pass) {
	trust, ok := p.Role.Trust.Get()
	if !ok {
		if p.Role.Trust.State() == role.Unknown {
			p.Undecided("", "trust policy: "+p.Role.Trust.Why())
		}
		return
	}
	if trust.Document == nil {
		if trust.Text.State() == role.Unknown {
			p.Undecided("", "trust policy: "+trust.Text.Why())
		}
		return
	}
	part := trust.AsPart()
	var evidence []check.Evidence
	var remove []int
	for _, action := range assumeActions {
		v := policy.Evaluate(policy.Request{Principal: "*", Action: action, Resource: p.Role.ARN()}, policy.Set{Resource: &part})
		if v.Decision != policy.Allowed {
			continue
		}
		for _, ref := range v.Statements {
			evidence, remove = note(evidence, remove, ref, action)
		}
	}
	if len(evidence) == 0 {
		return
	}
	name := p.Role.Ref.Name
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     "Anyone can assume " + name,
		Detail: fmt.Sprintf("The trust policy of %s lets principals of any AWS account assume it: no condition, and no other statement, keeps "+
			"strangers out.", name),
		Evidence: evidence,
		Fix:      fix(p.Role, trust.Document, remove),
	})
}

// note adds a statement once.
func note(evidence []check.Evidence, indices []int, ref policy.StatementRef, action string) ([]check.Evidence, []int) {
	for _, i := range indices {
		if i == ref.Statement.Index {
			return evidence, indices
		}
	}
	s := ref.Statement
	return append(evidence, check.Evidence{
		Policy: ref.Policy, Statement: s.Index, Sid: s.Sid, Text: ref.Document.Text(s.Span),
		Why: "It allows " + action + " to every principal, under no condition that a stranger would fail.",
	}), append(indices, s.Index)
}

// fix lets Lambda in where everybody was, beside those who are named.
func fix(r *role.Snapshot, doc *policy.Document, statements []int) check.Fix {
	var edits []policy.Edit
	out := check.Fix{Summary: "Trust Lambda where everyone is trusted. If somebody else is meant, name that principal instead."}
	for _, i := range statements {
		edit, err := rewrite.Principal(doc, &doc.Statements[i], func(p policy.Principal) bool { return p.Text != "*" }, policy.LambdaService)
		if err != nil {
			return out
		}
		edits = append(edits, edit)
	}
	if text, err := policy.Apply(doc, edits...); err == nil {
		out.Document = string(text)
		out.Command = check.Shell("aws", "iam", "update-assume-role-policy", "--role-name", r.Ref.Name, "--policy-document", out.Document)
	}
	return out
}
