package exposure

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// withText completes a fix with a trust policy, where there is one.
func withText(fix check.Fix, r *role.Snapshot, text string) check.Fix {
	if text != "" {
		if trust := r.Trust.Or(role.Policy{}); trust.Document != nil && rewrite.NamesDead(trust.Document) != nil {
			fix.Summary += " The document also removes principals that were deleted, because IAM rejects a trust policy that names their IDs."
		}
		fix.Document = text
		fix.Command = rewrite.Command("iam update-assume-role-policy", "--role-name", r.Ref.Name, "--policy-document", text)
	}
	return fix
}

// lambdaAlone is the statement that allows Lambda to assume the role.
const lambdaAlone = `{"Effect":"Allow","Principal":{"Service":"` + aws.LambdaService + `"},"Action":"sts:AssumeRole"}`

// without removes principals from statements, and statements that name no other principal from the policy. It makes sure that the
// policy allows Lambda to assume the role: by another statement that does already, in the place of the removed principals, or, where
// that statement requires what Lambda never sends (an external ID, a token), by a separate statement. It returns nothing where the
// policy cannot be edited so. It also removes principals that were deleted, because IAM would reject the whole policy.
func without(p *check.Pass, doc *policy.Document, refs []policy.StatementRef, named func(policy.Principal) bool) string {
	at := rewrite.NamesDead(doc)
	for _, ref := range refs {
		if !slices.Contains(at, ref.Statement.Index) {
			at = append(at, ref.Statement.Index)
		}
	}
	drop := func(one policy.Principal) bool { return rewrite.Dead(one) || named(one) }
	bare := rewrite.Without(doc, at, drop)
	if bare != "" && lambdaIn(p, bare, effective.MayBe) {
		return bare
	}
	allowed := func(v policy.Verdict) bool { return v.Decision == policy.Allowed }
	for _, text := range []string{rewrite.Instead(doc, at, drop, aws.LambdaService), rewrite.WithoutBeside(doc, at, drop, lambdaAlone)} {
		if text != "" && lambdaIn(p, text, allowed) {
			return text
		}
	}
	return bare // Something else denies Lambda, which other checks report.
}

// lambdaIn reports whether a trust policy allows Lambda to assume the role for every function of the role.
func lambdaIn(p *check.Pass, text string, good func(policy.Verdict) bool) bool {
	functions := p.Role.Users.List
	if len(functions) == 0 {
		functions = []role.Function{{}}
	}
	trust := role.NewPolicy(role.PartTrust, text, policy.Trust).AsPart()
	return !slices.ContainsFunc(functions, func(f role.Function) bool {
		return !good(policy.LambdaCanAssume(trust, nil, p.Role.ARN(), p.Role.KnownTags(), f.ARN, p.Now))
	})
}
