package organization_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// TestRenewedPoliciesAreReadAnew reads through one process for hours: what was read is used for a while, and not longer than until it changed.
func TestRenewedPoliciesAreReadAnew(t *testing.T) {
	f := organizationOf(4)
	f.policies["r-ab12"] = []string{"p-full"}
	listed := list(t, f)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := organization.NewRenewed(withoutRCPs{f}, func() *organization.Organization { return listed }, 15*time.Minute, func() time.Time { return now })
	reads := 0
	want := func(what string, anew bool) {
		t.Helper()
		f.calls = nil
		for range 3 {
			if _, err := r.DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{}); err != nil {
				t.Fatal(err)
			}
			if _, err := r.DescribePolicy(t.Context(), &organizations.DescribePolicyInput{PolicyId: aws.String("p-full")}); err != nil {
				t.Fatal(err)
			}
			in := &organizations.ListPoliciesForTargetInput{TargetId: aws.String("r-ab12"), Filter: types.PolicyTypeServiceControlPolicy}
			if _, err := r.ListPoliciesForTarget(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
		each := 0
		if anew {
			each, reads = 1, reads+1
		}
		for _, call := range []string{"DescribeOrganization", "DescribePolicy", "ListPoliciesForTarget r-ab12 SCP"} {
			if n := f.count(call); n != each {
				t.Errorf("%s: %s was called %d times, want %d", what, call, n, each)
			}
		}
	}
	want("at first", true)
	now = now.Add(14 * time.Minute)
	want("a little later", false)
	r.Forget(now.Add(-14 * time.Minute))
	want("a change that was there when they were read", false)
	r.Forget(now)
	want("a change since", true)
	r.Forget(now)
	want("the same change once more", false)
	now = now.Add(15 * time.Minute)
	want("when they are old", true)
	// Where an account is comes from the organization as it was listed then.
	parent := func() string {
		t.Helper()
		out, err := r.ListParents(t.Context(), &organizations.ListParentsInput{ChildId: aws.String("100000000001")})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Parents[0].Id
	}
	if got := parent(); got != "ou-ab12-00000001" {
		t.Errorf("it is in %s", got)
	}
	f.members["ou-ab12-00000001"], f.members["ou-ab12-00000002"] = nil, append(f.members["ou-ab12-00000002"], "100000000001")
	listed = list(t, f)
	if got := parent(); got != "ou-ab12-00000001" {
		t.Errorf("it is in %s before what was read is old", got)
	}
	r.Forget(now.Add(time.Second))
	if got := parent(); got != "ou-ab12-00000002" {
		t.Errorf("it is in %s after it was moved", got)
	}
	if reads != 3 {
		t.Errorf("read %d times", reads)
	}
}
