package organization

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
)

// Renewed answers as Policies does, for a process that lives for long: what it has read it reads anew after a time, or when it is told to. It
// is safe for concurrent use.
type Renewed struct {
	api PoliciesAPI
	of  func() *Organization
	age time.Duration
	now func() time.Time

	mu       sync.Mutex
	policies *Policies
	read     time.Time
}

// NewRenewed reads with a client, in an organization as of gives it; what is older than age is read anew.
func NewRenewed(api PoliciesAPI, of func() *Organization, age time.Duration, now func() time.Time) *Renewed {
	return &Renewed{api: api, of: of, age: age, now: now}
}

func (r *Renewed) current() *Policies {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.now(); r.policies == nil || now.Sub(r.read) >= r.age {
		r.policies, r.read = NewPolicies(r.api, r.of()), now
	}
	return r.policies
}

// Forget has read anew what was read before a time.
func (r *Renewed) Forget(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.read.Before(before) {
		r.policies = nil
	}
}

// DescribeOrganization gives the organization.
func (r *Renewed) DescribeOrganization(ctx context.Context, in *organizations.DescribeOrganizationInput, o ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error) {
	return r.current().DescribeOrganization(ctx, in, o...)
}

// DescribePolicy gives a policy.
func (r *Renewed) DescribePolicy(ctx context.Context, in *organizations.DescribePolicyInput, o ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error) {
	return r.current().DescribePolicy(ctx, in, o...)
}

// ListParents gives what an account or unit is in.
func (r *Renewed) ListParents(ctx context.Context, in *organizations.ListParentsInput, o ...func(*organizations.Options)) (*organizations.ListParentsOutput, error) {
	return r.current().ListParents(ctx, in, o...)
}

// ListPoliciesForTarget gives a page of the policies that are attached to an account, a unit or a root.
func (r *Renewed) ListPoliciesForTarget(ctx context.Context, in *organizations.ListPoliciesForTargetInput, o ...func(*organizations.Options)) (*organizations.ListPoliciesForTargetOutput, error) {
	return r.current().ListPoliciesForTarget(ctx, in, o...)
}
