package awsaccount

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// PolicyRoles lists the roles that a managed policy is attached to, as a policy or as a boundary; none when there is no
// such policy. It fails with role.ErrUnread when it may not list them.
func (a *Account) PolicyRoles(ctx context.Context, policyARN string) ([]role.Ref, error) {
	var refs []role.Ref
	seen := map[string]bool{}
	// Without a PolicyUsageFilter both uses are listed.
	pages := iam.NewListEntitiesForPolicyPaginator(a.iam, &iam.ListEntitiesForPolicyInput{
		PolicyArn: aws.String(policyARN), EntityFilter: types.EntityTypeRole, MaxItems: aws.Int32(maxItems),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if missing(err) {
			return nil, nil
		}
		if err != nil {
			return nil, failed("iam:ListEntitiesForPolicy", err)
		}
		for _, r := range page.PolicyRoles {
			name := aws.ToString(r.RoleName)
			if name == "" || seen[name] {
				continue
			}
			seen[name] = true
			refs = append(refs, role.Ref{Partition: a.opts.Partition, Account: a.opts.AccountID, Name: name})
		}
	}
	return refs, nil
}

// rolesPerPage keeps a page of roles, each of which is looked at, well within an invocation.
const rolesPerPage = 200

// RolePage reads roles with all their parts, and the marker of the next page, empty at the end. It fails with
// role.ErrUnread when it may not list them. A *role.SomeUnreadError comes with the roles and the marker, and names the few roles whose
// read failed. Where the endpoint does not support iam:GetAccountAuthorizationDetails, it lists roles by name, and reads each with the calls of Role.
func (a *Account) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	if after, byName := strings.CutPrefix(marker, markerByName); byName {
		return a.rolesByName(ctx, after)
	}
	in := &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole}, MaxItems: aws.Int32(rolesPerPage)}
	if marker != "" {
		in.Marker = aws.String(marker)
	}
	out, err := a.iam.GetAccountAuthorizationDetails(ctx, in)
	why, refused := Refused("iam:GetAccountAuthorizationDetails", err)
	if _, unsupported := why.UnsupportedCall(); unsupported && marker == "" {
		return a.rolesByName(ctx, "")
	}
	switch {
	case refused:
		return nil, "", &role.UnreadError{Why: why}
	case err != nil:
		return nil, "", fmt.Errorf("iam:GetAccountAuthorizationDetails: %w", err)
	}
	policies, err := a.gather(ctx, out.RoleDetailList)
	if err != nil {
		return nil, "", err
	}
	var page rolePage
	for i := range out.RoleDetailList {
		s, err := a.listed(ctx, &out.RoleDetailList[i], policies)
		if err == nil {
			s, err = a.limited(ctx, s)
		}
		if err != nil {
			s.Ref, _ = role.ParseRef(aws.ToString(out.RoleDetailList[i].Arn)) // One that has no ARN is nobody's to read again.
		}
		if err = page.add(ctx, s, err); err != nil {
			return nil, "", err
		}
	}
	if out.IsTruncated && aws.ToString(out.Marker) == "" {
		return nil, "", errors.New("iam:GetAccountAuthorizationDetails: the answer is truncated and has no marker")
	}
	if !out.IsTruncated {
		return page.shots, "", page.err()
	}
	return page.shots, *out.Marker, page.err()
}

// maxFailed is how many roles of a page may fail before the page does: then it is not about the roles.
const maxFailed = 5

// rolePage collects the roles of a page, and those whose read failed.
type rolePage struct {
	shots  []role.Snapshot
	failed role.SomeUnreadError
}

// add takes what became of the read of a role; its error is the page's.
func (p *rolePage) add(ctx context.Context, s role.Snapshot, err error) error {
	switch {
	case err == nil:
		p.shots = append(p.shots, s)
		return nil
	case ctx.Err() != nil, errors.Is(err, role.ErrUnread), s.Ref.Name == "", len(p.failed.Roles) == maxFailed:
		return err
	case p.failed.Err == nil:
		p.failed.Err = err
	}
	p.failed.Roles = append(p.failed.Roles, s.Ref)
	return nil
}

