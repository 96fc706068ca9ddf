package awsaccount_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const everythingText = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// fakeOrganization has a root, one unit, and the own account in it.
type fakeOrganization struct {
	counting
	management string
	// attached are the IDs of policies by target and type.
	attached map[string][]string
	// features are the organization's, refused the kind of policy that is not known, and text what every policy says.
	features types.OrganizationFeatureSet
	refused  types.PolicyType
	text     string
	// circle lets the unit be its own parent.
	circle bool
}

func (f *fakeOrganization) DescribeOrganization(context.Context, *organizations.DescribeOrganizationInput, ...func(*organizations.Options)) (*organizations.DescribeOrganizationOutput, error) {
	if err := f.call("organizations:DescribeOrganization"); err != nil {
		return nil, err
	}
	if f.management == "" {
		return &organizations.DescribeOrganizationOutput{}, nil
	}
	return &organizations.DescribeOrganizationOutput{Organization: &types.Organization{Id: aws.String("o-1"), MasterAccountId: aws.String(f.management), FeatureSet: f.features}}, nil
}

func (f *fakeOrganization) ListParents(_ context.Context, in *organizations.ListParentsInput, _ ...func(*organizations.Options)) (*organizations.ListParentsOutput, error) {
	if err := f.call("organizations:ListParents"); err != nil {
		return nil, err
	}
	parent := types.Parent{Id: aws.String("ou-1"), Type: types.ParentTypeOrganizationalUnit}
	if *in.ChildId == "ou-1" && !f.circle {
		parent = types.Parent{Id: aws.String("r-1"), Type: types.ParentTypeRoot}
	}
	return &organizations.ListParentsOutput{Parents: []types.Parent{parent}}, nil
}

func (f *fakeOrganization) ListPoliciesForTarget(_ context.Context, in *organizations.ListPoliciesForTargetInput, _ ...func(*organizations.Options)) (*organizations.ListPoliciesForTargetOutput, error) {
	if err := f.call("organizations:ListPoliciesForTarget"); err != nil {
		return nil, err
	}
	if in.Filter == f.refused {
		return nil, &types.InvalidInputException{}
	}
	if in.Filter == types.PolicyTypeResourceControlPolicy && f.attached["rcp"] == nil {
		return nil, &types.PolicyTypeNotEnabledException{}
	}
	ids := f.attached[*in.TargetId]
	if in.Filter == types.PolicyTypeResourceControlPolicy {
		ids = f.attached["rcp"]
	}
	page, _, next := onePage(ids, in.NextToken)
	out := &organizations.ListPoliciesForTargetOutput{NextToken: next}
	for _, id := range page {
		out.Policies = append(out.Policies, types.PolicySummary{Id: aws.String(id)})
	}
	return out, nil
}

func (f *fakeOrganization) DescribePolicy(context.Context, *organizations.DescribePolicyInput, ...func(*organizations.Options)) (*organizations.DescribePolicyOutput, error) {
	if err := f.call("organizations:DescribePolicy"); err != nil {
		return nil, err
	}
	return &organizations.DescribePolicyOutput{Policy: &types.Policy{Content: aws.String(f.text)}}, nil
}

// member is a world whose account is a member of an organization.
func member() (*world, *fakeOrganization) {
	w := newWorld()
	org := &fakeOrganization{counting: counting{fail: map[string]error{}}, management: "444455556666", text: everythingText, features: types.OrganizationFeatureSetAll, attached: map[string][]string{
		"r-1": {"p-full"}, "ou-1": {"p-full", "p-guard"}, ownAccount: {"p-full"},
	}}
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: w.clock, Organizations: org})
	return w, org
}

func names(m role.Maybe[[][]policy.Part]) string {
	var out []string
	for _, level := range m.Or(nil) {
		var parts []string
		for _, p := range level {
			parts = append(parts, p.Name)
		}
		out = append(out, strings.Join(parts, "+"))
	}
	return strings.Join(out, " ")
}

func TestTheOrganizationsPoliciesAreReadLevelByLevelAndOnce(t *testing.T) {
	w, org := member()
	for range 2 {
		s, err := w.read.Role(t.Context(), orders)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(s.SCPs); got != "scp:p-full scp:p-full+scp:p-guard scp:p-full" || s.RCPs.State() != role.Absent {
			t.Errorf("SCPs %q, RCPs %v", got, s.RCPs.State())
		}
	}
	if org.count("organizations:DescribeOrganization") != 1 || org.count("organizations:DescribePolicy") != 2 {
		t.Errorf("calls %v", org.calls)
	}
	shots, _, err := w.read.RolePage(t.Context(), "")
	if err != nil || len(shots) == 0 || names(shots[0].SCPs) == "" {
		t.Errorf("a sweep's roles: %d, %v", len(shots), err)
	}
}

func TestAManagementAccountAndOneWithoutAnOrganizationAreNotBound(t *testing.T) {
	w, org := member()
	org.management = ownAccount
	if s, err := w.read.Role(t.Context(), orders); err != nil || s.SCPs.State() != role.Absent {
		t.Errorf("management account: %v, %v", s.SCPs.State(), err)
	}
	w, org = member()
	org.fail["organizations:DescribeOrganization"] = &types.AWSOrganizationsNotInUseException{}
	if s, err := w.read.Role(t.Context(), orders); err != nil || s.SCPs.State() != role.Absent || s.RCPs.State() != role.Absent {
		t.Errorf("no organization: %v, %v", s.SCPs.State(), err)
	}
}

