package danger

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// change is an action that changes what a role, user or group may do. The path is that of RW308 whose last steps it goes with.
type change struct {
	step
	path    string
	changes uint8
}

// widestBoundary puts a boundary that allows everything in the place of another one.
var widestBoundary = []map[string]string{{"iam:permissionsboundary": "arn:${Partition}:iam::aws:policy/" + administrator}}

// roleChanges change a role, userChanges a user, and groupChanges all users of a group.
var (
	roleChanges = []change{
		{do(otherRole, "iam:PutRolePolicy")[0], "role-inline-policy", reach.Policies},
		{attach("iam:AttachRolePolicy", otherRole), "role-attach-policy", reach.Policies},
		{do(otherRole, "iam:DeleteRolePermissionsBoundary")[0], "role-boundary", reach.Boundary},
		{step{action: "iam:PutRolePermissionsBoundary", on: otherRole, keys: widestBoundary}, "role-boundary", reach.Boundary},
	}
	userChanges = []change{
		{do(aUser, "iam:PutUserPolicy")[0], "user-inline-policy", reach.Policies},
		{attach("iam:AttachUserPolicy", aUser), "user-attach-policy", reach.Policies},
		{do(aUser, "iam:DeleteUserPermissionsBoundary")[0], "user-boundary", reach.Boundary},
	}
	groupChanges = []change{
		{do(aGroup, "iam:PutGroupPolicy")[0], "group-inline-policy", reach.Policies},
		{attach("iam:AttachGroupPolicy", aGroup), "group-attach-policy", reach.Policies},
	}
)

// changeRoles asks for the roles whose policies, boundary or trust policy the node may change.
func (h *hopper) changeRoles() {
	for _, c := range roleChanges {
		if !h.Grants(c.action) {
			continue
		}
		n := h.Naming(c.action)
		e := reach.Edge{Kind: reach.Change, Path: c.path, Changes: c.changes}
		for _, set := range h.account.Roles(n, false) {
			if sample := h.account.Node(set.IDs[0]); !sample.IsServiceLinked() {
				e.To, e.Sample = set, sample.ARN()
				h.add(e, h.askOn(c.step, targetOf(sample)))
			}
		}
		h.unlisted(reach.Edge{Kind: reach.Change, Path: c.path, Changes: c.changes}, c.step, n)
	}
	h.admit()
}

// admit asks for the roles whose trust policies the node may change so that it may assume them.
func (h *hopper) admit() {
	s := do(otherRole, "iam:UpdateAssumeRolePolicy")[0]
	if !h.Grants(s.action) {
		return
	}
	n := h.Naming(s.action)
	// The new trust policy names the session, which then needs no permission of its own; what denies it still does.
	session, err := jsontext.AppendQuote(nil, h.ARN())
	if err != nil {
		return
	}
	trust := role.Have(role.NewPolicy(role.PartTrust, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":`+
		string(session)+`},"Action":"sts:AssumeRole"}]}`, policy.Trust))
	e := reach.Edge{Kind: reach.Admit, Path: "role-trust"}
	for _, set := range h.account.Roles(n.And(h.Naming(assumeRoleAction)), false) {
		sample := h.account.Node(set.IDs[0])
		if sample.IsServiceLinked() {
			continue
		}
		got := h.askOn(s, targetOf(sample))
		if !got.Possible() {
			continue
		}
		e.To, e.Sample = set, sample.ARN()
		h.add(e, ask.Both(got, withoutStatements(h.assumeOne(sample, trust))))
	}
	h.unlisted(reach.Edge{Kind: reach.Admit, Path: "role-trust"}, s, n)
}

// withoutStatements leaves out the statements of a policy that is only assumed.
func withoutStatements(a ask.Answer) ask.Answer {
	a.Steps = slices.Clone(a.Steps)
	for i := range a.Steps {
		a.Steps[i].Statements = slices.DeleteFunc(slices.Clone(a.Steps[i].Statements), func(ref policy.StatementRef) bool {
			return ref.Policy == role.PartTrust.String()
		})
	}
	return a
}

// changePolicies asks for the managed policies that the node may rewrite, and so who has them.
func (h *hopper) changePolicies() {
	s := do(aPolicy, "iam:CreatePolicyVersion")[0]
	if !h.Grants(s.action) {
		return
	}
	for _, set := range h.account.PolicySets(h.Naming(s.action)) {
		sample := h.account.Policy(set.IDs[0])
		got := h.askOn(s, &ask.Target{ARN: sample})
		if !got.Possible() {
			continue
		}
		to, through := h.account.Holders(set)
		h.add(reach.Edge{Kind: reach.Change, Path: "policy-version", Changes: reach.Policies, To: to, Through: through, Sample: sample}, got)
	}
}
