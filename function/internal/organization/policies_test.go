package organization_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/organization"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// limitsOf reads the policies that apply to an account, as a scan does, and gives how many levels of service control policies there are.
func limitsOf(ctx context.Context, p *organization.Policies, account string) (levels int, unknown string, err error) {
	a := awsaccount.New(iam.New(iam.Options{}), map[string]*lambda.Client{}, awsaccount.Options{AccountID: account, Now: time.Now, Organizations: p})
	scps, _, err := a.Limits(ctx)
	if scps.State() == role.Unknown {
		return 0, scps.Why(), err
	}
	return len(scps.Or(nil)), "", err
}

// TestThePoliciesOfAnOrganizationAreReadOnce reads those of 200 accounts in ten units, several at a time: the root, the units and the
// policies are read once, and each account once.
func TestThePoliciesOfAnOrganizationAreReadOnce(t *testing.T) {
	f := organizationOf(200)
	for _, target := range []string{"r-ab12", "ou-ab12-top00000"} {
		f.policies[target] = []string{"p-full", "p-guard"}
	}
	for i := range 10 {
		f.policies[fmt.Sprintf("ou-ab12-0000000%d", i)] = []string{"p-full"}
	}
	o := list(t, f)
	p := organization.NewPolicies(withoutRCPs{f}, o)
	f.calls = nil
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() {
			if levels, unknown, err := limitsOf(t.Context(), p, fmt.Sprintf("%012d", 100_000_000_000+i)); levels != 4 || err != nil {
				t.Errorf("account %d has %d levels, %s, %v", i, levels, unknown, err)
			}
		})
	}
	group.Wait()
	for call, want := range map[string]int{
		"DescribeOrganization": 1, "ListParents": 0, "DescribePolicy p-full": 1, "DescribePolicy p-guard": 1, "DescribePolicy": 2,
		"ListPoliciesForTarget r-ab12 SCP": 1, "ListPoliciesForTarget ou-ab12-00000004 SCP": 1, "ListPoliciesForTarget 100000000004": 1,
	} {
		if got := f.count(call); got != want {
			t.Errorf("%s was called %d times, want %d", call, got, want)
		}
	}
	if levels, unknown, err := limitsOf(t.Context(), p, "111111111111"); levels != 0 || unknown != "" || err != nil {
		t.Errorf("the management account has %d levels, %s, %v", levels, unknown, err)
	}
}

// withoutRCPs is an organization that does not use resource control policies.
type withoutRCPs struct{ *fake }

func (w withoutRCPs) ListPoliciesForTarget(ctx context.Context, in *organizations.ListPoliciesForTargetInput, o ...func(*organizations.Options)) (*organizations.ListPoliciesForTargetOutput, error) {
	out, err := w.fake.ListPoliciesForTarget(ctx, in, o...)
	if in.Filter == types.PolicyTypeResourceControlPolicy {
		return nil, &types.PolicyTypeNotEnabledException{}
	}
	return out, err
}

// TestARefusalIsAnAnswerAndANetworkErrorIsNot fails the calls in both ways, and has them work later.
func TestARefusalIsAnAnswerAndANetworkErrorIsNot(t *testing.T) {
	f := organizationOf(20)
	o := list(t, f)
	for _, c := range []struct {
		err    error
		called int
	}{{denied(), 1}, {errors.New("connection reset"), 2}} {
		p := organization.NewPolicies(withoutRCPs{f}, o)
		f.calls, f.fail["ListPoliciesForTarget"] = nil, c.err
		for i := range 2 {
			_, unknown, err := limitsOf(t.Context(), p, fmt.Sprintf("%012d", 100_000_000_000+i))
			if known := err == nil; known != (c.called == 1) || known && !strings.Contains(unknown, "organizations:ListPoliciesForTarget was denied") {
				t.Errorf("%v: not known: %q, %v", c.err, unknown, err)
			}
		}
		if got := f.count("ListPoliciesForTarget r-ab12 SCP"); got != c.called {
			t.Errorf("%v: called %d times, want %d", c.err, got, c.called)
		}
		f.fail["ListPoliciesForTarget"] = nil
	}
}

// TestWhereAnAccountIsIsAskedForWhereTheListDoesNotSay denies the listing of units: then each account asks for its parents.
func TestWhereAnAccountIsIsAskedForWhereTheListDoesNotSay(t *testing.T) {
	f := organizationOf(3)
	f.fail["ListRoots"] = denied()
	o := list(t, f)
	f.policies["r-ab12"] = []string{"p-full"}
	p := organization.NewPolicies(withoutRCPs{f}, o)
	if levels, unknown, err := limitsOf(t.Context(), p, "100000000001"); levels != 2 || err != nil || f.count("ListParents 100000000001") != 1 {
		t.Errorf("%d levels, %s, %v, calls %v", levels, unknown, err, f.calls)
	}
}
