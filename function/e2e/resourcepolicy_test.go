package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// putPolicy is the record of PutResourcePolicy for a function, and deletePolicy that of DeleteResourcePolicy.
func putPolicy(function, policy string) string {
	return record("PutResourcePolicy20260709", map[string]any{"resourceArn": functionARN(function), "policy": policy},
		map[string]any{"responseElements": map[string]any{"policy": policy, "revisionId": "6ae13f1f-d1a4-4cd5-9e33-4a6d3f1e2b01"}})
}

func deletePolicy(function string) string {
	return record("DeleteResourcePolicy20260709", map[string]any{"resourceArn": functionARN(function)})
}

// allow adds one statement to a function's resource policy and gives the policy as lambda:GetPolicy returns it.
func (s *stack) allow(t *testing.T, function, sid, principal string) string {
	t.Helper()
	_, err := s.lambda.AddPermission(context.Background(), &lambda.AddPermissionInput{
		FunctionName: &function, StatementId: &sid, Action: aws.String("lambda:InvokeFunction"), Principal: &principal,
	})
	awstest.Made(t, err)
	out, err := s.lambda.GetPolicy(context.Background(), &lambda.GetPolicyInput{FunctionName: &function})
	must(t, err)
	return *out.Policy
}

// disallow removes a statement.
func (s *stack) disallow(t *testing.T, function, sid string) {
	t.Helper()
	_, err := s.lambda.RemovePermission(context.Background(), &lambda.RemovePermissionInput{FunctionName: &function, StatementId: &sid})
	awstest.Removed(t, err)
}

// A resource policy is put that lets everybody invoke a function, replaced by one that does not, put again and deleted. The
// emulator does not support these calls for this function, so that the policy is made of permissions and read by lambda:GetPolicy.
func resourcePolicyReplaced(t *testing.T, s *stack, all *told) {
	const function = "replaced-function"
	s.put(t, putPolicy(function, s.allow(t, function, "everybody", "*")))
	first := all.wait(t, "replaced", "opened RW407")
	s.publicByPolicy(t, "replaced", first.Opened[0])
	if c := first.Changes; len(c) != 1 || c[0].EventName != "PutResourcePolicy20260709" || c[0].Actor.Name != "mallory" {
		t.Errorf("changes %+v", c)
	}

	s.disallow(t, function, "everybody")
	s.put(t, putPolicy(function, s.allow(t, function, "self", account)))
	if r := all.wait(t, "replaced", "opened RW407", "resolved RW407").Resolved[0]; r.ID != first.Opened[0].ID || r.Resolution != finding.Mended {
		t.Errorf("resolved %+v", r)
	}
	s.nothingStored(t, "replaced")

	s.put(t, putPolicy(function, s.allow(t, function, "everybody", "*")))
	second := all.wait(t, "replaced", "opened RW407", "resolved RW407", "opened RW407")
	s.publicByPolicy(t, "replaced", second.Opened[0])
	s.disallow(t, function, "everybody")
	s.disallow(t, function, "self")
	s.put(t, deletePolicy(function))
	if r := all.wait(t, "replaced", "opened RW407", "resolved RW407", "opened RW407", "resolved RW407").Resolved[0]; r.ID != second.Opened[0].ID {
		t.Errorf("resolved %+v", r)
	}
	s.nothingStored(t, "replaced")
}

// A resource policy is put and read where lambda:GetResourcePolicy is supported. When lambda:GetPolicy returns another policy, the
// finding is unverified: it is neither resolved nor reported again. When both calls return the same, it is resolved.
func resourcePoliciesDiffer(t *testing.T, s *stack, all *told) {
	const function, open = "whole-function", `{"Version":"2012-10-17","Statement":[{"Sid":"everybody","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:` +
		region + `:` + account + `:function:whole-function"}]}`
	_, err := s.lambda.PutResourcePolicy(t.Context(), &lambda.PutResourcePolicyInput{ResourceArn: aws.String(functionARN(function)), Policy: aws.String(open)})
	must(t, err)
	s.put(t, putPolicy(function, open))
	f := all.wait(t, "whole", "opened RW407").Opened[0]
	s.publicByPolicy(t, "whole", f)

	s.disallow(t, function, "everybody")
	s.put(t, record("RemovePermission20150331v2", map[string]any{"functionName": function, "statementId": "everybody"}))
	var state finding.State
	awstest.Eventually(t, func() bool {
		state = s.stored(t, "whole")
		return len(state.Findings) != 1 || state.Findings[0].Status != finding.Open
	}, func() string { return fmt.Sprintf("stored %+v, want it unverified", state.Findings) })
	const why = "lambda:GetResourcePolicy and lambda:GetPolicy return different policies for "
	if len(state.Findings) != 1 || state.Findings[0].ID != f.ID || state.Findings[0].Status != finding.Unknown || state.Findings[0].UnverifiedSince.IsZero() {
		t.Errorf("stored %+v, want %s unverified", state.Findings, f.ID)
	} else if m := state.Findings[0].UnverifiedFor; len(m) != 1 || !strings.Contains(m[0].Missing, why+functionARN(function)) || m[0].SettledBy == "" {
		t.Errorf("unverified for %+v, want %q", m, why+functionARN(function))
	}

	_, err = s.lambda.DeleteResourcePolicy(t.Context(), &lambda.DeleteResourcePolicyInput{ResourceArn: aws.String(functionARN(function))})
	must(t, err)
	s.put(t, deletePolicy(function))
	if r := all.wait(t, "whole", "opened RW407", "resolved RW407").Resolved[0]; r.ID != f.ID || r.Resolution != finding.Mended {
		t.Errorf("resolved %+v", r)
	}
	s.nothingStored(t, "whole")
}

// publicByPolicy holds a finding of a public function, as it is reported and as it is stored, against the record of
// PutResourcePolicy.
func (s *stack) publicByPolicy(t *testing.T, name string, f finding.Finding) {
	t.Helper()
	if f.Cause == nil || f.FunctionsTotal != 1 || f.Functions[0].ARN != functionARN(name+"-function") || len(f.Evidence) != 1 || !strings.Contains(f.Fix.Command, "everybody") {
		t.Errorf("finding %+v", f)
		return
	}
	state := s.stored(t, name)
	if len(state.Findings) != 1 || state.Findings[0].ID != f.ID || state.Findings[0].Status != finding.Open || len(state.Findings[0].UnverifiedFor) > 0 {
		t.Errorf("stored %+v, reported %s", state.Findings, f.ID)
		return
	}
	cause := state.Findings[0].Cause
	if cause == nil || cause.EventID != f.Cause.EventID {
		t.Errorf("the stored cause is %+v, the reported one %+v", cause, f.Cause)
		return
	}
	for _, c := range state.Changes {
		if c.EventID == cause.EventID && c.EventName == "PutResourcePolicy20260709" {
			return
		}
	}
	t.Errorf("cause %+v is not a stored change: %+v", cause, state.Changes)
}

// nothingStored holds that the state of a role has no finding.
func (s *stack) nothingStored(t *testing.T, name string) {
	t.Helper()
	if state := s.stored(t, name); state.Revision == 0 || len(state.Findings) > 0 {
		t.Errorf("revision %d has the findings %+v", state.Revision, state.Findings)
	}
}
