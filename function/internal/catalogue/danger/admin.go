package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// adminProbes are requests over so many services, one of them made up, that only everything on everything allows them
// all. None of them is for a resource whose own policy has to allow it too, as a key's has, nor one
// that organizations are wont to deny to administrators, as leaving them.
func adminProbes(r *role.Snapshot, region string) []probe {
	arn := func(service, region, resource string) string {
		return aws.ARN{Partition: r.Ref.Partition, Service: service, Region: region, Account: r.Ref.Account, Resource: resource}.String()
	}
	return []probe{
		{"iam:CreateUser", arn("iam", "", "user/rolewatch-probe")},
		{"iam:PutRolePolicy", arn("iam", "", "role/rolewatch-probe")},
		{"iam:PassRole", arn("iam", "", "role/rolewatch-probe")},
		{"s3:DeleteBucket", aws.ARN{Partition: r.Ref.Partition, Service: "s3", Resource: "rolewatch-probe"}.String()},
		{"kms:CreateKey", "*"},
		{"ec2:RunInstances", arn("ec2", region, "instance/*")},
		{"dynamodb:DeleteTable", arn("dynamodb", region, "table/rolewatch-probe")},
		{"lambda:UpdateFunctionCode", arn("lambda", region, "function:rolewatch-probe")},
		{"sqs:DeleteQueue", arn("sqs", region, "rolewatch-probe")},
		{"rolewatchprobe:Probe", arn("rolewatchprobe", region, "thing/probe")},
	}
}

// administers asks whether the role may do everything, in one of the Regions.
func (j *judge) administers() answer {
	return j.inRegions(func(at scope) answer {
		at.unnamed = true
		return j.all(adminProbes(j.subject.Role, at.region), at, nil)
	})
}

// all is the answer to all probes together.
func (j *judge) all(probes []probe, at scope, keys map[string]string) answer {
	out := answer{decision: policy.Allowed}
	for _, one := range probes {
		got := j.ask(one.action, one.resource, at, keys)
		if !possible(got) {
			return answer{decision: got.decision}
		}
		out = join(out, got)
	}
	return out
}

// admin fires where the role is an administrator, and AWS's own policies for administrators are not the only reason: that
// is RW302's to tell.
func admin(p *check.Pass) {
	j := judgeOf(p.Subject)
	got := j.opening().admin
	if parts := adminPolicies(p.Role); len(parts) > 0 {
		if got = newJudge(p.Subject, j.e.Without(parts...)).administers(); !possible(got) && !possible(newJudge(p.Subject, j.e.Only(parts...)).administers()) {
			got = j.opening().admin
		}
	}
	switch got.decision {
	case policy.Unknown:
		p.Undecided("", got.hangs...)
	case policy.Allowed:
		p.Report(adminDiagnostic(p, j.e, got.statements))
	}
}

func adminDiagnostic(p *check.Pass, e *effective.Permissions, statements []policy.StatementRef) check.Diagnostic {
	name := p.Role.Ref.Name
	why := "It allows every action on every resource."
	if len(statements) > 1 {
		why = "Together with the others it allows every action on every resource."
	}
	return check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     name + " is an administrator",
		Detail: detail(append([]string{"The role " + name + " may do everything to everything in account " + p.Role.Ref.Account + ": ten requests " +
			"to services that have nothing in common are all allowed, and neither a deny nor a permissions boundary takes one of them away."}, e.Caveats...)...),
		Evidence: e.Evidence(statements, why),
		Fix:      adminFix(p.Role, statements),
	}
}

// adminFix takes away the policy that is to blame, or says which statement to narrow.
func adminFix(r *role.Snapshot, statements []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: "Allow only the actions that the functions need, on the resources that they need."}
	if len(statements) == 0 {
		return fix
	}
	first := statements[0]
	if len(statements) > 1 {
		fix.Summary = "Together these statements allow everything. Narrow each to the actions that the functions need, on the resources that they need."
		return fix
	}
	if name, ok := role.Part(first.Policy).InlineName(); ok {
		fix.Summary = "Narrow the statement to what the functions need. The command takes the whole inline policy away: put one first that allows what they need."
		fix.Command = rewrite.Command("iam delete-role-policy", "--role-name", r.Ref.Name, "--policy-name", name)
		if text, err := policy.RemoveStatement(first.Document, first.Statement.Index); err == nil && len(first.Document.Statements) > 1 {
			fix.Summary = "Narrow the statement to what the functions need. This takes it out of the inline policy, and leaves the others."
			fix.Document = string(text)
			fix.Command = rewrite.Command("iam put-role-policy", "--role-name", r.Ref.Name, "--policy-name", name, "--policy-document", fix.Document)
		}
		return fix
	}
	fix.Summary = "Detach the policy, and attach one that allows only what the functions need."
	fix.Command = rewrite.Command("iam detach-role-policy", "--role-name", r.Ref.Name, "--policy-arn", first.Policy)
	return fix
}

