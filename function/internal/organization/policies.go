package organization

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// PoliciesAPI is what is needed of the client of AWS Organizations to read the policies of an organization.
type PoliciesAPI interface {
	organizations.ListParentsAPIClient
	organizations.ListPoliciesForTargetAPIClient
	DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error)
	DescribePolicy(context.Context, *organizations.DescribePolicyInput, ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error)
}

// Policies answers the calls by which package awsaccount reads the policies that apply to an account. What is the same for several accounts
// is called once: the organization, a policy, and the policies of a root or unit. Where accounts are is known from the listing. A refusal
// is an answer, too; any other error is not kept. It is safe for concurrent use.
type Policies struct {
	api     PoliciesAPI
	parents map[string]types.Parent

	organization memo[struct{}, *organizations.DescribeOrganizationOutput]
	policies     memo[string, *organizations.DescribePolicyOutput]
	targets      memo[targetPage, *organizations.ListPoliciesForTargetOutput]
	others       memo[string, *organizations.ListParentsOutput]
}

// targetPage is a page of the policies of one kind that are attached to a target.
type targetPage struct {
	target, token string
	kind          types.PolicyType
}

// NewPolicies reads with a client of the management account or of a delegated administrator.
func NewPolicies(api PoliciesAPI, o *Organization) *Policies {
	p := &Policies{api: api, parents: map[string]types.Parent{}}
	units := o.byID()
	note := func(child, parent string) {
		switch unit := units[parent]; {
		case unit == nil: // It is not known, and asked for.
		case unit.Parent == "":
			p.parents[child] = types.Parent{Id: aws.String(parent), Type: types.ParentTypeRoot}
		default:
			p.parents[child] = types.Parent{Id: aws.String(parent), Type: types.ParentTypeOrganizationalUnit}
		}
	}
	for _, a := range o.Accounts {
		note(a.ID, a.Parent)
	}
	for _, u := range o.Units {
		note(u.ID, u.Parent)
	}
	return p
}

// DescribeOrganization gives the organization.
func (p *Policies) DescribeOrganization(ctx context.Context, in *organizations.DescribeOrganizationInput, o ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error) {
	return p.organization.get(struct{}{}, func() (*organizations.DescribeOrganizationOutput, error) {
		return p.api.DescribeOrganization(ctx, in, o...)
	})
}

// DescribePolicy gives a policy.
func (p *Policies) DescribePolicy(ctx context.Context, in *organizations.DescribePolicyInput, o ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error) {
	return p.policies.get(aws.ToString(in.PolicyId), func() (*organizations.DescribePolicyOutput, error) { return p.api.DescribePolicy(ctx, in, o...) })
}

// ListParents gives what an account or unit is in.
func (p *Policies) ListParents(ctx context.Context, in *organizations.ListParentsInput, o ...func(*organizations.Options)) (*organizations.ListParentsOutput, error) {
	child := aws.ToString(in.ChildId)
	if parent, ok := p.parents[child]; ok {
		return &organizations.ListParentsOutput{Parents: []types.Parent{parent}}, nil
	}
	call := func() (*organizations.ListParentsOutput, error) { return p.api.ListParents(ctx, in, o...) }
	if awsfacts.IsAccountID(child) {
		return call()
	}
	return p.others.get(child, call)
}

// ListPoliciesForTarget gives a page of the policies that are attached to an account, a unit or a root. Those of an account are asked for
// by nobody else, and not kept.
func (p *Policies) ListPoliciesForTarget(ctx context.Context, in *organizations.ListPoliciesForTargetInput, o ...func(*organizations.Options)) (*organizations.ListPoliciesForTargetOutput, error) {
	call := func() (*organizations.ListPoliciesForTargetOutput, error) {
		return p.api.ListPoliciesForTarget(ctx, in, o...)
	}
	target := aws.ToString(in.TargetId)
	if awsfacts.IsAccountID(target) {
		return call()
	}
	return p.targets.get(targetPage{target, aws.ToString(in.NextToken), in.Filter}, call)
}

// memo keeps answers. Who asks for one while another asks for the same waits.
type memo[K comparable, V any] struct {
	mu    sync.Mutex
	cells map[K]*cell[V]
}

type cell[V any] struct {
	mu    sync.Mutex
	known bool
	value V
	err   error
}

func (m *memo[K, V]) get(key K, call func() (V, error)) (V, error) {
	m.mu.Lock()
	c := m.cells[key]
	if c == nil {
		if m.cells == nil {
			m.cells = map[K]*cell[V]{}
		}
		c = &cell[V]{}
		m.cells[key] = c
	}
	m.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known {
		return c.value, c.err
	}
	value, err := call()
	if err != nil && !isAnswer(err) {
		return value, err
	}
	c.known, c.value, c.err = true, value, err
	return value, err
}

// isAnswer reports whether an error will be the same the next time.
func isAnswer(err error) bool {
	var unused *types.PolicyTypeNotEnabledException
	var invalid *types.InvalidInputException
	var outside *types.AWSOrganizationsNotInUseException
	_, refused := awsaccount.RefusedFirst("organizations", err)
	return refused || errors.As(err, &unused) || errors.As(err, &invalid) || errors.As(err, &outside)
}
