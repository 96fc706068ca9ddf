package export

import (
	"context"
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// policyList are inline policies as get-account-authorization-details lists them.
type policyList []struct {
	PolicyName     string
	PolicyDocument document
}

// attachedList are attached managed policies, likewise.
type attachedList []struct{ PolicyName, PolicyArn string }

// userDetail is a user in that output (UserDetail in the API reference).
type userDetail struct {
	UserName, UserId, Arn   string
	CreateDate              moment
	UserPolicyList          policyList
	GroupList               []string
	AttachedManagedPolicies attachedList
	PermissionsBoundary     *struct{ PermissionsBoundaryArn string }
	Tags                    []struct{ Key, Value string }
}

// groupDetail is a group in that output (GroupDetail in the API reference).
type groupDetail struct {
	GroupName, Arn          string
	GroupPolicyList         policyList
	AttachedManagedPolicies attachedList
}

// IAMUsers are the users of the export, with the policies of their groups. The reason why is empty where they are all known.
func (a *Account) IAMUsers(context.Context) (users []reach.Node, why string) {
	for _, arn := range slices.Sorted(maps.Keys(a.iamUsers)) {
		parsed, err := aws.ParseARN(arn)
		if err != nil {
			continue // Nobody can name a user without an ARN.
		}
		users = append(users, a.user(a.iamUsers[arn], parsed))
	}
	return users, a.noUsers
}

// user puts a user together.
func (a *Account) user(d *userDetail, arn aws.ARN) reach.Node {
	s := &role.Snapshot{
		Ref:      role.Ref{Partition: arn.Partition, Account: arn.Account, Name: d.UserName, ARN: d.Arn},
		Identity: role.Have(role.Identity{ARN: d.Arn, ID: d.UserId, Created: d.CreateDate.time()}),
		Trust:    role.None[role.Policy](), Boundary: role.None[role.Policy](), SCPs: a.scps, RCPs: a.rcps, Users: role.Users{Complete: true},
	}
	n := reach.Node{Snapshot: s, IsUser: true}
	inline, attached := a.policiesOf(d.UserPolicyList, d.AttachedManagedPolicies, "")
	s.Attached = role.Have(attached)
	for _, name := range d.GroupList {
		group, ok := a.iamGroups[name]
		if !ok {
			s.Attached = role.NotRead[[]role.Policy](role.NotExported(a.dir + " has no group " + name + ", which " + d.Arn + " is in"))
			s.Seen = attached
			continue
		}
		n.Groups = append(n.Groups, group.Arn)
		own, managed := a.policiesOf(group.GroupPolicyList, group.AttachedManagedPolicies, group.GroupName+"/")
		inline, attached = append(inline, own...), append(attached, managed...)
		if s.Attached.State() == role.Known {
			s.Attached = role.Have(attached)
		} else {
			s.Seen = attached
		}
	}
	s.Inline = role.Have(inline)
	if d.PermissionsBoundary != nil {
		s.Boundary = role.Have(a.boundary(d.PermissionsBoundary.PermissionsBoundaryArn))
	}
	tags := map[string]string{}
	for _, t := range d.Tags {
		tags[t.Key] = t.Value
	}
	s.Tags = role.Have(tags)
	return n
}

// policiesOf are the policies of a user or a group. The names of a group's inline policies begin with that of the group.
func (a *Account) policiesOf(list policyList, managed attachedList, prefix string) (inline, attached []role.Policy) {
	for _, p := range list {
		part, text := role.InlinePart(prefix+p.PolicyName), p.PolicyDocument.text(a.dir+" has no document for inline policy "+p.PolicyName)
		if plain, ok := text.Get(); ok {
			inline = append(inline, role.NewPolicy(part, plain, policy.Identity))
		} else {
			inline = append(inline, role.Policy{Part: part, Text: text})
		}
	}
	for _, p := range managed {
		attached = append(attached, a.ManagedPolicy(p.PolicyArn, ""))
	}
	return inline, attached
}
