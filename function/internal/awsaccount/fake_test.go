package awsaccount_test

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func apiError(code string) error { return &smithy.GenericAPIError{Code: code, Message: "as told"} }

// counting counts calls, fails those that it is told to, and runs what a test wants to happen before one.
type counting struct {
	calls  []string
	fail   map[string]error
	before func(call string)
}

func (c *counting) call(name string) error {
	c.calls = append(c.calls, name)
	if c.before != nil {
		c.before(name)
	}
	return c.fail[name]
}

func (c *counting) count(name string) int {
	n := 0
	for _, call := range c.calls {
		if call == name {
			n++
		}
	}
	return n
}

// fakeIAM is an account in memory that gives one thing a page.
type fakeIAM struct {
	counting
	roles    []types.RoleDetail
	policies []types.ManagedPolicyDetail
	// holders are the pages of ListEntitiesForPolicy.
	holders [][]string
	aliases []string
}

func (f *fakeIAM) ListAccountAliases(context.Context, *iam.ListAccountAliasesInput, ...func(*iam.Options)) (*iam.ListAccountAliasesOutput, error) {
	if err := f.call("iam:ListAccountAliases"); err != nil {
		return nil, err
	}
	return &iam.ListAccountAliasesOutput{AccountAliases: f.aliases}, nil
}

func encoded(text string) *string { return aws.String(url.PathEscape(text)) }

// onePage gives the page that a marker names, and the next marker.
func onePage[T any](list []T, marker *string) (page []T, truncated bool, next *string) {
	from, _ := strconv.Atoi(aws.ToString(marker))
	if from >= len(list) {
		return nil, false, nil
	}
	if from+1 < len(list) {
		return list[from : from+1], true, aws.String(strconv.Itoa(from + 1))
	}
	return list[from:], false, nil
}

func (f *fakeIAM) role(name *string) (*types.RoleDetail, error) {
	for i := range f.roles {
		if *f.roles[i].RoleName == *name {
			return &f.roles[i], nil
		}
	}
	return nil, &types.NoSuchEntityException{}
}

func (f *fakeIAM) policy(arn *string) (*types.ManagedPolicyDetail, error) {
	for i := range f.policies {
		if *f.policies[i].Arn == *arn {
			return &f.policies[i], nil
		}
	}
	return nil, &types.NoSuchEntityException{}
}

func (f *fakeIAM) GetRole(_ context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if err := f.call("iam:GetRole"); err != nil {
		return nil, err
	}
	d, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: &types.Role{
		Arn: d.Arn, RoleId: d.RoleId, RoleName: d.RoleName, AssumeRolePolicyDocument: d.AssumeRolePolicyDocument,
		PermissionsBoundary: d.PermissionsBoundary, CreateDate: d.CreateDate, Tags: d.Tags,
	}}, nil
}

func (f *fakeIAM) ListRolePolicies(_ context.Context, in *iam.ListRolePoliciesInput, _ ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	if err := f.call("iam:ListRolePolicies"); err != nil {
		return nil, err
	}
	d, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	page, truncated, next := onePage(d.RolePolicyList, in.Marker)
	out := &iam.ListRolePoliciesOutput{IsTruncated: truncated, Marker: next}
	for _, p := range page {
		out.PolicyNames = append(out.PolicyNames, *p.PolicyName)
	}
	return out, nil
}

func (f *fakeIAM) GetRolePolicy(_ context.Context, in *iam.GetRolePolicyInput, _ ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error) {
	if err := f.call("iam:GetRolePolicy"); err != nil {
		return nil, err
	}
	d, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	for _, p := range d.RolePolicyList {
		if *p.PolicyName == *in.PolicyName {
			return &iam.GetRolePolicyOutput{PolicyName: p.PolicyName, PolicyDocument: p.PolicyDocument}, nil
		}
	}
	return nil, &types.NoSuchEntityException{}
}

func (f *fakeIAM) ListAttachedRolePolicies(_ context.Context, in *iam.ListAttachedRolePoliciesInput, _ ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	if err := f.call("iam:ListAttachedRolePolicies"); err != nil {
		return nil, err
	}
	d, err := f.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	page, truncated, next := onePage(d.AttachedManagedPolicies, in.Marker)
	return &iam.ListAttachedRolePoliciesOutput{IsTruncated: truncated, Marker: next, AttachedPolicies: page}, nil
}

func (f *fakeIAM) GetPolicy(_ context.Context, in *iam.GetPolicyInput, _ ...func(*iam.Options)) (*iam.GetPolicyOutput, error) {
	if err := f.call("iam:GetPolicy"); err != nil {
		return nil, err
	}
	p, err := f.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &iam.GetPolicyOutput{Policy: &types.Policy{Arn: p.Arn, PolicyId: p.PolicyId, DefaultVersionId: p.DefaultVersionId}}, nil
}

func (f *fakeIAM) GetPolicyVersion(_ context.Context, in *iam.GetPolicyVersionInput, _ ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error) {
	if err := f.call("iam:GetPolicyVersion"); err != nil {
		return nil, err
	}
	p, err := f.policy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	for _, v := range p.PolicyVersionList {
		if *v.VersionId == *in.VersionId {
			return &iam.GetPolicyVersionOutput{PolicyVersion: &v}, nil
		}
	}
	return nil, &types.NoSuchEntityException{}
}

