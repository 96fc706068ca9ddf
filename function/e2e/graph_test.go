package e2e

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// accountTrust leaves it to the account's own policies who may assume a role.
const accountTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}]}`

// makeReach makes an execution role that may assume another role, which no function uses and which may do nothing.
func (s *stack) makeReach(t *testing.T) {
	t.Helper()
	awstest.MakeRole(t, s.iam, &iam.CreateRoleInput{RoleName: aws.String("reached"), AssumeRolePolicyDocument: aws.String(accountTrust)})
	s.makeRole(t, "reaches", goodTrust)
	s.makeFunction(t, "reaches-function", "reaches")
	s.inline(t, "reaches", "deploy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+roleARN("reached")+`"}]}`)
}

// An edit makes a role that an execution role may assume an administrator, and another one undoes that. The execution role's finding names
// the way and who made the edit.
func reachedRoleBecomesAdministrator(t *testing.T, s *stack, all *told) {
	arn := administrator
	_, err := s.iam.AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: aws.String("reached"), PolicyArn: &arn})
	must(t, err)
	s.put(t, record("AttachRolePolicy", map[string]any{"roleName": "reached", "policyArn": arn}))
	m := all.wait(t, "reaches", "opened RW308")
	f := m.Opened[0]
	if f.Severity != check.Critical || !strings.Contains(f.Detail, "reaches → sts:AssumeRole reached") {
		t.Errorf("%s: %s", f.Severity, f.Detail)
	}
	if f.Cause == nil || f.Cause.Certainty != finding.Certain || f.Cause.Elsewhere != roleARN("reached") || len(m.Changes) != 1 || m.Changes[0].Actor.Name != "mallory" {
		t.Errorf("cause %+v, changes %+v", f.Cause, m.Changes)
	}
	if state := s.stored(t, "reaches"); len(state.Findings) != 1 || state.Findings[0].ID != f.ID || state.Findings[0].Cause == nil {
		t.Errorf("stored %+v", state.Findings)
	}
	if state := s.stored(t, "reached"); state.Revision != 0 {
		t.Errorf("the role that no function uses has the state %+v", state)
	}
	_, err = s.iam.DetachRolePolicy(context.Background(), &iam.DetachRolePolicyInput{RoleName: aws.String("reached"), PolicyArn: &arn})
	awstest.Removed(t, err)
	s.put(t, record("DetachRolePolicy", map[string]any{"roleName": "reached", "policyArn": arn}))
	if r := all.wait(t, "reaches", "opened RW308", "resolved RW308").Resolved[0]; r.ID != f.ID || r.Resolution != finding.Mended || r.ResolvedBy == nil || r.ResolvedBy.Elsewhere != roleARN("reached") {
		t.Errorf("resolved %+v", r)
	}
	s.nothingStored(t, "reaches")
}
