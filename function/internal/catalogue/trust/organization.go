package trust

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// organization judges the resource control policies, where they are known.
func (j judgement) organization() []cause {
	rcps, ok := j.s.Role.RCPs.Get()
	if !ok {
		return nil
	}
	v := policy.LambdaCanAssume(j.trust.AsPart(), rcps, j.s.Role.ARN(), j.s.Role.KnownTags(), j.f.ARN, j.s.Now)
	switch v.Decision {
	case policy.Allowed:
		return nil
	case policy.Unknown:
		return []cause{{check: rcpDeniesLambda, missing: effective.Open("resource control policies: ", v)}}
	}
	denies := effective.Distinct(v.Statements)
	d := check.Diagnostic{
		Title:  "A resource control policy denies Lambda permission to assume " + j.name(),
		Detail: "The trust policy allows Lambda to assume the role, but a resource control policy of the organization denies sts:AssumeRole and does not exempt AWS services.",
	}
	for _, ref := range denies {
		s := ref.Statement
		d.Evidence = append(d.Evidence, check.Evidence{
			Policy: ref.Policy, Statement: s.Index, Sid: s.Sid, Text: ref.Document.Text(s.Span), Why: "It denies sts:AssumeRole and does not exempt AWS services.",
		})
	}
	d.Fix = exemptFromAll(denies)
	return []cause{{check: rcpDeniesLambda, diagnostic: d}}
}

// exemptFromAll is a document and its command, or a command for each policy where there are several. Where a statement has a condition on
// the key already, only a person can say what it should be.
func exemptFromAll(statements []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: "Exempt AWS services from the Deny statement of the resource control policy with a condition on aws:PrincipalIsAWSService."}
	var done, commands, kept []string
	for _, ref := range statements {
		if slices.Contains(done, ref.Policy) {
			continue
		}
		done = append(done, ref.Policy)
		same := slices.DeleteFunc(slices.Clone(statements), func(o policy.StatementRef) bool { return o.Policy != ref.Policy })
		text, err := exemptIn(ref.Document, same, exemptServices)
		if err != nil {
			kept = append(kept, role.Part(ref.Policy).InWords())
			continue
		}
		fix.Document = string(text)
		id, _ := role.Part(ref.Policy).RCPID()
		commands = append(commands, rewrite.Command("organizations update-policy", "--policy-id", id, "--content", fix.Document))
	}
	if len(done) > 1 {
		fix.Summary, fix.Document = "Exempt AWS services from the Deny statements of these resource control policies with a condition on aws:PrincipalIsAWSService.", ""
	}
	if len(kept) > 0 {
		return check.Fix{Summary: fix.Summary + " Change the condition on this key that " + words.List(kept) + words.Either(len(kept), " already has.", " already have.")}
	}
	fix.Command = strings.Join(commands, "\n")
	return fix
}
