package danger

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// passContext passes a role to a service that no policy names: what is allowed in it is allowed to any service.
var passContext = policy.Context{
	Keys: map[string]policy.ContextValue{
		"iam:passedtoservice": {Presence: policy.KeyPresent, Values: []string{"rolewatchprobe.amazonaws.com"}},
	},
	RestUnknown: true,
}

// passRole asks for two roles with names that nobody would write into a policy, one of them under a path.
func passRole(p *check.Pass) {
	prefix := "arn:" + p.Role.Ref.Partition + ":iam::" + p.Role.Ref.Account + ":role/"
	probes := []probe{{"iam:PassRole", prefix + "q7zk3-rolewatch-probe"}, {"iam:PassRole", prefix + "x9/v4/q7zk3-rolewatch-probe"}}
	e := effectiveOf(p.Role)
	for i, part := range e.set.Identity {
		// An administrator's policy whose text is unknown passes every role, if it is the one that does.
		if name, ok := adminName(part.Name); ok && part.Document == nil {
			e.set.Identity[i].Document, _ = policy.Parse([]byte(adminPolicies[name]), policy.Identity)
		}
	}
	decision, statements, hangs := e.ask(p.Role, probes, passContext)
	switch decision {
	case policy.Unknown:
		if len(e.missing) == 0 {
			e.missing = hangs
		}
		p.Undecided("", e.missing...)
	case policy.Allowed:
		name := p.Role.Ref.Name
		p.Report(check.Diagnostic{
			Functions: p.Role.Users.List,
			Title:     name + " may pass any role to any service",
			Detail: detail(append([]string{"The role " + name + " may pass every role of account " + p.Role.Ref.Account + " to every service: " +
				"iam:PassRole is allowed on a role and for a service that no policy names."}, e.caveats...)...),
			Evidence: evidenceOf(statements, "It allows iam:PassRole on every role, and does not say to which service."),
			Fix:      passRoleFix(p.Role, statements),
		})
	}
}

// passRoleFix ties the statement to Lambda where it allows nothing but iam:PassRole and has no condition; elsewhere it
// says what to do.
func passRoleFix(r *role.Snapshot, statements []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: "Name the roles that are to be passed in Resource, and the service in a condition: " +
		`"Condition":{"StringEquals":{"iam:PassedToService":"SERVICE.amazonaws.com"}}.`}
	if len(statements) == 0 {
		return fix
	}
	s := statements[0]
	if _, _, managed := strings.Cut(s.Policy, ":iam::aws:policy/"); managed {
		fix.Summary = "Detach AWS's managed policy, and attach one that names the roles to be passed and the service."
		fix.Command = check.Shell("aws", "iam", "detach-role-policy", "--role-name", r.Ref.Name, "--policy-arn", s.Policy)
		return fix
	}
	if !s.Statement.HasAction || len(s.Statement.Actions) != 1 || !strings.EqualFold(s.Statement.Actions[0].Text, "iam:PassRole") ||
		s.Statement.ConditionSpan != (policy.Span{}) {
		return fix
	}
	end := s.Statement.ResourceSpan.End
	text, err := policy.Apply(s.Document, policy.Edit{
		Span: policy.Span{Start: end, End: end}, Text: `, "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}`,
	})
	if err != nil {
		return fix
	}
	fix.Summary = "Let roles be passed to Lambda alone; if another service is meant, name it instead. Name the roles in Resource too."
	fix.Document = string(text)
	if name, ok := strings.CutPrefix(s.Policy, "inline:"); ok {
		fix.Command = check.Shell("aws", "iam", "put-role-policy", "--role-name", r.Ref.Name, "--policy-name", name, "--policy-document", fix.Document)
	} else {
		fix.Command = check.Shell("aws", "iam", "create-policy-version", "--policy-arn", s.Policy, "--set-as-default", "--policy-document", fix.Document)
	}
	return fix
}
