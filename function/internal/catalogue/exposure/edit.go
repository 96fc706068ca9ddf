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
			fix.Summary += " Who was deleted goes too: IAM takes no trust policy that names an ID of such a user or role."
		}
		fix.Document = text
		fix.Command = rewrite.Command("iam update-assume-role-policy", "--role-name", r.Ref.Name, "--policy-document", text)
	}
	return fix
}

// lambdaAlone is the statement that lets Lambda in.
const lambdaAlone = `{"Effect":"Allow","Principal":{"Service":"` + aws.LambdaService + `"},"Action":"sts:AssumeRole"}`

// without takes principals out of statements, and statements that name nobody else out of the policy, and sees to it that
// Lambda is let in: by another statement that does already, in the place of those taken out, or, where that asks for what
// Lambda does not bring (an external ID, a token), by a statement of its own. It gives nothing where the policy cannot be
// edited so. Whoever was deleted goes too, for IAM would refuse the whole policy.
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
	return bare // Something else keeps Lambda out, which is told by the checks of that.
}

// lambdaIn asks whether a trust policy lets Lambda in for every function of the role.
func lambdaIn(p *check.Pass, text string, good func(policy.Verdict) bool) bool {
	functions := p.Role.Users.List
	if len(functions) == 0 {
		functions = []role.Function{{}}
	}
	trust := role.NewPolicy(role.PartTrust, text, policy.Trust).AsPart()
	return !slices.ContainsFunc(functions, func(f role.Function) bool {
		return !good(policy.LambdaCanAssume(trust, nil, p.Role.ARN(), f.ARN, p.Now))
	})
}