func (p *rolePage) err() error {
	if p.failed.Err == nil {
		return nil
	}
	return &p.failed
}

// gather lists the account's own managed policies, if any of these roles has one. It does so for each page of roles, so
// that no document is older than the page: a look by an event may have seen a newer one. AWS's own policies are read one
// by one when they are met: the same few are everywhere, and all of them with their versions would be a long list.
func (a *Account) gather(ctx context.Context, roles []types.RoleDetail) (gathered, error) {
	if !anyOwnPolicy(roles) {
		return nil, nil
	}
	return a.gatherAll(ctx)
}

// gatherAll lists the account's own managed policies. Where the endpoint does not support that, it gives none.
func (a *Account) gatherAll(ctx context.Context) (gathered, error) {
	all := gathered{}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(a.iam, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeLocalManagedPolicy}, MaxItems: aws.Int32(maxItems),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if why, refused := Refused("iam:GetAccountAuthorizationDetails", err); refused {
			if _, unsupported := why.UnsupportedCall(); unsupported {
				// Each policy is asked for by itself.
				return nil, nil
			}
			return nil, &role.UnreadError{Why: why}
		}
		if err != nil {
			return nil, fmt.Errorf("iam:GetAccountAuthorizationDetails: %w", err)
		}
		for _, p := range page.Policies {
			all[aws.ToString(p.Arn)] = p
		}
	}
	return all, nil
}

func anyOwnPolicy(roles []types.RoleDetail) bool {
	for _, r := range roles {
		if r.PermissionsBoundary != nil && !awsfacts.IsAWSManagedPolicy(aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn)) {
			return true
		}
		for _, p := range r.AttachedManagedPolicies {
			if !awsfacts.IsAWSManagedPolicy(aws.ToString(p.PolicyArn)) {
				return true
			}
		}
	}
	return false
}

// listed makes a snapshot of a role as it was listed. When one of its policies is gone meanwhile, the role is read anew.
func (a *Account) listed(ctx context.Context, d *types.RoleDetail, policies gathered) (role.Snapshot, error) {
	ref, err := role.ParseRef(aws.ToString(d.Arn))
	if err != nil {
		return role.Snapshot{}, fmt.Errorf("iam:GetAccountAuthorizationDetails: %w", err)
	}
	s := unread(ref, role.Reason{})
	id := role.Identity{ARN: ref.ARN, ID: aws.ToString(d.RoleId)}
	if d.CreateDate != nil {
		id.Created = role.Have(d.CreateDate.UTC())
	}
	s.Identity, s.Trust, s.Tags = role.Have(id), trust(d.AssumeRolePolicyDocument), role.Have(tags(d.Tags))
	inline := make([]role.Policy, 0, len(d.RolePolicyList))
	for _, p := range d.RolePolicyList {
		inline = append(inline, inlinePolicy(aws.ToString(p.PolicyName), p.PolicyDocument))
	}
	s.Inline = role.Have(inline)
	attached := make([]role.Policy, 0, len(d.AttachedManagedPolicies))
	for _, at := range d.AttachedManagedPolicies {
		arn := aws.ToString(at.PolicyArn)
		p, err := a.find(ctx, policies, arn, role.ManagedPart(arn))
		if errors.Is(err, errVanished) {
			return a.Role(ctx, ref)
		}
		if err != nil {
			return s, err
		}
		attached = append(attached, p)
	}
	s.Attached, s.Boundary = role.Have(attached), role.None[role.Policy]()
	if d.PermissionsBoundary != nil {
		p, err := a.find(ctx, policies, aws.ToString(d.PermissionsBoundary.PermissionsBoundaryArn), role.PartBoundary)
		if errors.Is(err, errVanished) {
			return a.Role(ctx, ref)
		}
		if err != nil {
			return s, err
		}
		s.Boundary = role.Have(p)
	}
	return s, nil
}

// find gives a policy as it was listed, or asks for it.
func (a *Account) find(ctx context.Context, policies gathered, arn string, part role.Part) (role.Policy, error) {
	if p, ok := policies.find(arn, part); ok {
		return p, nil
	}
	return a.managed(ctx, arn, part)
}