func TestWhatOrganizationsDoesNotTellIsUnknown(t *testing.T) {
	tried := 0
	for _, call := range []string{
		"organizations:DescribeOrganization", "organizations:ListParents", "organizations:ListPoliciesForTarget", "organizations:DescribePolicy",
	} {
		tried++
		w, org := member()
		org.fail[call] = apiError("AccessDeniedException")
		s, err := w.read.Role(t.Context(), orders)
		if err != nil || s.SCPs.Why() != call+" was denied" {
			t.Errorf("%s denied: %q, %v", call, s.SCPs.Why(), err)
		}
		w, org = member()
		org.fail[call] = apiError("TooManyRequestsException")
		if _, err := w.read.Role(t.Context(), orders); err == nil || errors.Is(err, role.ErrUnread) {
			t.Errorf("%s throttled: %v", call, err)
		}
	}
	if tried == 0 {
		t.Fatal("nothing was tried")
	}
}

// TestAnOrganizationThatUsesNoPoliciesBindsNobody has an organization where no policies are in use: each level is listed as
// empty, which must not be taken for levels that allow nothing. One for billing alone has none to list.
func TestAnOrganizationThatUsesNoPoliciesBindsNobody(t *testing.T) {
	w, org := member()
	org.attached = map[string][]string{"rcp": {}}
	if s, err := w.read.Role(t.Context(), orders); err != nil || s.SCPs.State() != role.Absent || s.RCPs.State() != role.Absent {
		t.Errorf("no policies: %v, %v, %v", s.SCPs.State(), s.RCPs.State(), err)
	}
	w, org = member()
	org.features = types.OrganizationFeatureSetConsolidatedBilling
	if s, err := w.read.Role(t.Context(), orders); err != nil || s.SCPs.State() != role.Absent || org.count("organizations:ListParents") != 0 {
		t.Errorf("billing alone: %v, %v, calls %v", s.SCPs.State(), err, org.calls)
	}
}

// TestAKindThatIsNotKnownHereIsUnknown asks a partition that does not know resource control policies, and an endpoint that
// does not serve the call.
func TestAKindThatIsNotKnownHereIsUnknown(t *testing.T) {
	w, org := member()
	org.attached["rcp"], org.refused = []string{}, types.PolicyTypeResourceControlPolicy
	s, err := w.read.Role(t.Context(), orders)
	if err != nil || names(s.SCPs) == "" || s.RCPs.Why() != "organizations:ListPoliciesForTarget was refused: InvalidInputException" {
		t.Errorf("RCPs: %q, SCPs %q, %v", s.RCPs.Why(), names(s.SCPs), err)
	}
	w, org = member()
	org.fail["organizations:ListParents"] = &types.UnsupportedAPIEndpointException{}
	if s, err := w.read.Role(t.Context(), orders); err != nil || s.SCPs.Why() != "organizations:ListParents is not supported by the endpoint (UnsupportedAPIEndpointException)" {
		t.Errorf("unsupported: %q, %v", s.SCPs.Why(), err)
	}
}

// TestThePoliciesAreReadAnewWhenTheyHaveAged also has a text that is no policy: it is there, and unread.
func TestThePoliciesAreReadAnewWhenTheyHaveAged(t *testing.T) {
	w, org := member()
	org.text = "no JSON"
	scps, _, err := w.read.Limits(t.Context())
	if levels := scps.Or(nil); err != nil || len(levels) != 3 || len(levels[1]) != 2 || levels[1][1].Document != nil {
		t.Errorf("%v, %v", levels, err)
	}
	org.text = everythingText
	w.now = w.now.Add(16 * time.Minute)
	if scps, _, err = w.read.Limits(t.Context()); err != nil || scps.Or(nil)[1][1].Document == nil {
		t.Errorf("%v, %v", scps, err)
	}
}

// TestThePoliciesAreReadAnewOnceTheyAreForgotten reads them twice within the time for which they are kept.
func TestThePoliciesAreReadAnewOnceTheyAreForgotten(t *testing.T) {
	w, org := member()
	for forget, anew := range map[bool]bool{false: false, true: true} {
		org.text = everythingText
		w.read.ForgetOrganization(w.now.Add(1))
		if _, _, err := w.read.Limits(t.Context()); err != nil {
			t.Fatal(err)
		}
		org.text = "no JSON"
		if w.read.ForgetOrganization(w.now); forget {
			w.read.ForgetOrganization(w.now.Add(1))
		}
		scps, _, err := w.read.Limits(t.Context())
		if err != nil || (scps.Or(nil)[1][1].Document == nil) != anew {
			t.Errorf("forgotten %v: %v, %v", forget, scps, err)
		}
	}
}

// TestAnswersThatMakeNoSenseAreErrors has levels that go round in a circle, and an answer without an organization.
func TestAnswersThatMakeNoSenseAreErrors(t *testing.T) {
	w, org := member()
	org.circle = true
	if _, _, err := w.read.Limits(t.Context()); err == nil || !strings.Contains(err.Error(), "nested deeper") {
		t.Errorf("a circle: %v", err)
	}
	w, org = member()
	org.management = ""
	if _, _, err := w.read.Limits(t.Context()); err == nil || !strings.Contains(err.Error(), "no organization") {
		t.Errorf("no organization in the answer: %v", err)
	}
}
