package export

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// userDetail is a user in that output (UserDetail in the API reference).
type userDetail struct {
	UserName, UserId, Arn   string
	CreateDate              moment
	UserPolicyList          policyList
	GroupList               []string
	AttachedManagedPolicies attachedList
	PermissionsBoundary     *struct{ PermissionsBoundaryArn string }
	Tags                    tagList
}

// groupDetail is a group in that output (GroupDetail in the API reference).
type groupDetail struct {
	GroupName, Arn          string
	GroupPolicyList         policyList
	AttachedManagedPolicies attachedList
}

// user takes a user of a file.
func (r *reading) user(f *file, i int, d *userDetail) error {
	arn, err := aws.ParseARN(d.Arn)
	if err != nil || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "user/") {
		return fmt.Errorf("%s: field UserDetailList[%d].Arn: %q is not the ARN of a user", f.path, i, d.Arn)
	}
	if err := r.belongs(f, arn.Partition, arn.Account); err != nil {
		return err
	}
	if before, twice := r.users[d.Arn]; twice && !reflect.DeepEqual(before, d) {
		return fmt.Errorf("%s: user %s is there twice, and differs", f.path, d.Arn)
	}
	r.users[d.Arn] = d
	return nil
}

// IAMUsers are the users of the export, with the policies of their groups. The reason why is empty where they are all known.
func (a *Account) IAMUsers(context.Context) (users []reach.Node, why string, err error) {
	for _, arn := range slices.Sorted(maps.Keys(a.iamUsers)) {
		users = append(users, a.iamUser(a.iamUsers[arn]))
	}
	return users, a.noUsers, nil
}

// iamUser puts a user together. What a group that the export does not have would allow is unknown.
func (a *Account) iamUser(d *userDetail) reach.Node {
	s := &role.Snapshot{
		Ref:      role.Ref{Partition: a.partition, Account: a.id, Name: d.UserName, ARN: d.Arn},
		Identity: role.Have(role.Identity{ARN: d.Arn, ID: d.UserId, Created: d.CreateDate.time()}),
		Trust:    role.None[role.Policy](), Boundary: role.None[role.Policy](), SCPs: a.scps, RCPs: a.rcps, Users: role.Users{Complete: true}, Tags: d.Tags.tags(),
	}
	n := reach.Node{Snapshot: s, IsUser: true}
	inline, attached := a.identityPolicies(d.UserPolicyList, d.AttachedManagedPolicies, "", a.dir)
	missing := ""
	for _, name := range d.GroupList {
		group, ok := a.iamGroups[name]
		if !ok {
			missing = name
			continue
		}
		n.Groups = append(n.Groups, group.Arn)
		own, managed := a.identityPolicies(group.GroupPolicyList, group.AttachedManagedPolicies, group.GroupName+"/", a.dir)
		inline, attached = append(inline, own...), append(attached, managed...)
	}
	s.Inline, s.Attached = role.Have(inline), role.Have(attached)
	if missing != "" {
		s.Attached = role.NotRead[[]role.Policy](role.NotExported(a.dir + " has no group " + missing + ", which " + d.Arn + " is in"))
		s.Seen = attached
	}
	if d.PermissionsBoundary != nil {
		s.Boundary = role.Have(a.boundary(d.PermissionsBoundary.PermissionsBoundaryArn))
	}
	return n
}
