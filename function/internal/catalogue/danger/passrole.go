package danger

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// passKeys pass a role to a service that no policy names: what is allowed with them is allowed to any service.
var passKeys = map[string]string{"iam:passedtoservice": "rolewatchprobe.amazonaws.com"}

// passAny evaluates iam:PassRole on two roles that no policy names, one of them under a path.
func (j *judge) passAny() ask.Answer {
	r := j.subject.Role.Ref
	out := ask.Answer{Decision: policy.Allowed}
	for _, path := range []string{"/", "/x9/v4/"} {
		q := ask.Question{Action: "iam:PassRole", Resource: aws.RoleARN(r.Partition, r.Account, path, j.Name()).String(), Keys: passKeys, Unnamed: true}
		if out = ask.Both(out, j.Ask(q)); !out.Possible() {
			return out
		}
	}
	return out
}

func passRole(p *check.Pass) {
	j := judgeOf(p.Subject)
	got := j.passAny()
	switch {
	case got.Decision == policy.Unknown:
		p.Undecided("", got.DependsOn...)
	case got.Allowed() && len(got.Needs()) == 0:
		e, statements := j.e, got.Statements()
		name := p.Role.Ref.Name
		severity, leads := j.severityOfWide(reach.Pass, statements)
		p.Report(check.Diagnostic{
			Functions: p.Role.Users.List, Severity: severity,
			Title:    name + " can pass any role to any service",
			Detail:   detail(append([]string{"The policies of " + name + " allow iam:PassRole on any role of account " + p.Role.Ref.Account + " and to any service.", leads}, e.Caveats...)...),
			Evidence: e.Evidence(statements, "It allows iam:PassRole on roles that it does not name, and does not restrict the service."),
			Fix:      passRoleFix(p.Role, statements),
		})
	}
}

// passRoleFix fixes every policy that is a cause, if each can be fixed by a command. Otherwise it says what to do.
func passRoleFix(r *role.Snapshot, statements []policy.StatementRef) check.Fix {
	byHand := check.Fix{Summary: "In Resource, name the roles that the function has to pass. Name the service in a condition: " +
		`"Condition":{"StringEquals":{"iam:PassedToService":"SERVICE.amazonaws.com"}}.`}
	var fixes []check.Fix
	for i, s := range statements {
		if slices.ContainsFunc(statements[:i], func(o policy.StatementRef) bool { return o.Policy == s.Policy }) {
			continue
		}
		same := slices.DeleteFunc(slices.Clone(statements), func(o policy.StatementRef) bool { return o.Policy != s.Policy })
		fix, ok := passRolePolicyFix(r, same)
		if !ok {
			return byHand
		}
		fixes = append(fixes, fix)
	}
	switch len(fixes) {
	case 0:
		return byHand
	case 1:
		return fixes[0]
	}
	all := check.Fix{Summary: "Each of these policies allows it, and each command fixes one of them. Also name the roles in Resource."}
	for i, f := range fixes {
		if i > 0 {
			all.Command += "\n"
		}
		all.Command += f.Command
	}
	return all
}

// passRolePolicyFix fixes one policy. It detaches an AWS managed policy. In another policy, it restricts statements that allow
// only iam:PassRole and have no condition to Lambda.
func passRolePolicyFix(r *role.Snapshot, statements []policy.StatementRef) (check.Fix, bool) {
	first := statements[0]
	if aws.IsAWSManagedPolicy(first.Policy) {
		return check.Fix{
			Summary: "Detach the AWS managed policy, and attach one that names the service and the roles that the function has to pass.",
			Command: rewrite.Command("iam detach-role-policy", "--role-name", r.Ref.Name, "--policy-arn", first.Policy),
		}, true
	}
	var edits []policy.Edit
	for _, s := range statements {
		if len(s.Statement.Actions) != 1 || s.Statement.NotAction || !strings.EqualFold(s.Statement.Actions[0].Text, "iam:PassRole") ||
			s.Statement.ConditionSpan != (policy.Span{}) {
			return check.Fix{}, false
		}
		end := s.Statement.ResourceSpan.End
		edits = append(edits, policy.Edit{
			Span: policy.Span{Start: end, End: end}, Text: `, "Condition": {"StringEquals": {"iam:PassedToService": "` + aws.LambdaService + `"}}`,
		})
	}
	text, err := policy.Apply(first.Document, edits...)
	if err != nil {
		return check.Fix{}, false
	}
	fix := check.Fix{
		Summary:  "Allow roles to be passed to Lambda only. If the function passes them to another service, name that service instead. Also name the roles in Resource.",
		Document: string(text),
		Command:  rewrite.Command("iam create-policy-version", "--policy-arn", first.Policy, "--policy-document", string(text)) + " --set-as-default",
	}
	if name, ok := role.Part(first.Policy).InlineName(); ok {
		fix.Command = rewrite.Command("iam put-role-policy", "--role-name", r.Ref.Name, "--policy-name", name, "--policy-document", fix.Document)
	}
	return fix, true
}