// attached are the role's managed policies, as far as they are known.
func attached(r *role.Snapshot) []role.Policy {
	return slices.Concat(r.Attached.Or(nil), r.Seen)
}

func adminPolicies(r *role.Snapshot) []role.Part {
	var parts []role.Part
	for _, p := range attached(r) {
		if _, ok := effective.AdministratorPolicy(p.ARN); ok {
			parts = append(parts, p.Part)
		}
	}
	return parts
}

// adminPolicy fires for each administrator's policy that is attached, unless a boundary or denies leave nothing of it.
// What could not be read does not keep it from firing: that it is attached is a fact.
func adminPolicy(p *check.Pass) {
	if p.Role.Attached.State() == role.Unknown {
		p.Undecided("", "attached policies: "+p.Role.Attached.Why())
	}
	for _, attachedPolicy := range attached(p.Role) {
		name, ok := effective.AdministratorPolicy(attachedPolicy.ARN)
		if !ok {
			continue
		}
		j := judgeOf(p.Subject)
		if !j.leaves(attachedPolicy.Part) {
			continue
		}
		p.Report(adminPolicyDiagnostic(p, j.e, attachedPolicy, name))
	}
}

// leaves tells whether some of what an attached policy allows is left by boundary, denies and organization.
func (j *judge) leaves(part role.Part) bool {
	bare := newJudge(j.subject, j.e.Only(part).Unlimited())
	return slices.ContainsFunc(j.regions, func(region string) bool {
		at := scope{region, true}
		return slices.ContainsFunc(adminProbes(j.subject.Role, region), func(one probe) bool {
			return bare.ask(one.action, one.resource, at, nil).decision == policy.Allowed && possible(j.ask(one.action, one.resource, at, nil))
		})
	})
}

func mayBe(d policy.Decision) bool { return d == policy.Allowed || d == policy.Unknown }

func adminPolicyDiagnostic(p *check.Pass, e *effective.Permissions, attachedPolicy role.Policy, name string) check.Diagnostic {
	sentences := []string{"AWS's managed policy " + name + " is attached to " + p.Role.Ref.Name + ", the execution role of " + functions(p.Role) + "."}
	if p.Role.Boundary.State() == role.Unknown {
		sentences = append(sentences, "Whether a permissions boundary limits it could not be read.")
	}
	evidence := check.Evidence{Policy: attachedPolicy.Part.String(), Statement: -1, Text: attachedPolicy.ARN, Why: "It is made for people who run an account."}
	if doc := attachedPolicy.Document; doc != nil && len(doc.Statements) > 0 {
		s := doc.Statements[0]
		evidence.Statement, evidence.Sid, evidence.Text = 0, s.Sid, doc.Text(s.Span)
	}
	return check.Diagnostic{
		Key:       attachedPolicy.ARN,
		Functions: p.Role.Users.List,
		Title:     name + " is attached to " + p.Role.Ref.Name,
		Detail:    detail(append(sentences, e.Caveats...)...),
		Evidence:  []check.Evidence{evidence},
		Fix: check.Fix{
			Summary: "Detach " + name + ", and attach a policy that allows what the functions need.",
			Command: rewrite.Command("iam detach-role-policy", "--role-name", p.Role.Ref.Name, "--policy-arn", attachedPolicy.ARN),
		},
	}
}

// functions says in words who uses the role.
func functions(r *role.Snapshot) string {
	switch n := len(r.Users.List); {
	case n == 1:
		return "one function"
	case n > 1:
		return "several functions"
	case r.Users.Complete:
		return "no function at present"
	}
	return "functions that are not known yet"
}
