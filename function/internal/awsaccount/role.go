package awsaccount

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// maxItems is the largest page that IAM gives; it may give fewer.
const maxItems = 1000

// roleName is what IAM takes for a role's name (GetRole in the API reference). It refuses to look for any other, and none
// can have one.
var roleName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// whyNoOrganization is why SCPs and RCPs are unknown where nobody is asked for them.
var whyNoOrganization = role.Because("organization policies are not read")

// Role reads every part of a role, less its users. A role in another account or partition is not asked for: it is
// unknown. When something vanishes while it is read, it is read once more.
func (a *Account) Role(ctx context.Context, ref role.Ref) (role.Snapshot, error) {
	if why := a.foreign(ref); why.Given() {
		return unread(ref, why), nil
	}
	if !roleName.MatchString(ref.Name) {
		return gone(ref), nil
	}
	s, err := a.readRole(ctx, ref, false)
	if errors.Is(err, errVanished) {
		s, err = a.readRole(ctx, ref, true)
	}
	if err != nil {
		return role.Snapshot{}, fmt.Errorf("read role %s: %w", ref.Key(), err)
	}
	if s.Exists() == role.Absent {
		s.Similar = a.similar(ctx, ref)
	}
	if s, err = a.limited(ctx, s); err != nil {
		return role.Snapshot{}, fmt.Errorf("read role %s: %w", ref.Key(), err)
	}
	return s, nil
}

// foreign says why a role is not ours to read; zero when it is.
func (a *Account) foreign(ref role.Ref) role.Reason {
	switch {
	case ref.Partition != a.opts.Partition:
		return role.Because("role is in partition " + ref.Partition)
	case ref.Account != a.opts.AccountID:
		return role.Because("role is in account " + ref.Account)
	}
	return role.Reason{}
}

// unread is a role of which nothing is known.
func unread(ref role.Ref, why role.Reason) role.Snapshot {
	return role.Snapshot{
		Ref: ref, Identity: role.NotRead[role.Identity](why), Trust: role.NotRead[role.Policy](why),
		Inline: role.NotRead[[]role.Policy](why), Attached: role.NotRead[[]role.Policy](why),
		Boundary: role.NotRead[role.Policy](why), Tags: role.NotRead[map[string]string](why),
		SCPs: role.NotRead[[][]policy.Part](whyNoOrganization), RCPs: role.NotRead[[][]policy.Part](whyNoOrganization),
	}
}

// gone is a role that does not exist.
func gone(ref role.Ref) role.Snapshot {
	return role.Snapshot{
		Ref: ref, Identity: role.None[role.Identity](), Trust: role.None[role.Policy](),
		Inline: role.None[[]role.Policy](), Attached: role.None[[]role.Policy](),
		Boundary: role.None[role.Policy](), Tags: role.None[map[string]string](),
		SCPs: role.NotRead[[][]policy.Part](whyNoOrganization), RCPs: role.NotRead[[][]policy.Part](whyNoOrganization),
	}
}

// readRole reads a role once. It fails with errVanished when what IAM listed is not there; again says that it is the
// second try.
func (a *Account) readRole(ctx context.Context, ref role.Ref, again bool) (role.Snapshot, error) {
	out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(ref.Name)})
	why, refused := Refused("iam:GetRole", err)
	s := unread(ref, why)
	switch {
	case missing(err):
		return gone(ref), nil
	case refused:
	case err != nil:
		return s, fmt.Errorf("iam:GetRole: %w", err)
	default:
		if err := a.readIdentity(ctx, &s, out.Role, again); err != nil {
			return s, err
		}
	}
	names, err := a.inlineNames(ctx, ref.Name)
	if errors.Is(err, errVanished) && s.Identity.State() == role.Unknown {
		// GetRole was refused, but this call tells that there is no such role.
		return gone(ref), nil
	}
	why, refused = Refused("iam:ListRolePolicies", err)
	switch {
	case refused:
		s.Inline = role.NotRead[[]role.Policy](why)
	case err != nil:
		return s, err
	default:
		inline, err := a.inline(ctx, ref.Name, names)
		if err != nil {
			return s, err
		}
		s.Inline = role.Have(inline)
	}
	s.Attached, err = a.attached(ctx, ref.Name, again)
	return s, err
}

