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
	// frees is set where it may take away what denies the role something, which the graph of the account does not follow.
	frees bool
}

// ownPolicies is what a role changes to get more permissions.
const ownPolicies = "its own policies"

// ownBoundary is what a role changes to use all that its policies allow, by the action that puts another one in its place or the one that
// deletes it.
const (
	ownBoundary    = "its own permissions boundary"
	putBoundary    = "iam:PutRolePermissionsBoundary"
	deleteBoundary = "iam:DeleteRolePermissionsBoundary"
)

// ownFunctions is what a role changes to stay.
const ownFunctions = "the code or configuration of its functions"

// selfChanges are all of them for one role. Its boundary counts where it has one, or may have.
func selfChanges(r *role.Snapshot) []selfChange {
	own := []string{r.ARN()}
	list := []selfChange{
		{what: ownPolicies, actions: []string{"iam:PutRolePolicy"}, resources: own},
		{what: ownPolicies, actions: []string{"iam:AttachRolePolicy"}, resources: own, attaches: administrator},
		{what: ownPolicies, actions: []string{"iam:DeleteRolePolicy"}, resources: own, frees: slices.ContainsFunc(r.Inline.Or(nil), mayDeny)},
		{what: ownPolicies, actions: []string{"iam:DetachRolePolicy"}, resources: own, frees: slices.ContainsFunc(attached(r), mayDeny)},
		{what: "its own trust policy", actions: []string{"iam:UpdateAssumeRolePolicy"}, resources: own},
	}
	var managed []string
	for _, p := range attached(r) {
		if isCustomerManaged(p.ARN) {
			managed = append(managed, p.ARN)
		}
	}
	versions := []string{"iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"}
	list = append(list, selfChange{what: ownPolicies, actions: versions, resources: managed, frees: slices.ContainsFunc(attached(r), mayDeny)})
	if r.Boundary.State() != role.Absent {
		list = append(list, selfChange{
			what: ownBoundary, actions: []string{putBoundary, deleteBoundary}, resources: own,
		})
		if b := r.Boundary.Or(role.Policy{}); isCustomerManaged(b.ARN) {
			list = append(list, selfChange{what: ownBoundary, actions: versions, resources: []string{b.ARN}, frees: true})
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

// mayDeny reports whether a policy denies something, or may because it was not read.
func mayDeny(p role.Policy) bool { return p.Document == nil || p.Document.Denies() }

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
	c := j.allowedSelfChanges()
	if len(c.whats) == 0 {
		if hangs := append(c.hangs, j.unread()...); len(hangs) > 0 {
			p.Undecided("", role.DistinctGaps(hangs)...)
		}
		return
	}
	p.Report(j.selfDiagnostic(c))
}

// selfAnswer is what a role can change of itself, by which requests.
type selfAnswer struct {
	whats []string
	all   ask.Answer
	// frees is set where it may take away what denies it something, and the graph of the account does not follow that.
	frees bool
	// unbinds is set where it may do without its boundary, which the graph follows.
	unbinds bool
	hangs   []role.Gap
}

// allowedSelfChanges asks for each way in which the role could change itself.
func (j *judge) allowedSelfChanges() selfAnswer {
	out := selfAnswer{all: ask.Answer{Decision: policy.Allowed}}
	for _, c := range selfChanges(j.subject.Role) {
		for _, resource := range c.resources {
			for _, action := range c.actions {
				if !j.Grants(action) {
					continue
				}
				switch got := j.onAnyOf(action, resource, j.attaching(c.attaches)); got.Decision {
				case policy.Allowed:
					out.all = ask.Both(out.all, got)
					widest := action == putBoundary && j.onAnyOf(action, resource, j.filled(widestBoundary)).Allowed()
					out.unbinds = out.unbinds || widest || action == deleteBoundary
					out.frees = out.frees || c.frees || action == putBoundary && !widest && j.putsAnother(resource)
					if !slices.Contains(out.whats, c.what) {
						out.whats = append(out.whats, c.what)
					}
				case policy.Unknown:
					out.hangs = append(out.hangs, got.DependsOn...)
				}
			}
		}
	}
	return out
}

// putsAnother reports whether the role may put another boundary in the place of its own. The graph of the account follows only the widest one.
func (j *judge) putsAnother(resource string) bool {
	const key = "iam:permissionsboundary"
	own := j.subject.Role.Boundary.Or(role.Policy{}).ARN
	return slices.ContainsFunc(append(j.compared(key, putBoundary), j.ownPolicy()), func(arn string) bool {
		return arn != own && j.on(putBoundary, resource, map[string]string{key: arn}).Allowed()
	})
}

// onAnyOf asks for an action on a resource, with any one of some sets of keys.
func (j *judge) onAnyOf(action, resource string, sets []map[string]string) (best ask.Answer) {
	for _, keys := range sets {
		best = ask.Better(best, j.on(action, resource, keys))
	}
	return best
}

func (j *judge) selfDiagnostic(c selfAnswer) check.Diagnostic {
	r := j.subject.Role
	d := check.Diagnostic{
		Functions: r.Users.List,
		Title:     r.Ref.Name + " can change " + list(c.whats),
		Evidence:  j.stepEvidence(c.all.Steps),
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
	case known && c.frees:
		leads = "rolewatch does not evaluate what the role can do without these restrictions."
	case known && c.unbinds:
		d.Severity, leads = check.High, "Without its permissions boundary, the role still cannot become an administrator or get the permissions of another role or user."
	case known && !slices.Contains(c.whats, ownFunctions):
		d.Severity, leads = check.High, "Its permissions boundary and the policies of the organization prevent it from getting more permissions this way."
	}
	shown := c.all.Steps[:min(len(c.all.Steps), maxList)]
	d.Detail = detail(append([]string{"The policies of " + r.Ref.Name + " allow " + stepTexts(shown) + ". With this, the role can remove restrictions that are set for it, or an " +
		"attacker who controls it can keep their access.", leads}, j.e.Caveats...)...)
	return d
}
