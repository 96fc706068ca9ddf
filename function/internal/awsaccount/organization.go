package awsaccount

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// organizationsAPI is what is needed of the client of AWS Organizations. Only the management account, and accounts that it
// delegates to, may call most of it.
type organizationsAPI interface {
	organizations.ListParentsAPIClient
	organizations.ListPoliciesForTargetAPIClient
	DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error)
	DescribePolicy(context.Context, *organizations.DescribePolicyInput, ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error)
}

// levels are an organization's policies of one kind, a list for each level from the root to the account.
type levels = role.Maybe[[][]policy.Part]

// limits are what the organization takes away from the account.
type limits struct {
	scps, rcps levels
	read       time.Time
}

func noLimits(scps levels) limits { return limits{scps: scps, rcps: scps} }

// organization reads the organization's policies, or gives what was read lately.
func (a *Account) organization(ctx context.Context) (limits, error) {
	if a.opts.Organizations == nil {
		return noLimits(role.NotRead[[][]policy.Part](whyNoOrganization)), nil
	}
	now := a.opts.Now()
	a.mu.Lock()
	known := a.limits
	a.mu.Unlock()
	if !known.read.IsZero() && now.Sub(known.read) < cacheFor {
		return known, nil
	}
	l, err := a.readOrganization(ctx)
	if err != nil {
		return limits{}, err
	}
	l.read = now
	a.mu.Lock()
	defer a.mu.Unlock()
	a.limits = l
	return l, nil
}

// ForgetOrganization has the policies of the organization read anew the next time if they were read before that time.
func (a *Account) ForgetOrganization(before time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.limits.read.Before(before) {
		a.limits = limits{}
	}
}

// Limits reads the organization's service control policies and resource control policies, by level.
func (a *Account) Limits(ctx context.Context) (scps, rcps role.Maybe[[][]policy.Part], err error) {
	l, err := a.organization(ctx)
	return l.scps, l.rcps, err
}

func (a *Account) readOrganization(ctx context.Context) (limits, error) {
	out, err := a.opts.Organizations.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	var outside *types.AWSOrganizationsNotInUseException
	switch {
	case errors.As(err, &outside):
		return noLimits(role.None[[][]policy.Part]()), nil
	case err != nil:
		if why, refused := RefusedFirst("organizations:DescribeOrganization", err); refused {
			return noLimits(role.NotRead[[][]policy.Part](why)), nil
		}
		return limits{}, fmt.Errorf("organizations:DescribeOrganization: %w", err)
	case out.Organization == nil:
		return limits{}, errors.New("organizations:DescribeOrganization: the answer has no organization")
	case aws.ToString(out.Organization.MasterAccountId) == a.opts.AccountID, out.Organization.FeatureSet == types.OrganizationFeatureSetConsolidatedBilling:
		// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html: the management account is
		// not bound by them, and an organization for billing alone has none.
		return noLimits(role.None[[][]policy.Part]()), nil
	}
	chain, err := a.ancestors(ctx)
	if err != nil {
		unread, err := untold("organizations:ListParents", err)
		return noLimits(unread), err
	}
	var l limits
	if l.scps, err = a.policiesOf(ctx, chain, types.PolicyTypeServiceControlPolicy, policy.SCP, role.SCPPart); err != nil {
		return limits{}, err
	}
	l.rcps, err = a.policiesOf(ctx, chain, types.PolicyTypeResourceControlPolicy, policy.RCP, role.RCPPart)
	return l, err
}

// untold is what a call that failed leaves unknown: what is refused here, or names what is not known here, always will be.
func untold(call string, err error) (levels, error) {
	why, refused := Refused(call, err)
	switch {
	case refused:
		return role.NotRead[[][]policy.Part](why), nil
	case code(err) == "InvalidInputException":
		return role.NotRead[[][]policy.Part](role.Because(call + " was refused: " + code(err))), nil
	}
	return levels{}, fmt.Errorf("%s: %w", call, err)
}

// ancestors are the root, the organizational units below it, and the account itself.
func (a *Account) ancestors(ctx context.Context) ([]string, error) {
	// AWS nests organizational units five deep: a longer chain is a circle.
	const deepest = 16
	chain := []string{a.opts.AccountID}
	for len(chain) < deepest {
		out, err := a.opts.Organizations.ListParents(ctx, &organizations.ListParentsInput{ChildId: aws.String(chain[len(chain)-1])})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", chain[len(chain)-1], err)
		}
		if len(out.Parents) == 0 {
			return nil, fmt.Errorf("%s: the answer has no parent", chain[len(chain)-1])
		}
		chain = append(chain, aws.ToString(out.Parents[0].Id))
		if out.Parents[0].Type == types.ParentTypeRoot {
			slices.Reverse(chain)
			return chain, nil
		}
	}
	return nil, errors.New("the account is nested deeper than AWS nests")
}

// policiesOf are the policies of one kind at each level. Where the organization does not use the kind there are none: where
// it does, AWS keeps at least one at each level, so that a level without any would deny everything.
func (a *Account) policiesOf(ctx context.Context, chain []string, t types.PolicyType, kind policy.Kind, named func(id string) role.Part) (levels, error) {
	var out [][]policy.Part
	texts := map[string]policy.Part{}
	for _, target := range chain {
		var level []policy.Part
		pages := organizations.NewListPoliciesForTargetPaginator(a.opts.Organizations, &organizations.ListPoliciesForTargetInput{TargetId: aws.String(target), Filter: t})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			var unused *types.PolicyTypeNotEnabledException
			switch {
			case errors.As(err, &unused):
				return role.None[[][]policy.Part](), nil
			case err != nil:
				return untold("organizations:ListPoliciesForTarget", fmt.Errorf("%s of %s: %w", t, target, err))
			}
			for _, one := range page.Policies {
				part, err := a.organizationPolicy(ctx, texts, aws.ToString(one.Id), kind, named)
				if err != nil {
					return untold("organizations:DescribePolicy", err)
				}
				level = append(level, part)
			}
		}
		out = append(out, level)
	}
	if !slices.ContainsFunc(out, func(level []policy.Part) bool { return len(level) > 0 }) {
		return role.None[[][]policy.Part](), nil
	}
	return role.Have(out), nil
}

// organizationPolicy reads one policy; the same may be attached to several levels.
func (a *Account) organizationPolicy(ctx context.Context, texts map[string]policy.Part, id string, kind policy.Kind, named func(id string) role.Part) (policy.Part, error) {
	if part, ok := texts[id]; ok {
		return part, nil
	}
	out, err := a.opts.Organizations.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: aws.String(id)})
	if err != nil {
		return policy.Part{}, fmt.Errorf("%s: %w", id, err)
	}
	part := policy.Part{Name: named(id).String()}
	if out.Policy != nil {
		// A text that breaks the grammar is in force all the same; one that is no policy stays unread.
		part.Document, _ = policy.Parse([]byte(aws.ToString(out.Policy.Content)), kind)
	}
	texts[id] = part
	return part, nil
}

// limited gives a role what its organization takes away.
func (a *Account) limited(ctx context.Context, s role.Snapshot) (role.Snapshot, error) {
	l, err := a.organization(ctx)
	if err != nil {
		return s, err
	}
	s.SCPs, s.RCPs = l.scps, l.rcps
	return s, nil
}
