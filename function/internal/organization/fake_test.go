package organization_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"
)

func denied() error { return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"} }

// fake is an organization in memory that gives one thing a page, and an empty page before the last, as AWS may.
type fake struct {
	mu    sync.Mutex
	calls []string
	// fail are the errors of calls by their names.
	fail map[string]error

	accounts []types.Account
	// units and members are by the ID of their parent.
	units   map[string][]types.OrganizationalUnit
	members map[string][]string
	// policies are the IDs of those attached, by target.
	policies map[string][]string
}

func (f *fake) call(name, of string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name+" "+of)
	return f.fail[name]
}

// count counts the calls of a name, or of a name on something.
func (f *fake) count(name string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c == name || len(c) > len(name) && c[:len(name)+1] == name+" " {
			n++
		}
	}
	return n
}

func page[T any](list []T, token *string) (out []T, next *string) {
	at, _ := strconv.Atoi(aws.ToString(token))
	if at > len(list) {
		return list[len(list)-1:], nil
	}
	if at == len(list)-1 {
		return nil, aws.String(strconv.Itoa(len(list) + 1))
	}
	if at < len(list) {
		return list[at : at+1], aws.String(strconv.Itoa(at + 1))
	}
	return nil, nil
}

func (f *fake) DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error) {
	return &organizations.DescribeOrganizationOutput{Organization: &types.Organization{Id: aws.String("o-a1b2c3d4e5"), MasterAccountId: aws.String("111111111111")}},
		f.call("DescribeOrganization", "")
}

func (f *fake) ListAccounts(_ context.Context, in *organizations.ListAccountsInput, _ ...func(*organizations.Options)) (*organizations.ListAccountsOutput, error) {
	list, next := page(f.accounts, in.NextToken)
	return &organizations.ListAccountsOutput{Accounts: list, NextToken: next}, f.call("ListAccounts", "")
}

func (f *fake) ListRoots(context.Context, *organizations.ListRootsInput, ...func(*organizations.Options)) (*organizations.ListRootsOutput, error) {
	return &organizations.ListRootsOutput{Roots: []types.Root{{Id: aws.String("r-ab12"), Name: aws.String("Root")}}}, f.call("ListRoots", "")
}

func (f *fake) ListOrganizationalUnitsForParent(_ context.Context, in *organizations.ListOrganizationalUnitsForParentInput, _ ...func(*organizations.Options)) (*organizations.ListOrganizationalUnitsForParentOutput, error) {
	list, next := page(f.units[*in.ParentId], in.NextToken)
	return &organizations.ListOrganizationalUnitsForParentOutput{OrganizationalUnits: list, NextToken: next}, f.call("ListOrganizationalUnitsForParent", *in.ParentId)
}

func (f *fake) ListAccountsForParent(_ context.Context, in *organizations.ListAccountsForParentInput, _ ...func(*organizations.Options)) (*organizations.ListAccountsForParentOutput, error) {
	ids, next := page(f.members[*in.ParentId], in.NextToken)
	out := &organizations.ListAccountsForParentOutput{NextToken: next}
	for _, id := range ids {
		out.Accounts = append(out.Accounts, types.Account{Id: aws.String(id)})
	}
	return out, f.call("ListAccountsForParent", *in.ParentId)
}

func (f *fake) ListParents(_ context.Context, in *organizations.ListParentsInput, _ ...func(*organizations.Options)) (*organizations.ListParentsOutput, error) {
	return &organizations.ListParentsOutput{Parents: []types.Parent{{Id: aws.String("r-ab12"), Type: types.ParentTypeRoot}}}, f.call("ListParents", *in.ChildId)
}

func (f *fake) ListPoliciesForTarget(_ context.Context, in *organizations.ListPoliciesForTargetInput, _ ...func(*organizations.Options)) (*organizations.ListPoliciesForTargetOutput, error) {
	out := &organizations.ListPoliciesForTargetOutput{}
	if in.Filter == types.PolicyTypeResourceControlPolicy {
		return nil, f.call("ListPoliciesForTarget", *in.TargetId+" RCP")
	}
	ids, next := page(f.policies[*in.TargetId], in.NextToken)
	out.NextToken = next
	for _, id := range ids {
		out.Policies = append(out.Policies, types.PolicySummary{Id: aws.String(id)})
	}
	return out, f.call("ListPoliciesForTarget", *in.TargetId+" SCP"+aws.ToString(in.NextToken))
}

func (f *fake) DescribePolicy(_ context.Context, in *organizations.DescribePolicyInput, _ ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error) {
	text := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	return &organizations.DescribePolicyOutput{Policy: &types.Policy{Content: &text}}, f.call("DescribePolicy", *in.PolicyId)
}

// organizationOf has a number of accounts, from 100000000000 on, one in ten in each of units "ou-ab12-0000000N" below ou-ab12-top00000, which
// is below the root, where the management account is.
func organizationOf(n int) *fake {
	f := &fake{fail: map[string]error{}, units: map[string][]types.OrganizationalUnit{}, members: map[string][]string{}, policies: map[string][]string{}}
	add := func(id, name, parent string, state types.AccountState) {
		f.accounts = append(f.accounts, types.Account{Id: aws.String(id), Name: aws.String(name), State: state})
		f.members[parent] = append(f.members[parent], id)
	}
	add("111111111111", "management", "r-ab12", types.AccountStateActive)
	unit := func(id, name, parent string) {
		f.units[parent] = append(f.units[parent], types.OrganizationalUnit{Id: aws.String(id), Name: aws.String(name)})
	}
	unit("ou-ab12-top00000", "Workloads", "r-ab12")
	for i := range min(n, 10) {
		unit(fmt.Sprintf("ou-ab12-0000000%d", i), fmt.Sprintf("Team %d", i), "ou-ab12-top00000")
	}
	for i := range n {
		add(fmt.Sprintf("%012d", 100_000_000_000+i), fmt.Sprintf("account-%d", i), fmt.Sprintf("ou-ab12-0000000%d", i%10), types.AccountStateActive)
	}
	slices.Reverse(f.accounts)
	return f
}
