package trust

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// edgeService is the principal of Lambda@Edge.
const edgeService = "edgelambda.amazonaws.com"

// organization asks the resource control policies, where they are known.
func (j judgement) organization() []cause {
	rcps, ok := j.s.Role.RCPs.Get()
	if !ok {
		return nil
	}
	v := policy.LambdaCanAssume(j.trust.AsPart(), rcps, j.s.Role.ARN(), j.f.ARN, j.s.Now)
	switch v.Decision {
	case policy.Allowed:
		return nil
	case policy.Unknown:
		return []cause{{check: "RW115", missing: hanging("resource control policies", v)}}
	}
	d := check.Diagnostic{
		Title:  "A resource control policy keeps Lambda from assuming " + j.name(),
		Detail: "The trust policy lets Lambda in, and a resource control policy of the organization denies sts:AssumeRole without sparing AWS services.",
	}
	for _, ref := range v.Statements {
		s := ref.Statement
		d.Evidence = append(d.Evidence, check.Evidence{
			Policy: ref.Policy, Statement: s.Index, Sid: s.Sid, Text: ref.Document.Text(s.Span), Why: "It denies sts:AssumeRole, and does not spare AWS services.",
		})
	}
	d.Fix = spareServices(v.Statements)
	return []cause{{check: "RW115", diagnostic: d}}
}

// hanging says what an answer hangs on.
func hanging(part string, v policy.Verdict) []string {
	var out []string
	for _, key := range v.UnknownKeys {
		out = append(out, part+": what "+key+" holds is not known")
	}
	for _, unread := range v.Unread {
		out = append(out, unread+": not read")
	}
	return out
}

// spareServices is a document and its command, or a command for each policy where there are several.
func spareServices(statements []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: "Spare AWS services in the Deny statement of the resource control policy."}
	var done, commands []string
	for _, ref := range statements {
		if slices.Contains(done, ref.Policy) {
			continue
		}
		done = append(done, ref.Policy)
		same := slices.DeleteFunc(slices.Clone(statements), func(o policy.StatementRef) bool { return o.Policy != ref.Policy })
		text, err := spareIn(ref.Document, same, spareService)
		if err != nil {
			continue
		}
		fix.Document = string(text)
		commands = append(commands, check.Shell("aws", "organizations", "update-policy", "--policy-id", strings.TrimPrefix(ref.Policy, "rcp:"), "--content", fix.Document))
	}
	if len(done) > 1 {
		fix.Summary, fix.Document = "Spare AWS services in the Deny statements of these resource control policies.", ""
	}
	fix.Command = strings.Join(commands, "\n")
	return fix
}

// edge asks for Lambda@Edge, where the function is known to be replicated.
func (j judgement) edge() []cause {
	if !j.f.Edge.Or(false) || j.doc() == nil {
		return nil
	}
	trust := j.trust.AsPart()
	v := policy.Evaluate(policy.AssumedByService(edgeService, j.s.Role.ARN(), j.f.ARN, j.s.Now), policy.Set{Resource: &trust})
	switch v.Decision {
	case policy.Allowed:
		return nil
	case policy.Unknown:
		return []cause{{check: "RW116", missing: hanging("trust policy", v)}}
	}
	d := check.Diagnostic{
		Title:    "The trust policy of " + j.name() + " does not let Lambda@Edge in",
		Detail:   "The function is replicated as a Lambda@Edge function. CloudFront asks that its role trusts edgelambda.amazonaws.com beside lambda.amazonaws.com.",
		Evidence: []check.Evidence{j.whole("No statement lets edgelambda.amazonaws.com in.")},
	}
	if v.Decision == policy.ExplicitDeny {
		d.Evidence = nil
		for _, ref := range v.Statements {
			d.Evidence = append(d.Evidence, j.evidence(ref.Statement.Index, "It denies sts:AssumeRole to edgelambda.amazonaws.com."))
		}
		d.Fix = check.Fix{Summary: "Spare edgelambda.amazonaws.com in the Deny statement, and allow it sts:AssumeRole."}
		return []cause{{check: "RW116", diagnostic: d}}
	}
	text, err := policy.AppendStatement(j.doc(), strings.Replace(lambdaStatement, policy.LambdaService, edgeService, 1))
	d.Fix = j.fix("Add a statement that lets Lambda@Edge in; the others stay as they are.", text, err)
	return []cause{{check: "RW116", diagnostic: d}}
}
