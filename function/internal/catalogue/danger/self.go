package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// selfChange is a way in which a role could change itself: what of it, by which actions on which resources.
type selfChange struct {
	what      string
	actions   []string
	resources []string
	// attaches is the managed policy of AWS that the request attaches, if any.
	attaches string
}

// ownPolicies is what a role changes of itself to allow itself more.
const ownPolicies = "its own policies"

// selfChanges are all of them for one role. Its boundary counts where it has one, or may have.
func (j *judge) selfChanges() []selfChange {
	r := j.subject.Role
	own := []string{r.ARN()}
	list := []selfChange{
		{what: ownPolicies, actions: []string{"iam:PutRolePolicy"}, resources: own},
		{what: ownPolicies, actions: []string{"iam:AttachRolePolicy"}, resources: own, attaches: administrator},
		{what: ownPolicies, actions: []string{"iam:DeleteRolePolicy", "iam:DetachRolePolicy"}, resources: own},
		{what: "its own trust policy", actions: []string{"iam:UpdateAssumeRolePolicy"}, resources: own},
	}
	var managed []string
	for _, p := range attached(r) {
		if p.ARN != "" && !aws.IsAWSManagedPolicy(p.ARN) {
			managed = append(managed, p.ARN)
		}
	}
	versions := []string{"iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"}
	list = append(list, selfChange{what: ownPolicies, actions: versions, resources: managed})
	if r.Boundary.State() != role.Absent {
		list = append(list, selfChange{
			what: "its own permissions boundary", actions: []string{"iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"}, resources: own,
		})
		if b, ok := r.Boundary.Get(); ok && b.ARN != "" && !aws.IsAWSManagedPolicy(b.ARN) {
			list = append(list, selfChange{what: "its own permissions boundary", actions: versions, resources: []string{b.ARN}})
		}
	}
	var functions []string
	for _, f := range r.Users.List {
		functions = append(functions, f.ARN)
	}
	functions = distinct(functions)
	return append(list, selfChange{
		what: "the code or configuration of its functions", resources: functions,
		actions: []string{"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"},
	})
}

// selfModify fires where the role can change what limits it, or what runs under it.
func selfModify(p *check.Pass) {
	j := judgeOf(p.Subject)
	var whats []string
	var hangs []role.Gap
	all := ask.Answer{Decision: policy.Allowed}
	for _, c := range j.selfChanges() {
		for _, resource := range c.resources {
			for _, action := range c.actions {
				var got ask.Answer
				for _, keys := range j.attaching(c.attaches) {
					got = ask.Better(got, j.on(action, resource, keys))
				}
				switch got.Decision {
				case policy.Allowed:
					all = ask.Both(all, got)
					if !slices.Contains(whats, c.what) {
						whats = append(whats, c.what)
					}
				case policy.Unknown:
					hangs = append(hangs, got.DependsOn...)
				}
			}
		}
	}
	if len(whats) == 0 {
		if hangs = append(hangs, j.unread()...); len(hangs) > 0 {
			p.Undecided("", role.DistinctGaps(hangs)...)
		}
		return
	}
	p.Report(j.selfDiagnostic(whats, all))
}

func (j *judge) selfDiagnostic(whats []string, all ask.Answer) check.Diagnostic {
	r := j.subject.Role
	d := check.Diagnostic{
		Functions: r.Users.List,
		Title:     r.Ref.Name + " can change " + list(whats),
		Evidence:  j.stepEvidence(all.Steps),
		Fix: check.Fix{Summary: "Deny the role to change itself and its functions, or name in Resource what it has to change. What deploys a function should not be " +
			"what the function runs as."},
	}
	if j.opening().everything {
		d.Detail = "As an administrator, " + r.Ref.Name + " can undo whatever is done to limit it."
		d.Evidence = d.Evidence[:1]
		return d
	}
	shown := all.Steps[:min(len(all.Steps), maxList)]
	d.Detail = detail(append([]string{"The role " + r.Ref.Name + " can change " + list(whats) + ", and so undo what is done to limit it, or stay when it is cleaned: " +
		stepTexts(shown) + "."}, j.e.Caveats...)...)
	return d
}
