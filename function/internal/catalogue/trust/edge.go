package trust

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// edge judges the role for Lambda@Edge, where the function is known to be replicated. Where that is not known, nothing is
// reported: any version in us-east-1 could be one, and hardly any is.
func (j judgement) edge() []cause {
	if !j.f.Edge.Or(false) || j.doc() == nil {
		return nil
	}
	v := j.askEdge()
	switch v.Decision {
	case policy.Allowed:
		return nil
	case policy.Unknown:
		missing := effective.Open("trust policy: ", v)
		if len(missing) == 0 {
			missing = unclear(v)
		}
		return []cause{{check: edgeTrustMissing, missing: missing}}
	}
	d := check.Diagnostic{
		Title:    "The trust policy of " + j.name() + " does not allow Lambda@Edge to assume the role",
		Detail:   "The function is replicated as a Lambda@Edge function. CloudFront requires that its role trusts edgelambda.amazonaws.com in addition to lambda.amazonaws.com.",
		Evidence: []check.Evidence{j.whole("No statement allows edgelambda.amazonaws.com to assume the role.")},
	}
	if v.Decision == policy.ExplicitDeny {
		d.Evidence = nil
		for _, ref := range v.Statements {
			d.Evidence = append(d.Evidence, j.evidence(ref.Statement.Index, "It denies sts:AssumeRole to edgelambda.amazonaws.com."))
		}
	}
	d.Fix = j.edgeFix(v)
	return []cause{{check: edgeTrustMissing, diagnostic: d}}
}

func (j judgement) askEdge() policy.Verdict {
	trust := j.trust.AsPart()
	return policy.Evaluate(j.by(aws.EdgeService), policy.Set{Resource: &trust})
}

// edgeFix allows Lambda@Edge: it is exempt from what denies it, and gets a separate statement where none is for it.
func (j judgement) edgeFix(v policy.Verdict) check.Fix {
	summary := "Add a statement that allows Lambda@Edge to assume the role." + keepRest
	var text []byte
	var err error
	switch {
	case v.Decision != policy.ExplicitDeny:
		text, err = policy.AppendStatement(j.doc(), strings.Replace(lambdaStatement, aws.LambdaService, aws.EdgeService, 1))
	case len(v.Statements) == 1 && isFor(v.Statements[0].Statement, aws.EdgeService):
		summary = "Remove the Deny statement, which applies only to Lambda@Edge." + keepRest
		text, err = policy.RemoveStatement(j.doc(), v.Statements[0].Statement.Index)
	default:
		summary = exempted(v, "Lambda@Edge")
		text, err = exemptIn(j.doc(), v.Statements, exempt(aws.EdgeService))
	}
	if err != nil {
		return check.Fix{Summary: summary}
	}
	draft := j.with(text)
	switch after := draft.askEdge(); {
	case after.Decision == policy.Allowed:
		return j.set(summary, text)
	case after.Decision == policy.Unknown || draft.fixes >= mostFixes:
		return check.Fix{Summary: summary}
	default:
		return also(summary, draft.edgeFix(after))
	}
}

// isFor reports whether a statement names one service and no other principal.
func isFor(s *policy.Statement, service string) bool {
	return !s.NotPrincipal && !slices.ContainsFunc(s.Principals, func(p policy.Principal) bool {
		return p.Type != "Service" || p.Text != service
	})
}
