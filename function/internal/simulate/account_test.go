package simulate

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// The policies of each account: what most functions have, and what a risk is.
const (
	basicPolicy = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
	adminPolicy = "arn:aws:iam::aws:policy/AdministratorAccess"
)

const (
	trustText = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	basicText = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`
	adminText = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	teamText  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Resource":"*"}]}`
)

// account is an AWS account in memory: its execution roles, each with a function, and the rate at which IAM answers.
type account struct {
	id    string
	calls *calls

	mu    sync.Mutex
	roles []*executionRole
	// team is the text of the managed policy that all roles have.
	team string
	// closed says that the reader role cannot be assumed.
	closed bool
}

// executionRole is a role, and the text of its inline policy.
type executionRole struct {
	name, inline string
	admin        bool
}

func newAccount(id string, roles int, c *calls) *account {
	a := &account{id: id, calls: c, team: teamText}
	for i := range roles {
		a.roles = append(a.roles, &executionRole{name: fmt.Sprintf("orders-%03d", i), inline: inlineText(id, i, 0)})
	}
	return a
}

// inlineText is an inline policy as it is after a number of edits.
func inlineText(account string, role, edits int) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem"],"Resource":"arn:aws:dynamodb:*:%s:table/orders-%d-%d"}]}`, account, role, edits)
}

func (a *account) teamARN() string { return "arn:aws:iam::" + a.id + ":policy/team" }

func (a *account) find(name *string) (executionRole, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.roles {
		if r.name == *name {
			return *r, nil
		}
	}
	return executionRole{}, &types.NoSuchEntityException{}
}

// change edits a role.
func (a *account) change(i int, edit func(*executionRole)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	edit(a.roles[i])
}

func (a *account) policies(r executionRole) []types.AttachedPolicy {
	arns := []string{basicPolicy, a.teamARN()}
	if r.admin {
		arns = append(arns, adminPolicy)
	}
	var out []types.AttachedPolicy
	for _, arn := range arns {
		out = append(out, types.AttachedPolicy{PolicyArn: aws.String(arn), PolicyName: aws.String(arn[strings.LastIndex(arn, "/")+1:])})
	}
	return out
}

func (a *account) text(arn string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch arn {
	case basicPolicy:
		return basicText, nil
	case adminPolicy:
		return adminText, nil
	case a.teamARN():
		return a.team, nil
	}
	return "", &types.NoSuchEntityException{}
}

func encoded(text string) *string { return aws.String(url.PathEscape(text)) }

func (a *account) arn(name string) string { return "arn:aws:iam::" + a.id + ":role/" + name }

var created = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// iamClient is the client of IAM for an account. Each call takes its time, and of the account's rate.
type iamClient struct{ *account }

func (c iamClient) GetRole(ctx context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	r, err := c.find(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: &types.Role{
		Arn: aws.String(c.arn(r.name)), RoleName: &r.name, RoleId: aws.String("AROA" + strings.ToUpper(r.name)), CreateDate: &created, AssumeRolePolicyDocument: encoded(trustText),
	}}, nil
}

func (c iamClient) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, _ ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	_, err := c.find(in.RoleName)
	return &iam.ListRolePoliciesOutput{PolicyNames: []string{"work"}}, err
}

func (c iamClient) GetRolePolicy(ctx context.Context, in *iam.GetRolePolicyInput, _ ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	r, err := c.find(in.RoleName)
	return &iam.GetRolePolicyOutput{PolicyName: in.PolicyName, RoleName: in.RoleName, PolicyDocument: encoded(r.inline)}, err
}

func (c iamClient) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, _ ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	r, err := c.find(in.RoleName)
	return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: c.policies(r)}, err
}

func (c iamClient) GetPolicy(ctx context.Context, in *iam.GetPolicyInput, _ ...func(*iam.Options)) (*iam.GetPolicyOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	_, err := c.text(*in.PolicyArn)
	return &iam.GetPolicyOutput{Policy: &types.Policy{Arn: in.PolicyArn, PolicyId: aws.String("ANPA"), DefaultVersionId: aws.String("v1")}}, err
}

func (c iamClient) GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionInput, _ ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	text, err := c.text(*in.PolicyArn)
	return &iam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{VersionId: in.VersionId, IsDefaultVersion: true, Document: encoded(text)}}, err
}

func (c iamClient) ListEntitiesForPolicy(ctx context.Context, in *iam.ListEntitiesForPolicyInput, _ ...func(*iam.Options)) (*iam.ListEntitiesForPolicyOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	out := &iam.ListEntitiesForPolicyOutput{}
	for _, r := range c.all() {
		if *in.PolicyArn != adminPolicy || r.admin {
			out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: aws.String(r.name)})
		}
	}
	return out, nil
}

func (c iamClient) ListRoles(ctx context.Context, _ *iam.ListRolesInput, _ ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	out := &iam.ListRolesOutput{}
	for _, r := range c.all() {
		out.Roles = append(out.Roles, types.Role{Arn: aws.String(c.arn(r.name)), RoleName: aws.String(r.name)})
	}
	return out, nil
}

func (c iamClient) ListAccountAliases(ctx context.Context, _ *iam.ListAccountAliasesInput, _ ...func(*iam.Options)) (*iam.ListAccountAliasesOutput, error) {
	return &iam.ListAccountAliasesOutput{}, c.calls.iam(ctx, c.account)
}

func (a *account) all() (out []executionRole) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.roles {
		out = append(out, *r)
	}
	return out
}

// GetAccountAuthorizationDetails gives the roles a page at a time, or the account's own managed policies; there are no users.
func (c iamClient) GetAccountAuthorizationDetails(ctx context.Context, in *iam.GetAccountAuthorizationDetailsInput, _ ...func(*iam.Options)) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	if err := c.calls.iam(ctx, c.account); err != nil {
		return nil, err
	}
	out := &iam.GetAccountAuthorizationDetailsOutput{}
	switch {
	case slices.Contains(in.Filter, types.EntityTypeRole):
		roles := c.all()
		from, _ := strconv.Atoi(aws.ToString(in.Marker))
		to := min(len(roles), from+int(aws.ToInt32(in.MaxItems)))
		for _, r := range roles[from:to] {
			out.RoleDetailList = append(out.RoleDetailList, types.RoleDetail{
				Arn: aws.String(c.arn(r.name)), RoleName: aws.String(r.name), RoleId: aws.String("AROA" + strings.ToUpper(r.name)), Path: aws.String("/"), CreateDate: &created,
				AssumeRolePolicyDocument: encoded(trustText), AttachedManagedPolicies: c.policies(r),
				RolePolicyList: []types.PolicyDetail{{PolicyName: aws.String("work"), PolicyDocument: encoded(r.inline)}},
			})
		}
		if to < len(roles) {
			out.IsTruncated, out.Marker = true, aws.String(strconv.Itoa(to))
		}
	case slices.Contains(in.Filter, types.EntityTypeLocalManagedPolicy):
		text, err := c.text(c.teamARN())
		out.Policies = []types.ManagedPolicyDetail{{
			Arn: aws.String(c.teamARN()), PolicyId: aws.String("ANPATEAM"), DefaultVersionId: aws.String("v1"),
			PolicyVersionList: []types.PolicyVersion{{VersionId: aws.String("v1"), IsDefaultVersion: true, Document: encoded(text)}},
		}}
		return out, err
	}
	return out, nil
}
