package awsaccount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// IAMUsers lists the users of the account, with the policies of their groups. The reason why is not empty where they may not be listed.
func (a *Account) IAMUsers(ctx context.Context) (users []reach.Node, why string, err error) {
	const call = "iam:GetAccountAuthorizationDetails"
	var list []types.UserDetail
	groups := map[string]types.GroupDetail{}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(a.iam, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeUser, types.EntityTypeGroup}, MaxItems: aws.Int32(maxItems),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if reason, refused := Refused(call, err); refused {
			return nil, reason.String(), nil
		}
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", call, err)
		}
		list = append(list, page.UserDetailList...)
		for _, g := range page.GroupDetailList {
			groups[aws.ToString(g.GroupName)] = g
		}
	}
	policies, err := a.userPolicies(ctx, list, groups)
	if unread := (*role.UnreadError)(nil); errors.As(err, &unread) {
		return nil, unread.Why.String(), nil
	}
	if err != nil {
		return nil, "", err
	}
	for i := range list {
		n, err := a.user(ctx, &list[i], groups, policies)
		if err != nil {
			return nil, "", fmt.Errorf("read user %s: %w", aws.ToString(list[i].Arn), err)
		}
		users = append(users, n)
	}
	return users, "", nil
}

// userPolicies lists the account's own managed policies, if any of the users or groups has one.
func (a *Account) userPolicies(ctx context.Context, users []types.UserDetail, groups map[string]types.GroupDetail) (gathered, error) {
	isOwn := func(p types.AttachedPolicy) bool { return !awsfacts.IsAWSManagedPolicy(aws.ToString(p.PolicyArn)) }
	own := slices.ContainsFunc(users, func(u types.UserDetail) bool {
		return u.PermissionsBoundary != nil || slices.ContainsFunc(u.AttachedManagedPolicies, isOwn)
	})
	for _, g := range groups {
		own = own || slices.ContainsFunc(g.AttachedManagedPolicies, isOwn)
	}
	if !own {
		return nil, nil
	}
	return a.gatherAll(ctx)
}

// user puts a user together. What a group that was not listed would allow is unknown.
func (a *Account) user(ctx context.Context, d *types.UserDetail, groups map[string]types.GroupDetail, policies gathered) (reach.Node, error) {
	arn := aws.ToString(d.Arn)
	parsed, err := awsfacts.ParseARN(arn)
	if err != nil || !strings.HasPrefix(parsed.Resource, "user/") {
		return reach.Node{}, fmt.Errorf("iam:GetAccountAuthorizationDetails: %q is not the ARN of a user", arn)
	}
	s := &role.Snapshot{
		Ref:   role.Ref{Partition: a.opts.Partition, Account: a.opts.AccountID, Name: aws.ToString(d.UserName), ARN: arn},
		Trust: role.None[role.Policy](), Boundary: role.None[role.Policy](), Tags: role.Have(tags(d.Tags)), Users: role.Users{Complete: true},
	}
	id := role.Identity{ARN: arn, ID: aws.ToString(d.UserId)}
	if d.CreateDate != nil {
		id.Created = role.Have(d.CreateDate.UTC())
	}
	s.Identity = role.Have(id)
	n := reach.Node{Snapshot: s, IsUser: true}
	inline := inlinePolicies(d.UserPolicyList, "")
	managed, missing := slices.Clone(d.AttachedManagedPolicies), ""
	for _, name := range d.GroupList {
		g, ok := groups[name]
		if !ok {
			missing = name
			continue
		}
		n.Groups = append(n.Groups, aws.ToString(g.Arn))
		inline, managed = append(inline, inlinePolicies(g.GroupPolicyList, name+"/")...), append(managed, g.AttachedManagedPolicies...)
	}
	attached := make([]role.Policy, 0, len(managed))
	for _, at := range managed {
		arn := aws.ToString(at.PolicyArn)
		if slices.ContainsFunc(attached, func(p role.Policy) bool { return p.ARN == arn }) {
			continue
		}
		p, err := a.ofUser(ctx, policies, arn, role.ManagedPart(arn))
		if err != nil {
			return n, err
		}
		attached = append(attached, p)
	}
	s.Inline, s.Attached = role.Have(inline), role.Have(attached)
	if missing != "" {
		s.Attached, s.Seen = role.NotRead[[]role.Policy](role.Because("the group "+missing+" was not listed")), attached
	}
	if d.PermissionsBoundary != nil {
		p, err := a.ofUser(ctx, policies, aws.ToString(d.PermissionsBoundary.PermissionsBoundaryArn), role.PartBoundary)
		if err != nil {
			return n, err
		}
		s.Boundary = role.Have(p)
	}
	if *s, err = a.limited(ctx, *s); err != nil {
		return n, err
	}
	return n, nil
}

// ofUser is a managed policy of a user. One that has gone meanwhile is there without its text.
func (a *Account) ofUser(ctx context.Context, policies gathered, arn string, part role.Part) (role.Policy, error) {
	p, err := a.find(ctx, policies, arn, part)
	if errors.Is(err, errVanished) {
		return role.Policy{Part: part, ARN: arn, Text: role.NotRead[string](role.Because("the policy was deleted while it was read"))}, nil
	}
	return p, err
}

func inlinePolicies(list []types.PolicyDetail, prefix string) []role.Policy {
	out := make([]role.Policy, 0, len(list))
	for _, p := range list {
		out = append(out, inlinePolicy(prefix+aws.ToString(p.PolicyName), p.PolicyDocument))
	}
	return out
}