// readIdentity takes what GetRole tells: the role itself, its trust policy, boundary and tags.
func (a *Account) readIdentity(ctx context.Context, s *role.Snapshot, r *types.Role, again bool) error {
	if r == nil {
		return errors.New("iam:GetRole: the answer has no role")
	}
	id := role.Identity{ARN: aws.ToString(r.Arn), ID: aws.ToString(r.RoleId)}
	if r.CreateDate != nil {
		id.Created = role.Have(r.CreateDate.UTC())
	}
	s.Identity = role.Have(id)
	s.Trust = trust(r.AssumeRolePolicyDocument)
	s.Tags = role.Have(tags(r.Tags))
	s.Boundary = role.None[role.Policy]()
	if r.PermissionsBoundary == nil {
		return nil
	}
	arn := aws.ToString(r.PermissionsBoundary.PermissionsBoundaryArn)
	p, err := a.managed(ctx, arn, role.PartBoundary)
	if errors.Is(err, errVanished) && again {
		// Unlike an attached policy's, a boundary's deletion may leave the reference behind: reading it again never helps.
		p, err = role.Policy{Part: role.PartBoundary, ARN: arn, Text: role.NotRead[string](role.Because(arn + " does not exist"))}, nil
	}
	s.Boundary = role.Have(p)
	return err
}

func trust(document *string) role.Maybe[role.Policy] {
	text, why := decode(aws.ToString(document))
	if why.Given() {
		return role.NotRead[role.Policy](why)
	}
	return role.Have(role.NewPolicy(role.PartTrust, text, policy.Trust))
}

func tags(list []types.Tag) map[string]string {
	out := make(map[string]string, len(list))
	for _, t := range list {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

// inlineNames lists a role's inline policies.
func (a *Account) inlineNames(ctx context.Context, name string) ([]string, error) {
	var names []string
	pages := iam.NewListRolePoliciesPaginator(a.iam, &iam.ListRolePoliciesInput{RoleName: aws.String(name), MaxItems: aws.Int32(maxItems)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if missing(err) {
			return nil, fmt.Errorf("iam:ListRolePolicies: %w", errVanished)
		}
		if err != nil {
			return nil, fmt.Errorf("iam:ListRolePolicies: %w", err)
		}
		names = append(names, page.PolicyNames...)
	}
	return names, nil
}

// inline reads inline policies by their names; one that may not be read is there without its text.
func (a *Account) inline(ctx context.Context, name string, policies []string) ([]role.Policy, error) {
	out := make([]role.Policy, 0, len(policies))
	for _, p := range policies {
		got, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: aws.String(name), PolicyName: aws.String(p)})
		why, refused := Refused("iam:GetRolePolicy", err)
		switch {
		case missing(err):
			return nil, fmt.Errorf("iam:GetRolePolicy %s: %w", p, errVanished)
		case refused:
			out = append(out, role.Policy{Part: role.InlinePart(p), Text: role.NotRead[string](why)})
		case err != nil:
			return nil, fmt.Errorf("iam:GetRolePolicy %s: %w", p, err)
		default:
			out = append(out, inlinePolicy(p, got.PolicyDocument))
		}
	}
	return out, nil
}

func inlinePolicy(name string, document *string) role.Policy {
	text, why := decode(aws.ToString(document))
	if why.Given() {
		return role.Policy{Part: role.InlinePart(name), Text: role.NotRead[string](why)}
	}
	return role.NewPolicy(role.InlinePart(name), text, policy.Identity)
}

// attached reads the managed policies that are attached to a role. One that is still listed when it was found missing
// before is there without its text: one such policy must not keep its role, and so the sweep, from being looked at.
func (a *Account) attached(ctx context.Context, name string, again bool) (role.Maybe[[]role.Policy], error) {
	var none role.Maybe[[]role.Policy]
	policies := []role.Policy{}
	pages := iam.NewListAttachedRolePoliciesPaginator(a.iam,
		&iam.ListAttachedRolePoliciesInput{RoleName: aws.String(name), MaxItems: aws.Int32(maxItems)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		why, refused := Refused("iam:ListAttachedRolePolicies", err)
		switch {
		case missing(err):
			return none, fmt.Errorf("iam:ListAttachedRolePolicies: %w", errVanished)
		case refused:
			return role.NotRead[[]role.Policy](why), nil
		case err != nil:
			return none, fmt.Errorf("iam:ListAttachedRolePolicies: %w", err)
		}
		for _, at := range page.AttachedPolicies {
			arn := aws.ToString(at.PolicyArn)
			p, err := a.managed(ctx, arn, role.ManagedPart(arn))
			if errors.Is(err, errVanished) && again {
				p, err = role.Policy{Part: role.ManagedPart(arn), ARN: arn, Text: role.NotRead[string](role.Because(arn + " does not exist"))}, nil
			}
			if err != nil {
				return none, err
			}
			policies = append(policies, p)
		}
	}
	return role.Have(policies), nil
}
