package policy

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// managedPolicies gives AWS's managed policies by name.
func managedPolicies(t *testing.T) map[string]*Document {
	t.Helper()
	documents := map[string]*Document{}
	for name, text := range externaldata.ManagedPolicies(t) {
		documents[name] = parseFor(t, string(text), Identity)
	}
	return documents
}

// TestManagedPoliciesAreUnderstood holds that nothing in AWS's own policies is a fault to the evaluator: no operator
// unknown, no value that matches nothing.
func TestManagedPoliciesAreUnderstood(t *testing.T) {
	statements, conditions := 0, 0
	for name, d := range managedPolicies(t) {
		for i := range d.Statements {
			s := &d.Statements[i]
			statements++
			for j, a := range s.ready(d).actions {
				if a.malformed {
					t.Errorf("%s[%d]: action %q", name, i, s.Actions[j].Text)
				}
			}
			for j, r := range s.ready(d).resources {
				if !r.everything && !r.complete && !r.crossing {
					t.Errorf("%s[%d]: resource %q", name, i, s.Resources[j].Text)
				}
			}
			for j, c := range s.ready(d).conditions {
				conditions++
				if c.understood != True {
					t.Errorf("%s[%d]: operator %q", name, i, s.Conditions[j].Operator)
				}
				for k, o := range c.operands {
					if o.reading != True {
						t.Errorf("%s[%d]: value %q of %s", name, i, s.Conditions[j].Values[k].Text, s.Conditions[j].Operator)
					}
				}
			}
		}
	}
	if statements == 0 || conditions == 0 {
		t.Fatalf("checked %d statements, %d conditions", statements, conditions)
	}
	t.Logf("checked %d statements and %d conditions", statements, conditions)
}

// TestManagedPoliciesGrant asks of some managed policies what their names promise.
func TestManagedPoliciesGrant(t *testing.T) {
	const (
		stream = "arn:aws:kinesis:us-east-1:111111111111:stream/s"
		group  = "arn:aws:logs:us-east-1:111111111111:log-group:/aws/lambda/f:log-stream:x"
	)
	documents := managedPolicies(t)
	tests := []struct {
		policy, action, resource string
		want                     Decision
	}{
		{"ReadOnlyAccess", "s3:GetObject", "arn:aws:s3:::b/k", Allowed},
		{"ReadOnlyAccess", "s3:PutObject", "arn:aws:s3:::b/k", ImplicitDeny},
		{"IAMUserChangePassword", "iam:ChangePassword", "arn:aws:iam::111111111111:user/ann", Allowed},
		{"IAMUserChangePassword", "iam:ChangePassword", "arn:aws:iam::111111111111:user/bob", ImplicitDeny},
		{"AWSLambdaBasicExecutionRole", "logs:PutLogEvents", group, Allowed},
		{"AWSLambdaBasicExecutionRole", "kinesis:GetRecords", stream, ImplicitDeny},
		{"AWSLambdaKinesisExecutionRole", "kinesis:GetRecords", stream, Allowed},
		{"AWSLambdaVPCAccessExecutionRole", "ec2:CreateNetworkInterface", "*", Allowed},
		{"AWSDenyAll", "s3:GetObject", "arn:aws:s3:::b/k", ExplicitDeny},
	}
	for _, tt := range tests {
		d := documents[tt.policy]
		if d == nil {
			t.Errorf("there is no %s", tt.policy)
			continue
		}
		req := Request{Principal: callers["user"], Action: tt.action, Resource: tt.resource}
		req.Context.Keys = map[string]ContextValue{"aws:username": present("ann")}
		v := Evaluate(req, Set{Identity: []Part{{Name: tt.policy, Document: d}}})
		if v.Decision != tt.want {
			t.Errorf("%s: %s on %s is %s, want %s", tt.policy, tt.action, tt.resource, decisions[v.Decision], decisions[tt.want])
		}
	}
}
