package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// admin fires where the role is an administrator, and AWS's own policies for administrators are not the only reason: that
// is what RW302 reports.
func admin(p *check.Pass) {
	j := judgeOf(p.Subject)
	got := j.opening().admin
	if parts := adminPolicies(p.Role); len(parts) > 0 {
		if got = newJudge(p.Subject, j.e.Without(parts...)).administers(); !got.Possible() && !newJudge(p.Subject, j.e.Only(parts...)).administers().Possible() {
			got = j.opening().admin
		}
	}
	switch got.Decision {
	case policy.Unknown:
		p.Undecided("", got.DependsOn...)
	case policy.Allowed:
		p.Report(j.adminDiagnostic(p, got))
	}
}

func (j *judge) adminDiagnostic(p *check.Pass, got power) check.Diagnostic {
	name, statements := p.Role.Ref.Name, got.Statements()
	why := "It allows every action on every resource."
	if len(statements) > 1 {
		why = "Together with the others it allows every action on every resource."
	}
	d := check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     name + " is an administrator",
		Evidence:  j.e.Evidence(statements, why),
		Fix:       adminFix(p.Role, statements),
	}
	sentences := []string{"The role " + name + " may do everything to everything in account " + p.Role.Ref.Account + ", and neither a Deny statement nor a " +
		"permissions boundary takes anything of it away."}
	if len(got.guards) == 0 && len(j.denies()) > 0 {
		sentences = []string{"The role " + name + " may do everything in account " + p.Role.Ref.Account + ": its Deny statements do not apply to resources without tags that no policy names."}
	}
	if len(got.guards) > 0 {
		d.Title += ", but for what is denied by " + words.Count(len(got.guards), "statement")
		sentences = []string{"The role " + name + " may do everything to everything in account " + p.Role.Ref.Account + " but for " + list(got.lost) + ", denied by " +
			list(statementNames(got.guards)) + "."}
		sentences = append(sentences, j.guardSentence(got))
		d.Evidence = append(d.Evidence, j.e.Evidence(got.guards, "It takes away some of what the role could do as an administrator.")...)
	}
	d.Detail = detail(append(sentences, j.e.Caveats...)...)
	return d
}

func statementNames(refs []policy.StatementRef) []string {
	var out []string
	for _, ref := range refs {
		out = append(out, statementName(ref))
	}
	return out
}

// guardSentence says whether the role can remove what guards against it.
func (j *judge) guardSentence(got power) string {
	own := func(ref policy.StatementRef) bool {
		return slices.ContainsFunc(j.e.Set.Identity, func(part policy.Part) bool { return part.Document == ref.Document })
	}
	if slices.ContainsFunc(got.guards, func(ref policy.StatementRef) bool { return !own(ref) }) {
		return "Everything else it can do, with roles, users and policies too."
	}
	for _, change := range j.selfChanges() {
		for _, resource := range change.resources {
			if change.what != ownPolicies {
				continue
			}
			for _, action := range change.actions {
				if j.on(action, resource, j.attaching(change.attaches)[0]).Allowed() {
					return "Its own policies let the role remove this guard: it may call " + action + " on itself."
				}
			}
		}
	}
	return "Everything else it can do, with roles, users and policies too."
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
		p.Undecided("", p.Role.Attached.Gap("attached policies"))
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

// leaves reports whether some of what an attached policy allows is left by boundary, denies and organization.
func (j *judge) leaves(part role.Part) bool {
	bare := newJudge(j.subject, j.e.Only(part).Unlimited())
	return slices.ContainsFunc(powers, func(name string) bool {
		return bare.anywhere(name, nil).Allowed() && j.anywhere(name, nil).Possible()
	})
}

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
