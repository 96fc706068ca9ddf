package danger

import (
	"slices"
	"sync"

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

// ownPolicies is what a role changes to get more permissions.
const ownPolicies = "its own policies"

// ownFunctions is what a role changes to stay.
const ownFunctions = "the code or configuration of its functions"

// selfChanges are all of them for one role. Its boundary counts where it has one, or may have.
func selfChanges(r *role.Snapshot) []selfChange {
	own := []string{r.ARN()}
	list := []selfChange{
		{what: ownPolicies, actions: []string{"iam:PutRolePolicy"}, resources: own},
		{what: ownPolicies, actions: []string{"iam:AttachRolePolicy"}, resources: own, attaches: administrator},
		{what: ownPolicies, actions: []string{"iam:DeleteRolePolicy", "iam:DetachRolePolicy"}, resources: own},
		{what: "its own trust policy", actions: []string{"iam:UpdateAssumeRolePolicy"}, resources: own},
	}
	var managed []string
	for _, p := range attached(r) {
		if isCustomerManaged(p.ARN) {
			managed = append(managed, p.ARN)
		}
	}
	versions := []string{"iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"}
	list = append(list, selfChange{what: ownPolicies, actions: versions, resources: managed})
	if r.Boundary.State() != role.Absent {
		list = append(list, selfChange{
			what: "its own permissions boundary", actions: []string{"iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"}, resources: own,
		})
		if b := r.Boundary.Or(role.Policy{}); isCustomerManaged(b.ARN) {
			list = append(list, selfChange{what: "its own permissions boundary", actions: versions, resources: []string{b.ARN}})
		}
	}
	var functions []string
	for _, f := range r.Users.List {
		functions = append(functions, f.ARN)
	}
	functions = distinct(functions)
	return append(list, selfChange{
		what: ownFunctions, resources: functions,
		actions: []string{"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"},
	})
}

// isCustomerManaged reports whether an ARN is that of a policy that others than AWS can change.
func isCustomerManaged(arn string) bool { return arn != "" && !aws.IsAWSManagedPolicy(arn) }

// selfActions are the actions of all selfChanges.
var selfActions = sync.OnceValue(func() []ask.Known {
	const own = "arn:aws:iam::111122223333:policy/own"
	managed := role.Policy{Part: role.ManagedPart(own), ARN: own}
	var names []string
	for _, c := range selfChanges(&role.Snapshot{
		Attached: role.Have([]role.Policy{managed}), Boundary: role.Have(managed),
	}) {
		names = append(names, c.actions...)
	}
	return ask.KnownActions(distinct(names))
})

// mayChangeItself reports whether a policy may allow one of them on something.
func (j *judge) mayChangeItself() bool {
	actions := selfActions()
	for i := range actions {
		if j.MayGrant(&actions[i]) {
			return true
		}
	}
	return false
}

// selfModify reports roles that can change what limits them, or the code of their functions.
func selfModify(p *check.Pass) {
	j := judgeOf(p.Subject)
	if !j.mayChangeItself() {
		j.undecidedIfUnread(p)
		return
	}
	var whats []string
	var hangs []role.Gap
	all := ask.Answer{Decision: policy.Allowed}
	for _, c := range selfChanges(j.subject.Role) {
		for _, resource := range c.resources {
			for _, action := range c.actions {
				if !j.Grants(action) {
					continue
				}
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
		Fix: check.Fix{Summary: "Deny the role changes to itself and to its functions, or name in Resource what it has to change. Do not deploy a function with the role " +
			"that it runs with."},
	}
	if j.opening().everything {
		d.Detail = "The role " + r.Ref.Name + " has administrator access. It can remove every restriction that is set for it."
		d.Evidence = d.Evidence[:1]
		return d
	}
	leads := ""
	switch path, known := j.changesItself(); {
	case path != nil:
		leads = j.ending().leads(path)
	case known && !slices.Contains(whats, ownFunctions):
		d.Severity, leads = check.High, "Its permissions boundary and the policies of the organization prevent it from getting more permissions this way."
	}
	shown := all.Steps[:min(len(all.Steps), maxList)]
	d.Detail = detail(append([]string{"The policies of " + r.Ref.Name + " allow " + stepTexts(shown) + ". With this, the role can remove restrictions that are set for it, or an " +
		"attacker who controls it can keep their access.", leads}, j.e.Caveats...)...)
	return d
}
