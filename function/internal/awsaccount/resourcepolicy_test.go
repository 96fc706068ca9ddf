package awsaccount_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	openPolicy   = `{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"},{"Sid":"b","Effect":"Deny","Principal":"*","Action":"lambda:GetFunction","Resource":"*"}]}`
	sameOrder    = `{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"b","Effect":"Deny","Principal":"*","Action":["lambda:GetFunction"],"Resource":"*"},{"Sid":"a","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}]}`
	closedPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"lambda:InvokeFunction","Resource":"*"}]}`
)

// TestBothCallsForAResourcePolicyCount reads a function's policy through every combination of what the two calls answer.
func TestBothCallsForAResourcePolicyCount(t *testing.T) {
	const differ = "lambda:GetResourcePolicy and lambda:GetPolicy return different policies for " + shopARN
	none, older, newer := map[string]string{}, map[string]string{"": openPolicy}, map[string]string{"": closedPolicy}
	tests := map[string]struct {
		policies, whole map[string]string
		fail            map[string]string
		state           role.State
		why             string
		text            string
	}{
		"both have none":                {none, none, nil, role.Known, "", ""},
		"both have the same":            {older, older, nil, role.Known, "", openPolicy},
		"both say the same":             {map[string]string{"": sameOrder}, older, nil, role.Known, "", openPolicy},
		"they differ":                   {older, newer, nil, role.Unknown, differ, ""},
		"only the newer one has it":     {none, newer, nil, role.Unknown, differ, closedPolicy},
		"only the older one has it":     {older, none, nil, role.Unknown, differ, openPolicy},
		"the newer one is not there":    {older, none, map[string]string{"lambda:GetResourcePolicy": "UnknownOperationException"}, role.Known, "", openPolicy},
		"the newer one is denied":       {older, none, map[string]string{"lambda:GetResourcePolicy": "AccessDeniedException"}, role.Unknown, "lambda:GetResourcePolicy was denied", openPolicy},
		"the older one is denied":       {none, newer, map[string]string{"lambda:GetPolicy": "AccessDeniedException"}, role.Known, "", closedPolicy},
		"the older one is not there":    {none, newer, map[string]string{"lambda:GetPolicy": "UnknownOperationException"}, role.Known, "", closedPolicy},
		"the one is denied, other gone": {older, newer, map[string]string{"lambda:GetPolicy": "AccessDeniedException", "lambda:GetResourcePolicy": "InvalidAction"}, role.Unknown, "lambda:GetPolicy was denied", ""},
	}
	for name, tt := range tests {
		w := configured(awsaccount.AllFacts)
		w.lambda.aliases = nil
		w.lambda.policies, w.lambda.whole = tt.policies, tt.whole
		for call, code := range tt.fail {
			w.lambda.fail[call] = apiError(code)
		}
		versions, err := w.read.Function(t.Context(), shopARN)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := versions[0].Config
		all := append(c.Policies.Or(nil), c.SeenPolicies...)
		if c.Policies.State() != tt.state || c.Policies.Why() != tt.why || len(all) > 1 || (len(all) == 1) != (tt.text != "") || len(all) == 1 && all[0].Text != tt.text {
			t.Errorf("%s: %v, %q, %v; want %v, %q, %q", name, c.Policies.State(), c.Policies.Why(), all, tt.state, tt.why, tt.text)
		}
	}
}
