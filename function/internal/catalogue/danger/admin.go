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

// admin reports roles with administrator access, unless AWS managed policies for administrators are the only reason. RW302
// reports those.
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
	on, where := extentOf(statements)
	why := "It allows every action" + on + where + "."
	if len(statements) > 1 {
		why = "Together with the other statements, it allows every action" + on + where + "."
	}
	d := check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     name + " has administrator access",
		Evidence:  j.e.Evidence(statements, why),
		Fix:       adminFix(p.Role, statements),
	}
	sentences := []string{"The role " + name + " can perform every action" + on + " in account " + p.Role.Ref.Account + where + ". " + restrictionSentence(j.denies())}
	if guards := got.guards.List(); len(guards) > 0 {
		d.Title += ", except for the actions that " + words.Count(len(guards), "statement") + words.Either(len(guards), " denies", " deny")
		sentences = []string{"The role " + name + " can perform every action on every resource in account " + p.Role.Ref.Account + ", except " + list(got.lost) + ". " +
			words.Upper(list(statementNames(guards))) + words.Either(len(guards), " denies", " deny") + " that."}
		sentences = append(sentences, j.guardSentence(got))
		d.Evidence = append(d.Evidence, j.e.Evidence(guards, "It denies some of what the role could otherwise do.")...)
	}
	d.Detail = detail(append(sentences, j.e.Caveats...)...)
	return d
}

func statementNames(refs []policy.StatementRef) []string {
	var out []string
	for _, ref := range refs {
		out = append(out, role.NameOf(ref).InWords())
	}
	return out
}

// guardSentence says whether the role can remove what restricts it.
func (j *judge) guardSentence(got power) string {
	own := func(ref policy.StatementRef) bool {
		return slices.ContainsFunc(j.e.Set.Identity, func(part policy.Part) bool { return part.Document == ref.Document })
	}
	if slices.ContainsFunc(got.guards.List(), func(ref policy.StatementRef) bool { return !own(ref) }) {
		return "The role can do everything else, including changes to roles, users and policies."
	}
	for _, change := range selfChanges(j.subject.Role) {
		for _, resource := range change.resources {
			if change.what != ownPolicies {
				continue
			}
			for _, action := range change.actions {
				if j.on(action, resource, j.attaching(change.attaches)[0]).Allowed() {
					return "The role can remove this restriction: its own policies allow " + action + " on the role."
				}
			}
		}
	}
	return "The role can do everything else, including changes to roles, users and policies."
}

// adminFix removes the policy that is the cause, or says which statement to narrow.
func adminFix(r *role.Snapshot, statements []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: "Allow only the actions that the functions need, on the resources that they need."}
	if len(statements) == 0 {
		return fix
	}
	first := statements[0]
	if len(statements) > 1 {
		fix.Summary = "Together, these statements allow everything. In each, allow only the actions that the functions need, on the resources that they need."
		return fix
	}
	if name, ok := role.Part(first.Policy).InlineName(); ok {
		fix.Summary = "Allow only what the functions need. The command deletes the whole inline policy: first add one that allows what the functions need."
		fix.Command = rewrite.Command("iam delete-role-policy", "--role-name", r.Ref.Name, "--policy-name", name)
		if text, err := policy.RemoveStatement(first.Document, first.Statement.Index); err == nil && len(first.Document.Statements) > 1 {
			fix.Summary = "Allow only what the functions need. The command removes the statement from the inline policy and keeps the other statements."
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

// adminPolicy reports each AWS managed policy for administrators that is attached, unless a boundary or Deny statements leave nothing
// of it. It reports one also where other policies could not be read: the attachment is a fact.
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

// leaves reports whether the boundary, Deny statements and the organization leave some of what an attached policy allows.
func (j *judge) leaves(part role.Part) bool {
	bare := newJudge(j.subject, j.e.Only(part).Unlimited())
	return slices.ContainsFunc(powers, func(name string) bool {
		return bare.anywhere(name, nil).Allowed() && j.anywhere(name, nil).Possible()
	})
}

func adminPolicyDiagnostic(p *check.Pass, e *effective.Permissions, attachedPolicy role.Policy, name string) check.Diagnostic {
	sentences := []string{name + " is an AWS managed policy for people who administer an account. " + usedBy(p.Role)}
	if p.Role.Boundary.State() == role.Unknown {
		sentences = append(sentences, "Whether a permissions boundary limits the role is unknown, because rolewatch could not read the boundary.")
	}
	evidence := check.Evidence{Policy: attachedPolicy.Part.String(), Statement: -1, Text: attachedPolicy.ARN, Why: "It is attached to the role."}
	if doc := attachedPolicy.Document; doc != nil {
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

// usedBy is a sentence on the functions that use the role.
func usedBy(r *role.Snapshot) string {
	switch n := len(r.Users.List); {
	case n > 1:
		return r.Ref.Name + " is the execution role of several functions. Anyone who controls one of them gets the permissions of the policy."
	case n == 1:
		return r.Ref.Name + " is the execution role of a function. Anyone who controls the function gets the permissions of the policy."
	case r.Users.Complete:
		return "No function uses the role " + r.Ref.Name + " at present."
	}
	return "The functions that use the role " + r.Ref.Name + " are not known yet."
}