func (f *fakeIAM) ListEntitiesForPolicy(_ context.Context, in *iam.ListEntitiesForPolicyInput, _ ...func(*iam.Options)) (*iam.ListEntitiesForPolicyOutput, error) {
	if err := f.call("iam:ListEntitiesForPolicy"); err != nil {
		return nil, err
	}
	if in.EntityFilter != types.EntityTypeRole || in.PolicyUsageFilter != "" {
		return nil, apiError("InvalidInput")
	}
	page, truncated, next := onePage(f.holders, in.Marker)
	out := &iam.ListEntitiesForPolicyOutput{IsTruncated: truncated, Marker: next}
	for _, name := range slices.Concat(page...) {
		out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: aws.String(name)})
	}
	return out, nil
}

func (f *fakeIAM) GetAccountAuthorizationDetails(_ context.Context, in *iam.GetAccountAuthorizationDetailsInput, _ ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	if err := f.call("iam:GetAccountAuthorizationDetails " + string(in.Filter[0])); err != nil {
		return nil, err
	}
	out := &iam.GetAccountAuthorizationDetailsOutput{}
	if in.Filter[0] == types.EntityTypeRole {
		out.RoleDetailList, out.IsTruncated, out.Marker = onePage(f.roles, in.Marker)
		return out, nil
	}
	own := slices.DeleteFunc(slices.Clone(f.policies), func(p types.ManagedPolicyDetail) bool { return strings.Contains(*p.Arn, "::aws:") })
	out.Policies, out.IsTruncated, out.Marker = onePage(own, in.Marker)
	return out, nil
}

const (
	ownAccount  = "111122223333"
	queuesARN   = "arn:aws:iam::" + ownAccount + ":policy/queues"
	limitsARN   = "arn:aws:iam::" + ownAccount + ":policy/limits"
	ordersARN   = "arn:aws:iam::" + ownAccount + ":role/service/orders"
	shopARN     = "arn:aws:lambda:us-east-1:" + ownAccount + ":function:shop"
	functionARN = "arn:aws:lambda:us-east-1:" + ownAccount + ":function:"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func managedDetail(arn, id string, texts ...string) types.ManagedPolicyDetail {
	d := types.ManagedPolicyDetail{Arn: aws.String(arn), PolicyId: aws.String(id)}
	for i, text := range texts {
		v := "v" + strconv.Itoa(i+1)
		d.PolicyVersionList = append(d.PolicyVersionList, types.PolicyVersion{VersionId: aws.String(v), Document: encoded(text)})
		d.DefaultVersionId = aws.String(v)
	}
	return d
}

func ordersDetail() types.RoleDetail {
	created := start
	d := types.RoleDetail{
		Arn: aws.String(ordersARN), RoleId: aws.String("AROAORDERS"), RoleName: aws.String("orders"), CreateDate: &created,
		AssumeRolePolicyDocument: encoded(trustText), PermissionsBoundary: &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String(limitsARN)},
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
	}
	for _, name := range []string{"read", "write"} {
		d.RolePolicyList = append(d.RolePolicyList, types.PolicyDetail{PolicyName: aws.String(name), PolicyDocument: encoded(inlineText)})
	}
	for _, arn := range []string{queuesARN, basicPolicy} {
		d.AttachedManagedPolicies = append(d.AttachedManagedPolicies, types.AttachedPolicy{PolicyArn: aws.String(arn)})
	}
	return d
}

// world is an account in memory with one role that has two of everything.
type world struct {
	iam    *fakeIAM
	lambda *fakeLambda
	now    time.Time
	read   *awsaccount.Account
}

// clock is the time that the world is at.
func (w *world) clock() time.Time { return w.now }

func newWorld() *world {
	w := &world{now: start, lambda: &fakeLambda{counting: counting{fail: map[string]error{}}}}
	w.iam = &fakeIAM{counting: counting{fail: map[string]error{}}, roles: []types.RoleDetail{ordersDetail()}, policies: []types.ManagedPolicyDetail{
		managedDetail(queuesARN, "ANPAQUEUES", secondText, managedText), managedDetail(limitsARN, "ANPALIMITS", managedText),
		managedDetail(basicPolicy, "ANPABASIC", managedText),
	}}
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: func() time.Time { return w.now }})
	return w
}

var orders = role.Ref{Partition: "aws", Account: ownAccount, Name: "orders"}

// parts are a snapshot's parts by name, each with its text or why that is unknown.
func parts(s role.Snapshot) map[string]string {
	out := map[string]string{}
	one := func(name string, state role.State, why string) {
		switch state {
		case role.Unknown:
			out[name] = "? " + why
		case role.Absent:
			out[name] = "absent"
		}
	}
	one("identity", s.Identity.State(), s.Identity.Why())
	one("trust", s.Trust.State(), s.Trust.Why())
	one("boundary", s.Boundary.State(), s.Boundary.Why())
	one("tags", s.Tags.State(), s.Tags.Why())
	one("inline", s.Inline.State(), s.Inline.Why())
	one("attached", s.Attached.State(), s.Attached.Why())
	list := slices.Concat(s.Inline.Or(nil), s.Attached.Or(nil))
	for _, m := range []role.Maybe[role.Policy]{s.Trust, s.Boundary} {
		if p, ok := m.Get(); ok {
			list = append(list, p)
		}
	}
	for _, p := range list {
		out[p.Part.String()] = p.Version + " " + p.Text.Or("? "+p.Text.Why())
	}
	return out
}
